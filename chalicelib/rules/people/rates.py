"""How often something may be asked: limits as data, and the writes that count a try.

The counters are written inside the transaction they guard, under a condition, so that a refused
act counts nothing and no race passes a limit. A window is a fixed stretch of time and part of
the counter's name; behind it the table's TTL cleans up (PITFALLS of security).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import IPv6Address, ip_address

from chalicelib.errors import Refusal, TooManyTries
from chalicelib.rules.changes import Change, Count
from chalicelib.rules.people.access import RateCounter

EVERYONE = "everyone"


@dataclass(frozen=True)
class Limit:
    """At most `times` within each window."""

    times: int
    window: timedelta


HALF_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)

# act -> who is counted -> limit. `mailbox` is an address that mail goes to, `client` the network
# address of the caller, `everyone` the whole deployment (what a flood may cost us at SES).
LIMITS: Mapping[str, Mapping[str, Limit]] = {
    "sign-in": {
        "mailbox": Limit(5, HALF_HOUR),
        "client": Limit(30, HALF_HOUR),
        EVERYONE: Limit(600, HOUR),
    },
    # Right and wrong codes alike: ten in a million a day is what guessing can reach.
    "sign-in-code": {"mailbox": Limit(10, DAY), "client": Limit(60, HOUR)},
    # Opening checkouts: a hospital may share one address, a card tester wants thousands.
    "checkout": {"client": Limit(60, DAY)},
    # Mails that ask a payer whom a member has named: the address was typed by somebody else.
    "payer-mail": {
        "mailbox": Limit(4, DAY),
        "client": Limit(20, DAY),
        EVERYONE: Limit(300, HOUR),
    },
    # Forms that anybody may send and that make us write a mail.
    "public-form": {
        "mailbox": Limit(10, HOUR),
        "client": Limit(40, HOUR),
        EVERYONE: Limit(1000, HOUR),
    },
}


def counted(act: str, now: datetime, mailbox: str = "", client: str = "") -> Change:
    """The writes that count one try of `act`; TooManyTries(minutes) answers when it is one too
    many. Every limit of the act is counted: an unknown client is one client."""
    who = {"mailbox": mailbox.strip().casefold(), "client": network(client), EVERYONE: EVERYONE}
    limits = LIMITS[act]
    return Change.of(*(_count(act, kind, who[kind], limits[kind], now) for kind in limits))


def network(client: str) -> str:
    """Whom a client's address counts for: itself, or for IPv6 the /64 that one home is given."""
    try:
        address = ip_address(client)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def _count(act: str, kind: str, who: str, limit: Limit, now: datetime) -> Count:
    seconds = int(limit.window.total_seconds())
    begins = int(now.timestamp()) // seconds * seconds
    ends = begins + seconds
    name = f"{act}#{kind}#{hashlib.sha256(who.encode()).hexdigest()[:32]}#{begins}"
    counter = RateCounter(name=name, times=0, expires_epoch=ends)
    return Count(counter, "times", limit.times, _refusal(ends, now))


def _refusal(ends: int, now: datetime) -> Callable[[], Refusal]:
    left = datetime.fromtimestamp(ends, UTC) - now
    return partial(TooManyTries, minutes=max(1, -(-int(left.total_seconds()) // 60)))
