"""Limits are counted in the transaction they guard, and hold against a race of callers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import TooManyTries
from chalicelib.rules.changes import Change, Count, Create
from chalicelib.rules.people import rates
from chalicelib.rules.people.access import RateCounter
from chalicelib.rules.people.people import EmailOwner
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.world import World

NOW = datetime(2026, 11, 21, 18, 7, tzinfo=UTC)
MOMENTS = st.integers(1_767_225_600, 1_893_456_000).map(lambda at: datetime.fromtimestamp(at, UTC))


def counts(change: Change) -> list[Count]:
    return [write for write in change.writes if isinstance(write, Count)]


@given(act=st.sampled_from(sorted(rates.LIMITS)), now=MOMENTS)
def test_every_limit_of_an_act_is_counted_once(act: str, now: datetime) -> None:
    found = counts(rates.counted(act, now, mailbox="a@example.org", client="192.0.2.1"))
    assert [count.limit for count in found] == [one.times for one in rates.LIMITS[act].values()]
    assert len({count.row.name for count in found}) == len(found)


@given(now=MOMENTS)
def test_a_refusal_says_how_many_minutes_are_left(now: datetime) -> None:
    [count, *_] = counts(rates.counted("sign-in", now, mailbox="a@example.org"))
    refusal = count.refusal()
    assert isinstance(refusal, TooManyTries)
    assert 1 <= refusal.facts["minutes"] <= 30
    ends = datetime.fromtimestamp(count.row.expires_epoch, UTC)
    assert now < ends <= now + timedelta(minutes=30)


def test_a_counter_holds_no_address() -> None:
    for count in counts(rates.counted("sign-in", NOW, "pip@example.org", "192.0.2.77")):
        assert "pip" not in count.row.name
        assert "192.0.2" not in count.row.name


def test_one_mailbox_has_one_counter_however_it_is_written() -> None:
    one, other = (
        counts(rates.counted("sign-in", NOW, mailbox))[0].row.name
        for mailbox in ("pip@example.org", " Pip@Example.org ")
    )
    assert one == other


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ("", "unknown"),
        ("evil, 192.0.2.7", "unknown"),
    ],
)
def test_a_home_with_many_addresses_is_one_client(client: str, network: str) -> None:
    assert rates.network(client) == network


def test_a_counter_begins_by_itself_grows_and_refuses(world: World) -> None:
    tries = rates.counted("sign-in", NOW, "pip@example.org")
    for _ in range(5):
        commit(tries)
    with pytest.raises(TooManyTries) as refused:
        commit(tries)
    assert refused.value.facts["minutes"] == 23
    rows = [row for row in reads.everything(tables.Access) if isinstance(row, RateCounter)]
    assert sorted(row.times for row in rows) == [5, 5, 5], "what is refused counts nothing"
    assert all(row.expires_epoch > NOW.timestamp() for row in rows)
    items = tables.TABLES["access"].scan()
    assert {item.schema_version for item in items} == {tables.SCHEMA_VERSION}


def test_nothing_of_a_refused_act_is_written(world: World) -> None:
    tries = rates.counted("sign-in", NOW, "pip@example.org")
    for _ in range(5):
        commit(tries)
    act = Create(EmailOwner(email="pip@example.org", owner_id="person-1"))
    with pytest.raises(TooManyTries):
        commit(tries + act)
    assert reads.get(EmailOwner, "email#pip@example.org") is None


def test_a_lost_condition_beside_a_counter_is_named_rightly(world: World) -> None:
    """Counters travel among the updates: reasons must still find their write."""
    owner = EmailOwner(email="pip@example.org", owner_id="person-1")
    commit(Change.of(Create(owner)))
    tries = rates.counted("sign-in", NOW, "pip@example.org")
    with pytest.raises(EmailTaken):
        commit(tries + Create(owner, refusal=EmailTaken))


class EmailTaken(TooManyTries):
    """A refusal of this test alone."""


def test_the_next_window_begins_at_nothing(world: World) -> None:
    for _ in range(5):
        commit(rates.counted("sign-in", NOW, "pip@example.org"))
    commit(rates.counted("sign-in", NOW + timedelta(minutes=30), "pip@example.org"))
