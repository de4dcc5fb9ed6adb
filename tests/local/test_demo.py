"""The demo from its first day to its last, as `make run` plays it, and what a restart keeps."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from chalicelib import wiring
from chalicelib.flows import today
from chalicelib.flows.books import books
from chalicelib.flows.people import erasing
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.money.payments import Payment, Refund
from chalicelib.store import reads, tables
from chalicelib.store.running import groups
from local import demo
from local.demo.people import BUTTONWOOD, COACHING, DOORBELL, FEATHERSTONE, WATERCRESS
from local.demo.stage import TODAY
from local.product import Product, require_free
from local.server import PortTaken

MEMBERS = {
    "Thursday Lantern Group": 6,  # Tansy Rainbarrel has left
    "Harbour Street Circle": 9,
    "Northmoor Trainees": 11,
    "Daybreak Consultants": 7,
}
RECRUITING = ["Thursday Lantern Group", "Daybreak Consultants"]
TO_DO = [
    "dispute",
    "mail_bounced",
    "refund_failed",
    "offer_to_make",
    "application_received",
    "payouts_to_approve",
    "suspense",
    "application_interview",
]


def four_free_ports() -> int:
    """The first of four neighbours that nobody listens on."""
    while True:
        first = random.randrange(20_000, 30_000, 4)
        try:
            for port in range(first, first + 4):
                require_free(port)
        except PortTaken:
            continue
        return first


@pytest.fixture
def ours() -> Iterator[None]:
    """The product takes the process for itself; afterwards it is the tests' again."""
    before = dict(os.environ)
    yield
    wiring.uninstall()
    os.environ.clear()
    os.environ.update(before)


def members() -> dict[str, int]:
    """How many hold a seat in each group."""
    titles = {one.group_id: one.title for one in groups.every_group()}
    rows = [row for row in reads.everything(tables.Enrolments) if isinstance(row, Enrolment)]
    return dict(Counter(titles[row.group_id] for row in rows if row.state in IN_SEAT))


def money_of(who: str) -> tuple[list[str], list[tuple[str, str]]]:
    """What somebody's payments became, and the causes and states of their refunds."""
    rows = [row for row in reads.everything(tables.Payments) if hasattr(row, "email")]
    own = [row for row in rows if row.email == who]
    paid = [row.outcome for row in own if isinstance(row, Payment) and row.state == "paid"]
    back = [(row.cause, row.state) for row in own if isinstance(row, Refund)]
    return sorted(paid), back


def shown(product: Product, path: str) -> str:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(product.base_url + path, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_the_demo_is_played_its_books_agree_and_a_restart_keeps_it(
    tmp_path: Path, ours: None
) -> None:
    port = four_free_ports()
    told: list[str] = []
    with Product(tmp_path, port) as product:
        demo.play(product, told.append)
        assert len(told) > len(MEMBERS)
        the_stories_are_there(product)
        mails = len(product.mailbox.mails)
        offset = (tmp_path / "clock").read_text()

    with Product(tmp_path, port) as again:
        assert (tmp_path / "clock").read_text() == offset
        assert TODAY <= again.clock.now() < TODAY.replace(hour=20)
        assert len(again.mailbox.mails) == mails
        the_stories_are_there(again)
        again.serve()
        page = shown(again, "/groups")
        assert [title for title in MEMBERS if title in page] == RECRUITING


def the_stories_are_there(product: Product) -> None:
    assert members() == MEMBERS
    assert [task.code for task in today.show_today(product.wired)["tasks"]] == TO_DO
    assert money_of(BUTTONWOOD.email) == (["seat", "surplus"], [("surplus", "succeeded")])
    assert money_of(FEATHERSTONE.email) == (["seat", "seat"], [("cooling_off", "failed")])
    assert money_of(COACHING.email) == (["seat"], []), "an employer pays for a coach"
    assert [one.state for one in erasing.show_all(product.wired).rows] == ["done"]
    assert WATERCRESS.name not in repr(list(reads.everything(tables.Applications)))
    assert product.stripe is not None
    statuses = [
        charge["status"]
        for charge in product.stripe.objects("charge")
        if charge["billing_details"]["email"] == DOORBELL.email
    ]
    assert statuses == ["failed", "succeeded"]
    assert product.stripe.balance_minor() > 0
    assert books.prove(product.wired) == [], "0.00 is unexplained"
