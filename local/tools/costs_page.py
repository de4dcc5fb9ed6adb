"""docs/costs.md in words. The arithmetic is in costs.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from local.tools import costs
from local.tools.costs import Counted, Habits, Journey

CIRCLES = (10, 100, 1_000, 10_000)
BUDGET_JOIN, BUDGET_MONTH = 0.0004, 0.50
WORDS = {  # of the parts of a sum
    "mails": "mails",
    "writes": "DynamoDB, writing",
    "reads": "DynamoDB, reading",
    "requests": "API Gateway",
    "seconds": "Lambda, time",
    "runs": "Lambda, runs",
    "logged": "logs",
    "news": "news of deliveries",
    "tick": "the tick, every five minutes",
    "send_mails": "the sender of mails, every five minutes",
    "send_refunds": "the sender of refunds, every five minutes",
    "send_payouts": "the sender of payouts, every five minutes",
    "nightly": "the nightly job",
    "alarms": "alarms beyond ten",
    "numbers": "numbers of our own beyond ten",
    "joins": "joining",
    "visits": "looking at the own page",
    "sign_ins": "signing in, with its mail",
    "kept": "what is kept",
}


def page(journey: Journey, alarms: int, numbers: int) -> str:
    """docs/costs.md."""
    idle = costs.idle_parts(journey, alarms, numbers)
    thousand = costs.month(journey, 1_000, alarms, numbers)
    lines = [
        HEAD.format(idle=sum(idle.values()), join=journey.join.dollars(), thousand=thousand),
        *_table(("a month in which nobody comes", "US dollars"), 4, idle),
        *_of_a_join(journey.join, journey.desk),
        *_of_a_circle(journey, alarms, numbers),
        MACHINES.format(at=costs.measured()["at"], slower=costs.SLOWER, alarms=alarms, own=numbers),
        *_functions(),
        PRICED,
        "| price | US dollars | for one | read on |",
        "| --- | ---: | --- | --- |",
        *(
            f"| {one.source} | {_plain(one.dollars)} | {one.unit} | {one.read} |"
            for one in costs.PRICES.values()
        ),
    ]
    return "\n".join(lines) + "\n"


def _of_a_join(join: Counted, desk: Counted) -> Iterator[str]:
    parts, whole = join.parts(), join.dollars()
    head = ("a join", "US dollars", "of it the desk, with the mails it causes")
    yield JOIN.format(**_numbers(join), own=whole - desk.dollars())
    yield from _table(head, 6, parts, desk.parts())
    mails = parts["mails"]
    yield OVER.format(budget=BUDGET_JOIN, mails=mails, count=join.mails, rest=whole - mails)


def _of_a_circle(journey: Journey, alarms: int, numbers: int) -> Iterator[str]:
    habits = Habits()
    member = costs.member_parts(journey, habits)
    letters = 1_000 * costs.mails_of_a_member(journey, habits)
    yield "| members | a month | a member and year |"
    yield "| ---: | ---: | ---: |"
    yield from _circles(journey, alarms, numbers)
    yield ASSUMED.format(**asdict(habits), mails_kept=costs.MAILS_KEPT_DAYS)
    yield from _table(("a member in a month", "US dollars"), 6, member)
    yield AIM.format(month=BUDGET_MONTH, letters=letters, kept=1_000 * member["kept"])


def _numbers(one: Counted) -> dict[str, str]:
    found = {
        **{name: getattr(one, name) for name in ("reads", "writes", "mails", "requests")},
        "kept": one.kept_bytes,
        "mail_bytes": one.mail_bytes,
        "calls": sum(one.calls.values()),
        "runs": sum(one.runs.values()) - one.requests,
    }
    return {name: f"{value:,.0f}" for name, value in found.items()}


def _table(head: tuple[str, ...], digits: int, *sums: Mapping[str, float]) -> Iterator[str]:
    """The parts of sums beside each other, the largest first; what costs nothing is left out."""
    yield f"| {' | '.join(head)} |"
    yield "| --- |" + " ---: |" * len(sums)
    for name in sorted(sums[0], key=lambda name: -sums[0][name]):
        if sums[0][name]:
            yield _row(WORDS[name], digits, [one[name] for one in sums])
    yield _row("together", digits, [sum(one.values()) for one in sums])


def _row(word: str, digits: int, dollars: list[float]) -> str:
    return f"| {word} | {' | '.join(f'{one:.{digits}f}' for one in dollars)} |"


def _circles(journey: Journey, alarms: int, numbers: int) -> Iterator[str]:
    for members in CIRCLES:
        cost = costs.month(journey, members, alarms, numbers)
        yield f"| {members:,} | ${cost:,.2f} | ${cost * 12 / members:,.3f} |"


def _functions() -> Iterator[str]:
    yield "| run | memory used, MiB | processor cold, ms | warm, ms | memory given, MB |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, one in costs.measured()["runs"].items():
        numbers = f"{one['peak']:.0f} | {one['cold']:.0f} | {one['warm']:.1f}"
        yield f"| {name} | {numbers} | {costs.memory_mb(name.split(':')[0])} |"


def _plain(dollars: float) -> str:
    return f"{dollars:.10f}".rstrip("0")


HEAD = """# What it costs

