"""One story from one seed: acts and faults against the real flows, with every law looked at
after every step, and all of them once all is quiet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from chalicelib.errors import Refusal, Trouble
from chalicelib.flows.books import books
from chalicelib.handlers import jobs
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.mail import Letter, Mail
from chalicelib.rules.money.payments import Refund
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import outbox, reads, tables
from chalicelib.store.commit import commit
from tests.shop import Offered, Shop
from tests.simulation import acts, invariants
from tests.simulation.acts import Act
from tests.simulation.conftest_faults import Faults
from tests.simulation.fate import Died, Fate, SeededIds, Watched
from tests.simulation.seen import look
from tests.world import TODAY, Postbox, World

T = TypeVar("T")
STEPS = 40
THEMES: tuple[Mapping[Act, int], ...] = (
    {},  # an ordinary circle
    {acts.pay_by_debit: 12, acts.the_bank_answers: 8, acts.days_pass: 6, acts.a_slow_bank: 8},
    {acts.refund: 10, acts.send_refunds: 8, acts.a_refund_fails: 4, acts.lose_events: 5},
    {acts.stripe_falters: 10, acts.the_store_falters: 10, acts.die_soon: 12, acts.mail_falters: 4},
    {acts.withdraw: 6, acts.decline: 3, acts.join_waitlist: 4, acts.decide: 6, acts.two_tabs: 8},
)
QUIET = ({}, {"minutes": 15}, {"hours": 2}, {"days": 1}, {"days": 15}, {"days": 31})


class Broken(AssertionError):
    """A law does not hold; the seed and the trace come with it."""


class CheckedPostbox(Postbox):
    """Believes no letter: what it says must stand at the moment it leaves (E2)."""

    def send(self, letter: Letter) -> str:
        mail = reads.get(Mail, letter.reference)
        assert mail is not None, f"E2 {letter.reference} left before it was committed"
        for fact in mail.stands:
            value = str(outbox.value_of(fact))
            assert value in fact.values, f"E2 {letter.reference} says {fact.values}, not {value}"
        return super().send(letter)


class ToldShop(Shop):
    """A shop whose webhook door may only say yes; or, in a storm, to try it again."""

    def __init__(self, story: Story) -> None:
        super().__init__(story.world)
        self.story = story

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        status = super().receive(body, headers)
        fine = (200, 503) if self.story.stormy else (200,)
        assert status in fine, f"the webhook answered {status}"
        return status


class Story:
    """The world of one seed, what happened in it, and how often."""

    def __init__(self, world: World, whole: WholeTerm, seed: int) -> None:
        self.seed, self.world, self.whole = seed, world, whole
        self.random = Random(seed)
        self.counts: Counter[str] = Counter()
        self.turns: Counter[str] = Counter()
        self.trace: list[str] = []
        self.offered: list[Offered] = []
        self.fate = Fate()
        self.stormy = False
        world.clock.at = TODAY
        self.shop = ToldShop(self)
        self.outside = world.outside
        self.outside.ids = SeededIds(Random(seed))
        self.outside.stripe = Watched(self.shop.gateway, "stripe", self.fate)
        world.postbox = CheckedPostbox()
        self.outside.mailer = Watched(world.postbox, "mailer", self.fate)
        client = tables.connection().client
        self.faults = Faults(client, seed)
        self.fate.watch(client)
        self.weights = {**acts.USUAL, **THEMES[seed % len(THEMES)]}
        self.seen = look()

    # What acts ask

    def pick(self, some: list[T]) -> T | None:
        return self.random.choice(some) if some else None

    def turn(self, what: str, of: Sequence[T]) -> T:
        """One after the other, so that a few stories meet them all; each seed begins elsewhere."""
        self.turns[what] += 1
        return of[(self.seed + self.turns[what]) % len(of)]

    def an_offer(self) -> Offered | None:
        """Mostly one that is open."""
        state = {one.offer_id: one.state for one in self.rows(Offer)}
        still = [one for one in self.offered if state[one.offer_id] == "open"]
        return self.pick(still if self.random.random() < 0.85 else self.offered)

    def rows(self, kind: type[T]) -> list[T]:
        return self.seen.all(kind)

    def applications(self) -> list[Application]:
        return sorted(self.rows(Application), key=lambda one: one.application_id)

    def sessions(self, status: str = "") -> list[dict[str, Any]]:
        every = self.shop.fake.objects("checkout.session")
        return [one for one in every if status in ("", one["status"])]

    def slow_sessions(self) -> list[dict[str, Any]]:
        """Complete ones whose money is on its way."""
        state = {one["id"]: one["status"] for one in self.shop.fake.objects("payment_intent")}
        return [one for one in self.sessions() if state.get(one["payment_intent"]) == "processing"]

    # How it goes

    def tell(self) -> None:
        """The whole story. Broken, with seed and trace, when a law does not hold."""
        try:
            self._begin()
            for _ in range(STEPS):
                self._step()
            self._quiet_down()
        except Exception as error:
            lines = "\n".join(self.trace)
            told = f"SEED={self.seed} tells it again\n{lines}\n{type(error).__name__}: {error}"
            raise Broken(told) from error
        finally:
            self.faults.remove()
            self.fate.unwatch()
            self.shop.close()

    def _begin(self) -> None:
        slow = self.seed % len(THEMES) == 1
        self._switch(bank_debit=slow or self.random.random() < 0.3)
        self.seen = look()
        for _ in range(2):
            self._note("make_offer", self.answer_of(acts.make_offer))
            self._look()

    def _step(self) -> None:
        word = acts.NOBODY
        while word == acts.NOBODY:
            (act,) = self.random.choices(list(self.weights), list(self.weights.values()))
            word = self.answer_of(act)
        self.counts[act.__name__] += 1
        self._note(act.__name__, word)
        self._look()

    def answer_of(self, act: Act) -> str:
        """Do it; refusals, trouble and death are answers."""
        try:
            return act(self)
        except (Refusal, Trouble) as answer:
            self.counts[answer.code] += 1
            return answer.code
        except Died as death:
            return f"died {death}"
        except ExceptionGroup as group:  # a job ran all its parts, and says what failed
            strange = group.split(Trouble)[1]
            if strange is not None or not self.stormy:
                raise
            return repr(group)

    def _note(self, name: str, word: str) -> None:
        self.trace.append(f"  {self.world.now:%d %b %H:%M:%S} {name}: {word}")

    def _look(self) -> None:
        before, self.seen = self.seen, look()
        broken = invariants.always(before, self.seen, self.shop.fake)
        assert not broken, "\n".join(broken)

    def _quiet_down(self) -> None:
        """No more faults, no more people: what is under way comes to its end."""
        acts.all_is_well(self)
        self.world.postbox.refuse_next = self.world.postbox.lose_next_reply = 0
        self._switch(selling=True, refunds=True, mail=True)
        for session in self.slow_sessions():
            self.shop.fake.settle_delayed(session["id"], ok=self.random.random() < 0.5)
        for pause in QUIET:
            self.world.clock.move(**pause)
            self.shop.fake.expire_due()
            self._work()
            self._note("quiet", str(pause))
            self._look()
        self._all_agrees()
        self._again()

    def _work(self) -> None:
        jobs.tick({}, None)
        jobs.send_refunds({}, None)
        self.shop.fake.deliver_all()
        jobs.send_mails({}, None)

    def _all_agrees(self) -> None:
        findings = books.prove(self.outside)
        assert findings == [], findings
        letters = Counter(letter.reference for letter in self.world.postbox.letters)
        broken = invariants.quiet(self.seen, self.shop.fake, letters)
        assert not broken, "\n".join(broken)
        self._count()

    def _count(self) -> None:
        """What came about, and which faults were really met."""
        self.counts.update(row.action for row in self.rows(AuditRow))
        self.counts.update(f"mail {mail.state}" for mail in self.rows(Mail))
        self.counts.update(f"refund {one.state}" for one in self.rows(Refund))
        self.counts.update(self.fate.seen)
        self.counts.update({f"store {what}": n for what, n in self.faults.injected.items()})
        for exchange in self.shop.fake.exchanges:
            if exchange.lost:
                self.counts[f"stripe lost {'reply' if exchange.reply else 'request'}"] += 1
            elif exchange.reply and exchange.reply.status in (409, 429, 500):
                self.counts[f"stripe {exchange.reply.status}"] += 1

    def _again(self) -> None:
        """L2: every event and every job once more changes nothing."""
        before = look().lasting()
        for event in self.shop.fake.events:
            if event["type"].startswith(("checkout.", "refund.")):
                self.shop.fake.deliver(event["id"])
        self._work()
        after = look().lasting()
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert not changed, f"L2 {changed}"

    def _switch(self, **values: bool) -> None:
        circle = reads.get(CircleSettings, "settings", "circle")
        assert circle is not None
        commit(Change.of(Update(circle, values)))
