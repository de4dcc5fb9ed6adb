"""The stories of the demo, in the order of their days. Each capability adds its own.

A story is a function of the stage; what it does, people do at the real routes. Add a story to
`STORIES` after those it builds on; `stage.at` refuses to go back in time.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.flows.people import set_up
from local.demo import groups, people
from local.demo.groups import enter_group, plan_term
from local.demo.joining import accept_and_pay, apply, joins, offer, talk_and_decide
from local.demo.people import ADA, Somebody
from local.demo.stage import Stage

Story = Callable[[Stage], None]
LANTERN, HARBOUR = "thursday-lantern-group", "harbour-street-circle"
NORTHMOOR, DAYBREAK = "northmoor-trainees", "daybreak-consultants"


def the_circle_is_founded(stage: Stage) -> None:
    """Ada Ledger sets the Marmalade Circle up and signs in with the mailed link."""
    stage.at(2026, 7, 1)
    browser = stage.browser()
    link = set_up.set_up_link(stage.product.wired).removeprefix(stage.product.base_url)
    stage.fill(
        browser,
        link,
        {
            "name": "Marmalade Circle",
            "email": "hello@marmalade-circle.example",
            "zone": "Europe/London",
            "preset": "society",
            "currency": "GBP",
            "seller_name": "Marmalade Circle",
            "seller_address": "1 Preserve Lane\nFictonbury ZZ99 9ZZ",
            "seller_statement": "A fictional charity, number 0000000. No VAT is charged.",
            "administrator_name": "Ada Ledger",
            "administrator_email": ADA,
        },
    )
    stage.enter(browser, ADA)


def the_autumn_is_planned(stage: Stage) -> None:
    """Four groups with their terms of autumn 2026."""
    stage.at(2026, 7, 6)
    enter_group(stage, groups.LANTERN)
    plan_term(stage, "lantern", groups.LANTERN_AUTUMN)
    enter_group(stage, groups.HARBOUR)
    plan_term(stage, "harbour", groups.HARBOUR_YEAR)
    enter_group(stage, groups.NORTHMOOR)
    plan_term(stage, "northmoor", groups.NORTHMOOR_TERM)
    enter_group(stage, groups.DAYBREAK)
    plan_term(stage, "daybreak", groups.DAYBREAK_AUTUMN)


def the_lantern_group_fills(stage: Stage) -> None:
    """Seven people find their way into the Thursday Lantern Group."""
    members = (
        *(people.BUTTONWOOD, people.UMBRELLA, people.FEATHERSTONE, people.CLOCKHOUSE),
        *(people.WHEELBARROW, people.RAINBARREL, people.DOORBELL),
    )
    applied = []
    for number, who in enumerate(members):
        stage.at(2026, 7, 20 + number, 12)
        applied.append((apply(stage, LANTERN, who), who))
    stage.at(2026, 8, 3)
    for application_id, who in applied:
        talk_and_decide(stage, application_id)
        offer(stage, application_id)
        accept_and_pay(stage, who)


def harbour_street_and_northmoor_fill(stage: Stage) -> None:
    """Nine people pay for a year at Harbour Street; Northmoor's eleven trainees pay nothing."""
    stage.at(2026, 8, 24)
    for number in range(1, 10):
        kind = "General practitioner" if number % 3 else "Nurse"
        joins(stage, HARBOUR, people.sample(number, kind), talk=False)
    for number in range(11, 22):
        joins(stage, NORTHMOOR, people.sample(number, "Doctor in training"), talk=False)


def harbour_street_and_northmoor_begin(stage: Stage) -> None:
    """Both terms run from the evening of their first session."""
    stage.at(2026, 9, 2, 22)
    _run(stage, "northmoor-term")
    stage.at(2026, 9, 9, 22)
    _run(stage, "harbour-year")


def daybreak_fills(stage: Stage) -> None:
    """Seven consultants join the Daybreak group."""
    stage.at(2026, 9, 14)
    for number in range(31, 38):
        joins(stage, DAYBREAK, people.sample(number, "Coach or consultant"))


def lantern_and_daybreak_begin(stage: Stage) -> None:
    """Their terms run as well."""
    stage.at(2026, 9, 24, 22)
    _run(stage, "lantern-autumn")
    stage.at(2026, 10, 13, 12)
    _run(stage, "daybreak-autumn")


def _run(stage: Stage, term: str) -> None:
    ada = stage.signed_in(ADA)
    stage.open(ada, stage.places[term])
    stage.press(ada, {"do": "run"}, "/state")


def the_spring_is_planned(stage: Stage) -> None:
    """The next terms of the Lantern and Daybreak groups open for applications."""
    stage.at(2026, 11, 2)
    plan_term(stage, "lantern", groups.LANTERN_SPRING)
    plan_term(stage, "daybreak", groups.DAYBREAK_WINTER)


def three_people_wait(stage: Stage) -> None:
    """Three people apply for the spring and are put on the waiting list."""
    stage.at(2026, 11, 4)
    for number in (41, 42, 43):
        waiting = apply(stage, LANTERN, people.sample(number, "Psychotherapist"))
        talk_and_decide(stage, waiting, "waitlist")


def guests_book_the_december_taster(stage: Stage) -> None:
    """Three guests take a place on 10 December; one of them reads it in Brisbane."""
    guests = (people.sample(44, "Nurse"), people.sample(45, "Chaplain"), people.WANDERER)
    for number, guest in enumerate(guests):
        stage.at(2026, 11, 9 + number, 20)
        _book_taster(stage, guest)


def _book_taster(stage: Stage, guest: Somebody) -> None:
    browser = stage.browser()
    stage.open(browser, f"/groups/{LANTERN}/taster")
    values = {
        "session_id": stage.choices(browser, "session_id")[0],
        "full_name": guest.name,
        "email": guest.email,
        "profession": guest.profession,
        "zone": guest.zone,
    }
    stage.press(browser, values, "/taster")
    stage.product.mail()


def an_offer_ends_tonight(stage: Stage) -> None:
    """Juniper Saucepan's offer for the spring ends tonight; Bettina Starch has just applied."""
    stage.at(2026, 11, 14, 9)
    offered = apply(stage, LANTERN, people.SAUCEPAN, source="taster")
    talk_and_decide(stage, offered)
    offer(stage, offered)
    stage.at(2026, 11, 20, 21)
    apply(stage, LANTERN, people.STARCH, source="flyer")


STORIES: tuple[Story, ...] = (
    the_circle_is_founded,
    the_autumn_is_planned,
    the_lantern_group_fills,
    harbour_street_and_northmoor_fill,
    harbour_street_and_northmoor_begin,
    daybreak_fills,
    lantern_and_daybreak_begin,
    the_spring_is_planned,
    three_people_wait,
    guests_book_the_december_taster,
    an_offer_ends_tonight,
)
