"""The journey that is counted: somebody applies, is talked with, offered a place, and pays; comes
back a month later, and is written to.

    python -m tests.bench.a_join     prints what each step and each kind of row costs

What it costs in dollars is in local/tools/costs.py, how it is counted in counting.py.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.gateways.outside import Mailer
from chalicelib.rules.changes import Change
from chalicelib.rules.mail import Letter, mail
from chalicelib.store.commit import commit
from local.demo.people import ADA
from local.tools.costs import WEB, Counted, Journey
from tests import mail_steps
from tests.bench.counting import CountedGateway, Tally, counting, kept_by_kind
from tests.journeys.neighbours import Administrator, Applicant
from tests.journeys.street import Careful, HostedPage, Street
from tests.mail_samples import sample
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term

DESK = ("reads it", "invites", "writes down the talk", "accepts", "offers")
SIGN_IN, LOOK, MAIL = "signs in", "looks at the place", "is reminded"
LATER = (SIGN_IN, LOOK, MAIL)
Steps = list[tuple[str, Callable[[], object]]]


class CountedStreet(Street):
    """A street whose every request is counted."""

    def __init__(self, shop: Shop, tally: Tally) -> None:
        super().__init__(shop)
        self.tally = tally

    def browser(self) -> Careful:
        found = super().browser()
        found.gateway = CountedGateway(found.gateway, self.tally)  # type: ignore[assignment]
        return found


@dataclass(frozen=True)
class Counts:
    """A journey that was counted, with what each step leaves behind by the kind of the rows."""

    tally: Tally
    kept: dict[str, Counter[str]]

    @property
    def joining(self) -> list[str]:
        """The steps of the join itself."""
        return [step for step in self.kept if step not in LATER]

    def of(self, *steps: str) -> Counted:
        """What these steps cost."""
        kept: Counter[str] = Counter()
        for step in steps:
            kept.update(self.kept[step])
        return self.tally.counted(steps, kept)

    def journey(self, quiet: dict[str, Counted]) -> Journey:
        """As docs/costs.md tells it."""
        return Journey(
            join=self.of(*self.joining),
            desk=self.of(*DESK),
            sign_in=self.of(SIGN_IN),
            visit=self.of(LOOK),
            mail=self.of(MAIL),
            quiet=quiet,
        )


class LongNames:
    """A mailer whose names of mails are as long as those of SES."""

    def __init__(self, inner: Mailer) -> None:
        self._inner = inner

    def send(self, letter: Letter) -> str:
        """One mail."""
        return f"0102019f3c5a7b1e-0f9c2f6e-4f1e-4a51-9df1-{self._inner.send(letter):0>12}-000000"


def joined(shop: Shop) -> Counts:
    """Walk the journey and count it."""
    shop.world.outside.mailer = LongNames(shop.world.postbox)
    a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    tally = Tally()
    street = CountedStreet(shop, tally)
    ada, pip = Administrator(street), Applicant(street)
    ada.comes_in()  # the desk signs in once a day, whoever applies
    tally.runs.clear()
    letters, kept = shop.world.postbox.letters, {}
    with counting(tally):
        for step, act in steps_of(shop, ada, pip, tally):
            tally.step, already, lay = step, len(letters), kept_by_kind()
            act()
            tally.mails += [step for _ in letters[already:]]
            _deliveries(shop, tally)
            kept[step] = kept_by_kind()
            kept[step].subtract(lay)
    return Counts(tally, kept)


def _deliveries(shop: Shop, tally: Tally) -> None:
    """SES tells of every mail that has been delivered."""
    for row in shop.mails():
        if row.state == "sent" and not row.delivery:
            told = mail_steps.event(shop.world, row.message_key, "delivered")
            with tally.running("hear_mails"):
                mail_steps.tell(told)


def steps_of(shop: Shop, ada: Administrator, pip: Applicant, tally: Tally) -> Steps:
    """The journey, one press after the other; the desk has signed in for the day."""
    hosted: list[HostedPage] = []
    return [
        ("applies", pip.applies),
        ("reads it", lambda: ada.finds_the_application(pip.name)),
        ("invites", ada.invites_to_a_talk),
        ("writes down the talk", ada.writes_down_the_talk),
        ("accepts", ada.accepts),
        ("offers", ada.makes_the_offer),
        ("opens the offer", pip.opens_the_offer),
        ("presses Pay", lambda: hosted.append(pip.accepts())),
        ("comes back", lambda: pip.comes_back(hosted[0].pays())),
        ("Stripe tells", lambda: _stripe_tells(shop, tally)),
        (SIGN_IN, lambda: _signs_in(pip)),
        (LOOK, lambda: pip.browser.get("/me")),
        (MAIL, lambda: _is_reminded(shop, pip, tally)),
    ]


def _stripe_tells(shop: Shop, tally: Tally) -> None:
    for event in shop.fake.outgoing:
        with tally.running(WEB), tally.waking():
            shop.fake.deliver(event["id"])


def _signs_in(pip: Applicant) -> None:
    pip.browser.get("/sign-in")
    pip.browser.submit({"email": pip.email}, "/sign-in")
    pip.follows("Your link to sign in", "/sign-in/")
    pip.browser.submit()


def _is_reminded(shop: Shop, pip: Applicant, tally: Tally) -> None:
    """A mail of ordinary size: a part of the fee is due."""
    facts, links = sample("instalment_due")
    queued = mail("instalment_due", "debt-1.2", pip.email, shop.world.now, facts, links)
    with tally.running("tick"), tally.waking():
        commit(Change.of(queued))
    tally.runs.remove((MAIL, "tick"))  # which runs in any case


def table_of(counts: Counts) -> Iterator[str]:
    """What to print: by step, by kind of row, by what was read, by what is kept."""
    tally = counts.tally
    yield "| step | requests | calls | read units | write units | mails | bytes kept |"
    for step in counts.kept:
        one = counts.of(step)
        calls = sum(one.calls.values())
        numbers = (one.requests, calls, f"{one.reads:g}", one.writes, one.mails)
        kept_bytes = one.kept_bytes + one.mail_bytes
        yield f"| {step} | {' | '.join(str(number) for number in numbers)} | {kept_bytes} |"
    yield "\n| row | act | writes | bytes | own units | of indexes |"
    rows = defaultdict(list)
    for write in tally.written:
        rows[write.kind, write.act].append(write)
    for (kind, act), each in sorted(rows.items(), key=lambda row: -sum(w.units for w in row[1])):
        shown: Counter[str] = Counter()
        for write in each:
            shown.update(write.indexes)
        sizes = f"{min(w.bytes for w in each)}..{max(w.bytes for w in each)}"
        indexes = ", ".join(f"{name} {cost}" for name, cost in shown.items())
        own = sum(w.own for w in each)
        yield f"| {kind} | {act} | {len(each)} | {sizes} | {own} | {shown.total()}: {indexes} |"
    yield "\n| read | calls | units |"
    reads = defaultdict(list)
    for call in tally.calls:
        reads[call.name, call.where].append(call.units)
    for (name, where), costs in sorted(reads.items(), key=lambda read: -sum(read[1])):
        yield f"| {name} {where} | {len(costs)} | {sum(costs):g} |"
    yield "\n| kept of the join | bytes |"
    kept: Counter[str] = Counter()
    for step in counts.joining:
        kept.update(counts.kept[step])
    for kind, size in kept.most_common():
        yield f"| {kind} | {size} |"


def main() -> int:
    """Print it."""
    from tests.bench.__main__ import a_shop

    with a_shop() as shop:
        print("\n".join(table_of(joined(shop))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
