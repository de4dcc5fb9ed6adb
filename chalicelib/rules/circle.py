"""The circle's settings, its versioned documents, the open tasks and the job rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


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
    selling: bool = True
    refunds: bool = True
    payouts: bool = True
    mail: bool = True
    set_up_at: datetime


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text people agree to, never changed once published: a new text is a new version."""

    name: str  # agreement | refund_policy | privacy
    version: str
    text: str
    published_at: datetime


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something that needs a person: written and closed in the transactions that cause and
    cure it, under a key that comes from its cause."""

    task_id: str
    code: str  # a section of templates/words.toml [tasks]
    facts: Mapping[str, Any] = field(default_factory=dict)
    path: str  # the page where it is done
    owner: str = "administrator"
    opened_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """The last run of a job of the clock; written when it ends."""

    job: str
    ended_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
