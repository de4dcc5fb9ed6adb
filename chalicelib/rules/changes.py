"""What a decision wants written: rows to create, update, require or remove, as plain data.

Rules return a Change; `store/commit.py` writes it in one transaction or not at all. Each write
names the refusal that answers when its condition does not hold, so that a lost race reads as a
sentence. What does not live here: keys, tables, DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import Refusal, StateChanged


@dataclass(frozen=True)
class Is:
    """The field holds this value (None: the field is absent)."""

    name: str
    value: Any


@dataclass(frozen=True)
class Below:
    """The field is smaller than another field of the same row: `Below("occupied", "capacity")`."""

    name: str
    limit: str


@dataclass(frozen=True)
class Under:
    """The field is smaller than a number."""

    name: str
    limit: int


Condition = Is | Below | Under


@dataclass(frozen=True)
class Ref:
    """A row known only by the fields its key is made of, for a write that needs no reading:
    counters, and values that no index sees."""

    kind: type
    ids: Mapping[str, str]


@dataclass(frozen=True)
class Create:
    """A new row; refused when its key exists."""

    row: Any
    refusal: type[Refusal] = StateChanged


@dataclass(frozen=True)
class Update:
    """Fields of an existing row: `values` are set (None removes), `add` is added to numbers."""

    row: Any
    values: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    when: tuple[Condition, ...] = ()
    refusal: type[Refusal] = StateChanged


@dataclass(frozen=True)
class Count:
    """One more in a counter that may not be there yet: it grows while it is below `limit`.

    `row` says what the counter is when it begins; its number in `name` is left to the store.
    """

    row: Any
    name: str
    limit: int
    refusal: Callable[[], Refusal] = StateChanged


@dataclass(frozen=True)
class Require:
    """A row that is only looked at: the transaction fails unless the conditions hold."""

    row: Any
    when: tuple[Condition, ...]
    refusal: type[Refusal] = StateChanged


@dataclass(frozen=True)
class Remove:
    """A row that ends, if the conditions hold."""

    row: Any
    when: tuple[Condition, ...] = ()
    refusal: type[Refusal] = StateChanged


Write = Create | Update | Count | Require | Remove


@dataclass(frozen=True)
class Change:
    """Everything one act writes, together or not at all."""

    writes: tuple[Write, ...] = ()

    @classmethod
    def of(cls, *parts: Write | Change | None) -> Change:
        """Join writes and changes; None stands for "nothing to write"."""
        writes: list[Write] = []
        for part in parts:
            if isinstance(part, Change):
                writes.extend(part.writes)
            elif part is not None:
                writes.append(part)
        return cls(tuple(writes))

    def __add__(self, other: Write | Change | None) -> Change:
        return Change.of(self, other)

    def created(self, kind: type) -> Iterable[Any]:
        """The rows of one kind that this change creates; for tests and tracing."""
        return (w.row for w in self.writes if isinstance(w, Create) and isinstance(w.row, kind))


@dataclass(frozen=True)
class Caller:
    """Who acts, and under which form.

    `form_key` is the hash of the form's nonce and `location` where its answer leads: both are
    written inside the act's transaction, so that a double submit finds the first answer.
    """

    actor: str  # person_id, or `clock`, `stripe`, `applicant:<application_id>`, `visitor`
    form_key: str | None = None
    location: str = ""
