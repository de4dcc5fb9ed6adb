"""The circle's settings, its versioned documents, the open tasks and the job rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Change, Create, Is, Update

SWITCHES = ("selling", "refunds", "payouts", "mail")
PRESETS = ("society", "solo")
PAYOUTS_EVERY = ("month", "term", "by_hand")
HEADING_LENGTH_MAX = 90

# The documents, and the field of the settings that says which version holds.
DOCUMENTS: Mapping[str, str] = {
    "agreement": "agreement_version",
    "refund_policy": "policy_version",
    "privacy": "privacy_version",
}


@dataclass(frozen=True, kw_only=True)
class CircleSettings:
    """One row: who runs this deployment, and what it has switched on (D9)."""

    name: str
    email: str
    currency: str = "GBP"
    zone: str = "Europe/London"
    preset: str = "society"  # society | solo
    seller_name: str
    seller_address: str
    seller_statement: str = ""  # charity, company or VAT wording printed on receipts (D11)
    agreement_version: str
    policy_version: str
    privacy_version: str = "1"
    selling: bool = True
    refunds: bool = True
    payouts: bool = True
    mail: bool = True
    bank_debit: bool = False  # delayed methods beside cards (D7)
    refund_limit_minor: int = 50_000  # a person who gives back more needs a second one
    payouts_every: str = "month"  # month | term | by_hand: when the clock prepares payouts (D4)
    instalments: bool = False  # whether terms may be paid in monthly parts (T4)
    connect: bool = False  # whether leaders may choose to be paid through Stripe (D4, D9)
    clawbacks: bool = True  # whether leaders owe back their part of a fee that went back (L6)
    set_up_at: datetime


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text people agree to, never changed once published: a new text is a new version.
    Versions are whole numbers as text, from 1."""

    name: str  # agreement | refund_policy | privacy
    version: str
    text: str
    published_at: datetime


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something that needs a person: written and closed in the transactions that cause and
    cure it, under a key that comes from its cause."""

    task_id: str
    code: str  # a section of templates/words/ [tasks]
    facts: Mapping[str, Any] = field(default_factory=dict)
    path: str  # the page where it is done
    owner: str = "administrator"
    opened_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """The last run of a job of the clock, written when it ends; or a wish (`wish`)."""

    job: str
    ended_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


def wish(before: JobRun | None, job: str, by: str, now: datetime) -> Create | Update:
    """The row of something that somebody wants done by the next tick; asking again renews it."""
    if before is None:
        return Create(JobRun(job=job, ended_at=now, facts={"by": by}))
    return Update(before, {"ended_at": now, "facts": {"by": by}})


def version_of(settings: CircleSettings, name: str) -> str:
    """The version of a document that holds now."""
    return str(getattr(settings, DOCUMENTS[name]))


def publish(settings: CircleSettings, name: str, text: str, now: datetime) -> Change:
    """A new version of a document, which holds from now on. Older versions stay as they were:
    whoever agreed to one agreed to that one (R19)."""
    old = version_of(settings, name)
    new = str(int(old) + 1)
    points = Update(settings, {DOCUMENTS[name]: new}, when=(Is(DOCUMENTS[name], old),))
    return Change.of(Create(Document(name=name, version=new, text=text, published_at=now)), points)


def edit(settings: CircleSettings, values: Mapping[str, Any]) -> Update | None:
    """What was changed of the settings, if nobody else changed the same; None for nothing."""
    changed = {name: value for name, value in values.items() if getattr(settings, name) != value}
    if not changed:
        return None
    return Update(settings, changed, when=tuple(Is(n, getattr(settings, n)) for n in changed))


def turn(settings: CircleSettings, switch: str, on: bool) -> Update | None:
    """A kill switch moved; None when it stands so already."""
    return edit(settings, {switch: on}) if switch in SWITCHES else None


@dataclass(frozen=True)
class Part:
    """A piece of a document: a heading and the lines that follow it."""

    heading: str
    lines: tuple[str, ...]


def parts(text: str) -> list[Part]:
    """A document's plain text as it is meant to be seen. A paragraph of one short line without
    a full stop is a heading; the one at the start, which names the document, is left out."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n") if block.strip()]
    found = [Part("", ())]
    for at, block in enumerate(blocks):
        lines = tuple(line.strip() for line in block if line.strip())
        if len(lines) == 1 and len(lines[0]) <= HEADING_LENGTH_MAX and lines[0][-1] not in ".!?:;":
            found.append(Part(lines[0] if at else "", ()))
        else:
            found[-1] = Part(found[-1].heading, found[-1].lines + lines)
    return [part for part in found if part.heading or part.lines]
