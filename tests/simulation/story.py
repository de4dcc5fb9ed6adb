"""One story from one seed: acts and faults against the real flows, with every law looked at
after every step, and all of them once all is quiet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from chalicelib.errors import Refusal, Trouble
from chalicelib.flows.books import books
from chalicelib.flows.disputes.disputes import WARNED
from chalicelib.flows.joining import offers
from chalicelib.handlers import jobs
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.links import personal_link
from chalicelib.rules.mail import Letter, Mail
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import outbox, reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import by_stripe_id
from local.fake_stripe.disputes import INQUIRIES, OPEN
from tests.shop import ADMIN, Offered, Shop
from tests.simulation import at_rest, invariants
from tests.simulation.acts.act import NOBODY, Act
from tests.simulation.acts.faults import all_is_well
from tests.simulation.conftest_faults import Faults
from tests.simulation.fate import Died, Fate, SeededIds, Watched
from tests.simulation.seen import look
from tests.simulation.themes import Theme
from tests.world import TODAY, Postbox, World

T = TypeVar("T")
HEARD = ("checkout.", "refund.", "charge.dispute.", "radar.")
STEPS = 40
QUIET = ({}, {"minutes": 15}, {"hours": 2}, {"days": 1}, {"days": 15}, {"days": 31})
TO_REST = {"minutes": 20}  # after all that: what the night and people still caused


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
    """A shop whose webhook door may only say yes; or, in a storm, to try it again. A dispute that
    is told before its payment is told again too."""

    def __init__(self, story: Story) -> None:
        super().__init__(story.world)
        self.story = story

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        status = super().receive(body, headers)
        told = json.loads(body)
        early = told["type"].startswith("charge.dispute.") or told["type"] == WARNED
        if early and self.story.knows(told["data"]["object"]["payment_intent"]):
            early = False
        fine = (200, 503) if self.story.stormy or early else (200,)
        assert status in fine, f"the webhook answered {status} to {told['type']}"
        return status


class Story:
    """The world of one seed, what happened in it, and how often."""

    def __init__(self, world: World, wholes: list[WholeTerm], theme: Theme, seed: int) -> None:
        self.seed, self.world, self.theme = seed, world, theme
        self.wholes, self.whole = wholes, wholes[0]
        self.random = Random(seed)
        self.counts: Counter[str] = Counter()
        self.turns: Counter[str] = Counter()
        self.trace: list[str] = []
        self.offered: list[Offered] = []
        self.told: list[dict[str, Any]] = []  # money by hand, as it was recorded
        self.fate = Fate()
        self.stormy = self.deaf = False  # something outside falters; an event was lost
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
        self.own = self.random.sample(theme.own, len(theme.own))
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
        known = [one for one in self.offered if one.offer_id in state]
        still = [one for one in known if state[one.offer_id] == "open"]
        return self.pick(still if self.random.random() < 0.85 else known)

    def in_hand(self, application_id: str, offer_id: str) -> Offered:
        """An offer as its mail brings it."""
        keys = self.outside.places.link_keys
        token = personal_link(keys, "offer", f"{application_id}_{offer_id}", 1)
        return Offered(application_id, offer_id, token)

    def withdraw(self, offered: Offered) -> None:
        """The desk takes an offer back because its date goes."""
        offers.withdraw(self.outside, ADMIN, offered.which, "the date has gone")

    def rows(self, kind: type[T]) -> list[T]:
        return self.seen.all(kind)

    def billed(self) -> list[Obligation]:
        """Debts whose place is or was taken."""
        return [one for one in self.rows(Obligation) if one.billed_at]

    def applications(self) -> list[Application]:
        return sorted(self.rows(Application), key=lambda one: one.application_id)

    def sessions(self, status: str = "") -> list[dict[str, Any]]:
        every = self.shop.fake.objects("checkout.session")
        return [one for one in every if status in ("", one["status"])]

    def slow_sessions(self) -> list[dict[str, Any]]:
        """Complete ones whose money is on its way."""
        state = {one["id"]: one["status"] for one in self.shop.fake.objects("payment_intent")}
        return [one for one in self.sessions() if state.get(one["payment_intent"]) == "processing"]

    def charges(self) -> list[dict[str, Any]]:
        """What was really taken."""
        every = self.shop.fake.objects("charge")
        return [one for one in every if one["status"] == "succeeded"]

    def knows(self, intent_id: str) -> bool:
        """Whether we have heard of a payment, or it is not ours."""
        intent = self.shop.fake.world.get("payment_intent", intent_id)
        return not intent["metadata"] or by_stripe_id(intent_id) is not None

    # How it goes

    def tell(self) -> None:
        """The whole story. Broken, with seed and trace, when a law does not hold."""
        try:
            self._begin()
            for number in range(STEPS):
                self._step(own=number % 2 == 0)
            self._quiet_down()
        except Exception as error:
            lines = "\n".join(self.trace)
            told = f"{self.theme.name}, SEED={self.seed} tells it again\n{lines}"
            raise Broken(f"{told}\n{type(error).__name__}: {error}") from error
        finally:
            self.faults.remove()
            self.fate.unwatch()
            self.shop.close()

    def _begin(self) -> None:
        self._switch(bank_debit=self.theme.debits or self.random.random() < 0.3)
        self.seen = look()
        self.theme.first(self)

    def _step(self, own: bool) -> None:
        """What chance picks; every other time, what this story has not tried yet."""
        if own and any(self.do(act) != NOBODY for act in list(self.own)):
            return
        word = NOBODY
        weights = self.theme.weights
        while word == NOBODY:
            (act,) = self.random.choices(list(weights), list(weights.values()))
            word = self.do(act)

    def do(self, act: Act) -> str:
        """One act, noted and looked at, unless there was nobody to do it."""
        word = self.answer_of(act)
        if word != NOBODY:
            if act in self.own:
                self.own.remove(act)
            self.counts[act.__name__] += 1
            self._note(act.__name__, word)
            self.look_again()
        return word

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

    def look_again(self) -> None:
        """Every row anew, and every law that always holds."""
        before, self.seen = self.seen, look()
        broken = invariants.always(before, self.seen, self.shop.fake)
        assert not broken, "\n".join(broken)

    # How it ends

    def _quiet_down(self) -> None:
        """No more faults, no more news: what is under way comes to its end."""
        all_is_well(self)
        self.world.postbox.refuse_next = self.world.postbox.lose_next_reply = 0
        self._switch(selling=True, refunds=True, mail=True)
        self._banks_decide()
        for pause in QUIET:
            self._pass(pause)
            if pause == QUIET[-2]:
                at_rest.people_finish(self)
        jobs.nightly({}, None)
        at_rest.say_what_was_not_ours(self)
        self._pass(TO_REST)
        jobs.nightly({}, None)
        self.look_again()
        self._all_agrees()
        self._again()

    def _banks_decide(self) -> None:
        fake = self.shop.fake
        for session in self.slow_sessions():
            fake.settle_delayed(session["id"], ok=self.random.random() < 0.5)
        for dispute in fake.objects("dispute"):
            if dispute["status"] in OPEN:
                end = self.random.choice((fake.win, fake.lose))
                end(dispute["id"])
            elif dispute["status"] in INQUIRIES:
                fake.close_inquiry(dispute["id"])

    def _pass(self, pause: Mapping[str, float]) -> None:
        self.world.clock.move(**pause)
        self.shop.fake.expire_due()
        self._work()
        self._note("quiet", str(pause))
        self.look_again()

    def _work(self) -> None:
        jobs.tick({}, None)
        jobs.send_refunds({}, None)
        self.shop.fake.deliver_all()
        jobs.send_mails({}, None)

    def _all_agrees(self) -> None:
        findings = books.prove(self.outside)
        assert findings == [], findings
        letters = Counter(letter.reference for letter in self.world.postbox.letters)
        broken = at_rest.quiet(self.seen, self.shop.fake, letters)
        assert not broken, "\n".join(broken)
        self._count()

    def _count(self) -> None:
        """What came about, and which faults were really met."""
        self.counts.update(at_rest.outcomes(self.seen))
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
            unheard = event["type"] == WARNED and self.deaf  # nothing asks for those again
            if event["type"].startswith(HEARD) and not unheard:
                self.shop.fake.deliver(event["id"])
        self._work()
        jobs.nightly({}, None)
        after = look().lasting()
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert not changed, f"L2 {changed}"

    def _switch(self, **values: bool) -> None:
        circle = reads.get(CircleSettings, "settings", "circle")
        assert circle is not None
        commit(Change.of(Update(circle, values)))