Computed by `make costs`, from requests that were counted on a real journey, runs that were measured
on the built package, and the public list prices below. No free tier is taken off, except the ten
alarms and ten numbers that are free for good. Stripe's fee for each payment is extra, and stands in
the books.

- **Once:** nothing at AWS. A domain costs what its registrar takes.
- **When nobody comes:** ${idle:.2f} a month.
- **When somebody joins:** ${join:.5f}, from the application to the paid place.
- **A circle of 1,000 members:** ${thousand:.2f} a month, all of it.

## When nobody comes
"""
JOIN = """
## When somebody joins

Somebody applies, is talked with, offered a place and pays: {requests} requests, {runs} runs of jobs
for the mails, {calls} calls to DynamoDB with {reads} read and {writes} write units, {mails} mails.
It leaves {kept} bytes of rows and {mail_bytes} of mails. Without the desk's part it is ${own:.5f}.
The desk's own sign-in is not in it: that is once a day, whoever applies.
"""
OVER = """
The aim was ${budget:.4f} for a join. **It is not reached, and cannot be with these mails:** the
{count} of them are ${mails:.4f}: the link to go on with a draft, "We have your application", which
proves the address, the invitation to a talk, the decision, the offer, the receipt and the
confirmation of the place. All else together is ${rest:.5f}. Two might be saved: the link to a
draft leaves at once, and most people would not need it if it waited for an hour; receipt and
confirmation leave in the same minute, mostly to the same person. The receipt is a mail of its own
because it is a paper that is handed on to an employer.

What keeps it low: an index shows only the keys of what is large or changes often
(infra/tables.yaml), so that most writes touch none; a field that holds nothing is not stored; the
mails of an application carry no more than their sentences need, and fit into the one kilobyte that
DynamoDB counts by. `python -m tests.bench.a_join` prints what each step and each kind of row costs.

## A circle in a month
"""
ASSUMED = """
Assumed for each member and month: {joins_a_month:.2f} joins, {visits_a_month:.0f} looks at the own
page, {sign_ins_a_month:.0f} sign-in, which lasts for thirty days, {mails_a_month:.0f} more mail.
Rows are kept for {years_kept:.0f} years and mails for {mails_kept} days, and what they cost is the
month's price of all that lies there by then.
"""
AIM = """
The aim was ${month:.2f} a month for 1,000 members. **It is not reached:** they get mails for
${letters:.2f}, and what is kept of them for years costs ${kept:.2f}, nearly half of it for being
able to restore any second of the last weeks."""
MACHINES = """
## What the functions need

Measured on {at} on the built package, with AWS's answers as they were; after `make bench` has built
it, `.venv313/bin/python -m tests.bench.functions` does it anew. Lambda's own runtime needs about
40 MiB beside it, so that memory is not what they are given memory for: it brings a share of a
processor, a whole one at 1,769 MB. Work is billed the same with any share, only longer or shorter;
waiting costs less with less. People wait for pages and for the link to sign in: these two have
more. The proof of the books, in the nightly job and in the tick when it is asked for, holds all
debts at once, about 30 KiB for each join: 512 MB are enough for some 12,000 of them. Before you
have as many, give both more in .chalice/config.json.

A run is billed for the processor's time, {slower} times what it took here and longer by the share
of a processor, and for 8 ms for each counted call to DynamoDB, which promises single-digit
milliseconds. Every fifth request and every twelfth run of a job begins cold, which is billed as
well; each run writes 1 KB of log. There are {alarms} alarms and {own} numbers of our own.
"""
PRICED = """
## Prices

The certificate, and secrets kept as parameters, cost nothing. London is up to a fifth dearer than
the region of these prices, N. Virginia; look at AWS's own pages before you rely on a sum.
"""
