"""The only place that writes: one Change, one TransactWriteItems, or nothing.

It owns the mapping from cancellation reasons back to our writes (PynamoDB sends condition checks,
deletes, puts, updates, in that order), the retries for conflicts and throttling, the one random
token that makes a retry after a lost reply safe, and the limits of a transaction. What does not
live here: what to write (rules), keys (rows.py).
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pynamodb.exceptions import CancellationReason, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from chalicelib.errors import AlreadyAnswered, StoreBusy
from chalicelib.rules.changes import (
    Below,
    Caller,
    Change,
    Count,
    Create,
    Is,
    Remove,
    Require,
    Under,
    Update,
    Write,
)
from chalicelib.rules.people.access import SpentForm
from chalicelib.store import reads, tables
from chalicelib.store.rows import Kept, kept
from chalicelib.store.trouble import passes, unanswered

WRITES_MAX = 100
TRIES_MAX = 8
TRIES_UNANSWERED_MAX = 2  # each has three tries of botocore's own behind it
FORM_LIFE = timedelta(days=2)
PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def commit(change: Change, caller: Caller | None = None, now: datetime | None = None) -> None:
    """Write all of `change`, or nothing and raise.

    With a caller that answers a form, the form is spent in the same transaction. Raises the
    refusal of the first write, in the order of the change, whose condition failed,
    AlreadyAnswered when the form was answered meanwhile, StoreBusy when conflicts do not end or
    DynamoDB does not answer.
    """
    if caller and caller.form_key:
        if now is None:
            raise ValueError("a form is spent at a time: pass now")
        change = change + _spent(caller, caller.form_key, now)
    if len(change.writes) > WRITES_MAX:
        raise ValueError(f"{len(change.writes)} writes do not fit one transaction")
    if not change.writes:
        return
    _send(change.writes, uuid.uuid4().hex, caller)


def _spent(caller: Caller, form_key: str, now: datetime) -> Create:
    return Create(
        SpentForm(
            form_key=form_key,
            location=caller.location,
            spent_at=now,
            expires_epoch=int((now + FORM_LIFE).timestamp()),
        )
    )


def _send(writes: tuple[Write, ...], token: str, caller: Caller | None) -> None:
    silent = 0
    for attempt in range(TRIES_MAX):
        try:
            _transact(writes, token)
        except TransactWriteError as error:
            silent += unanswered(error)
            if not _passing(error, silent):
                raise _refusal(writes, error, caller) from error
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311
        else:
            return
    raise StoreBusy


def _passing(error: TransactWriteError, silent: int) -> bool:
    """Whether trying the same again can help: conflicts, throttling, a reply that was lost.
    `silent` tries went without any reply so far."""
    if unanswered(error):
        return silent < TRIES_UNANSWERED_MAX
    reasons = [reason.code for reason in error.cancellation_reasons if reason]
    if reasons:
        return all(code in PASSING for code in reasons)
    return passes(error)


def _refusal(
    writes: tuple[Write, ...], error: TransactWriteError, caller: Caller | None
) -> Exception:
    """What a failed condition means to the caller; the error itself when it means nothing."""
    failed = _failed(writes, error)
    if not failed:
        return StoreBusy() if _passing(error, 0) else error
    for write in failed:
        if isinstance(write, Create) and isinstance(write.row, SpentForm):
            before = reads.reread(write.row)
            return AlreadyAnswered(
                before.location if before else (caller.location if caller else "")
            )
    return failed[0].refusal()


def _failed(writes: tuple[Write, ...], error: TransactWriteError) -> list[Write]:
    """The writes whose condition failed, in the order in which the change declares them."""
    reasons = zip(_in_wire_order(writes), error.cancellation_reasons, strict=False)
    failed = {place for place, reason in reasons if _condition_failed(reason)}
    return [write for place, write in enumerate(writes) if place in failed]


def _condition_failed(reason: CancellationReason | None) -> bool:
    return reason is not None and reason.code == "ConditionalCheckFailed"


def _in_wire_order(writes: tuple[Write, ...]) -> list[int]:
    """The places of the writes as PynamoDB sends them."""
    order: tuple[tuple[type, ...], ...] = ((Require,), (Remove,), (Create,), (Update, Count))
    return [n for kinds in order for n, write in enumerate(writes) if isinstance(write, kinds)]


def _transact(writes: tuple[Write, ...], token: str) -> None:
    transaction = TransactWrite(connection=tables.connection(), client_request_token=token)
    with transaction:
        for write in writes:
            ADDERS[type(write)](transaction, kept(write.row), write)


def _add_create(transaction: TransactWrite, how: Kept, write: Create) -> None:
    item = how.model(**how.stored(write.row))
    transaction.save(item, condition=_absent(how))


def _add_update(transaction: TransactWrite, how: Kept, write: Update) -> None:
    actions = []
    for name, value in how.changed(write.row, write.values).items():
        attribute = getattr(how.model, name)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    for name, amount in write.add.items():
        actions.append(getattr(how.model, name).add(amount))
    item = how.model(*how.key_of(write.row))
    transaction.update(item, actions=actions, condition=_holds(how, write.when))


def _add_count(transaction: TransactWrite, how: Kept, write: Count) -> None:
    model = how.model
    keys = (model._hash_keyname, model._range_keyname, write.name)
    begins = {name: value for name, value in how.stored(write.row).items() if name not in keys}
    counter = getattr(model, write.name)
    actions = [model.row_kind.set(model), model.schema_version.set(tables.SCHEMA_VERSION)]
    actions += [counter.add(1)]
    actions += [getattr(model, name).set(value) for name, value in begins.items()]
    below: Condition = counter.does_not_exist() | (counter < write.limit)
    transaction.update(model(*how.key_of(write.row)), actions=actions, condition=below)


def _add_require(transaction: TransactWrite, how: Kept, write: Require) -> None:
    hash_key, range_key = (*how.key_of(write.row), None)[:2]
    transaction.condition_check(how.model, hash_key, range_key, condition=_holds(how, write.when))


def _add_remove(transaction: TransactWrite, how: Kept, write: Remove) -> None:
    condition = _holds(how, write.when) if write.when else None
    transaction.delete(how.model(*how.key_of(write.row)), condition=condition)


ADDERS: dict[type, Callable[[TransactWrite, Kept, Any], None]] = {
    Create: _add_create,
    Update: _add_update,
    Count: _add_count,
    Require: _add_require,
    Remove: _add_remove,
}


def _absent(how: Kept) -> Condition:
    condition: Condition = getattr(how.model, how.model._hash_keyname).does_not_exist()
    return condition


def _holds(how: Kept, when: tuple[Is | Below | Under, ...]) -> Condition:
    """The row exists and every condition holds."""
    condition: Condition = getattr(how.model, how.model._hash_keyname).exists()
    for part in when:
        attribute = getattr(how.model, part.name)
        if isinstance(part, Below):
            condition &= attribute < getattr(how.model, part.limit)
        elif isinstance(part, Under):
            condition &= attribute < part.limit
        elif part.value is None:
            condition &= attribute.does_not_exist()
        elif how.leaves_out(part.name, part.value):
            condition &= attribute.does_not_exist() | (attribute == part.value)
        else:
            condition &= attribute == part.value
    return condition


def as_written(write: Update) -> Any:
    """The row as the update leaves it, for a flow that goes on with it."""
    added = {name: getattr(write.row, name) + amount for name, amount in write.add.items()}
    return replace(write.row, **write.values, **added)
