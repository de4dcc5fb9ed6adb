"""What the busiest steps ask of DynamoDB, exactly (budget B7), and that it does not grow with the
circle (B14).

A number that falls is written down here; one that rises needs a reason. Which calls there are:
`python -m tests.bench.a_join`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.mail import Mail
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store.commit import commit
from chalicelib.store.joining import enrolments
from local.gateway import Gateway
from local.tools.costs import WEB
from tests.bench import replay
from tests.bench.counting import Tally, counting
from tests.shop import Shop
from tests.store.row_values import plain_row
from tests.stories import a_recruiting_term

Asked = tuple[int, int, int]  # reads, transactions, write units


def asked(step: Callable[[], object]) -> Asked:
    """What a step asks of DynamoDB."""
    tally = Tally()
    with counting(tally), tally.running(WEB):
        step()
    names = [call.name for call in tally.calls]
    sent = names.count("TransactWriteItems")
    return len(names) - sent, sent, sum(one.units for one in tally.written)


def every_step(shop: Shop, whole: WholeTerm) -> dict[str, Asked]:
    """Each of the busiest steps once."""
    from app import app

    gateway = Gateway(app)
    form = replay.filled_in(shop)
    found = {"taster": asked(lambda: gateway.handle(*form))}
    offered = shop.offer(whole)
    page = f"/offers/{offered.token}"
    found["offer page"] = asked(lambda: gateway.handle("GET", page))
    shop.fake.pay(shop.begin(offered))
    found["webhook"] = asked(lambda: [shop.fake.deliver(one["id"]) for one in shop.fake.outgoing])
    found["roster"] = asked(lambda: enrolments.of_term(whole.term.term_id))
    return found


def others(number: int) -> list[Change]:
    """Rows of so many other people in another group, in transactions."""
    rows = [
        row
        for place in range(number)
        for row in (
            plain_row(Person, person_id=f"person-{place}"),
            plain_row(Application, application_id=f"application-{place}", state="submitted"),
            plain_row(Enrolment, person_id=f"person-{place}"),
            plain_row(Mail, message_key=f"mail-{place}", due_at=None, state="sent"),
        )
    ]
    return [
        Change.of(*(Create(row) for row in rows[start : start + 100]))
        for start in range(0, len(rows), 100)
    ]


def test_the_busiest_steps_ask_for_no_more_than_they_did(shop: Shop) -> None:
    """The budget asks 1 read for a taster: the form's own key, the address of the group, the group,
    and whether the address has a place are one each. It asks 30 units of a payment that is settled:
    thirteen rows are 26 by themselves, and its two mails are 16 more."""
    found = every_step(shop, a_recruiting_term(shop.world))
    assert found == {
        "taster": (4, 1, 26),
        "offer page": (4, 0, 0),
        "webhook": (2, 1, 61),
        "roster": (1, 0, 0),
    }


@pytest.mark.parametrize("number", [10, 200])
def test_a_step_asks_for_the_same_in_a_large_circle(shop: Shop, number: int) -> None:
    """Everything is read by its key, or by an index under the key of one group, term or person."""
    for change in others(number):
        commit(change)
    found = every_step(shop, a_recruiting_term(shop.world))
    assert found["taster"] == (4, 1, 26)
    assert found["offer page"] == (4, 0, 0)
    assert found["webhook"] == (2, 1, 61)
    assert found["roster"] == (1, 0, 0)
