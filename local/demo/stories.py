"""The stories of the demo, in the order of their days, until the autumn runs; then november.py.

A story is a function of the stage; what it does, people do at the real routes. Add a story to
`STORIES` after those it builds on; `stage.at` refuses to go back in time.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.flows.people import set_up
from local.demo import autumn, groups, leaders_pay, november, paying, people
from local.demo.groups import enter_group, plan_term
from local.demo.joining import apply, joins, offer, talk_and_decide
from local.demo.people import ADA
from local.demo.stage import Stage

Story = Callable[[Stage], None]
LANTERN, HARBOUR = groups.LANTERN.slug, groups.HARBOUR.slug
NORTHMOOR, DAYBREAK = groups.NORTHMOOR.slug, groups.DAYBREAK.slug


def the_circle_is_founded(stage: Stage) -> None:
    """Ada Ledger sets the Marmalade Circle up and signs in with the mailed link."""
    stage.at(2026, 7, 1)
    browser = stage.browser()
    link = set_up.set_up_link(stage.product.wired).removeprefix(stage.product.base_url)
    stage.fill(browser, link, people.CIRCLE)
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
    """Seven people join the Thursday Lantern Group; one pays twice, one card is declined."""
    members = (
        *(people.BUTTONWOOD, people.UMBRELLA, people.FEATHERSTONE, people.CLOCKHOUSE),
        *(people.WHEELBARROW, people.RAINBARREL, people.DOORBELL),
    )
    ways = {
        people.BUTTONWOOD: paying.pay_in_two_tabs,
        people.DOORBELL: paying.pay_after_a_decline,
    }
    applied = []
    for number, who in enumerate(members):
        stage.at(2026, 7, 20 + number, 12)
        applied.append((apply(stage, LANTERN, who), who))
    stage.at(2026, 8, 3)
    for application_id, who in applied:
        talk_and_decide(stage, application_id)
        offer(stage, application_id)
        ways.get(who, paying.accept_and_pay)(stage, who)


def an_applicant_is_erased(stage: Stage) -> None:
    """Somebody withdraws her application and asks that what we hold of her be erased: the desk
    decides it, and the night does it."""
    stage.at(2026, 8, 12)
    apply(stage, LANTERN, people.WATERCRESS)
    browser, page = stage.browser(), stage.link(people.WATERCRESS.email, "/applications/")
    stage.fill(browser, page, {"do": "withdraw"}, by_heart=True)
    stage.at(2026, 8, 17)
    ada = stage.signed_in(ADA, fresh=True)
    found = stage.fill(ada, "/admin/erasing", {"email": people.WATERCRESS.email}, "/admin/erasing")
    stage.fill(ada, found, {"typed": people.WATERCRESS.name}, "/erase")
    for day in (18, 19):  # the second night forgets the last mail
        stage.at(2026, 8, day, 3)
        stage.product.night()


def harbour_street_and_northmoor_fill(stage: Stage) -> None:
    """Nine people pay for a year at Harbour Street; Northmoor's eleven trainees pay nothing."""
    stage.at(2026, 8, 24)
    for number in range(1, 10):
        kind = "General practitioner" if number % 3 else "Nurse"
        joins(stage, HARBOUR, "harbour-year", people.sample(number, kind), talk=False)
    for number in range(11, 22):
        joins(
            stage,
            NORTHMOOR,
            "northmoor-term",
            people.sample(number, "Doctor in training"),
            talk=False,
        )


def harbour_street_and_northmoor_begin(stage: Stage) -> None:
    """Both terms run from the evening of their first session."""
    stage.at(2026, 9, 2, 22)
    autumn.run_term(stage, "northmoor-term")
    stage.at(2026, 9, 9, 22)
    autumn.run_term(stage, "harbour-year")


def daybreak_fills(stage: Stage) -> None:
    """Seven consultants join the Daybreak group; the employer of the last one pays."""
    stage.at(2026, 9, 14)
    for number in range(31, 38):
        pays = paying.employer_pays if number == 37 else None
        who = people.sample(number, "Coach or consultant")
        joins(stage, DAYBREAK, "daybreak-autumn", who, pays=pays)


def lantern_and_daybreak_begin(stage: Stage) -> None:
    """Their terms run as well."""
    stage.at(2026, 9, 24, 22)
    autumn.run_term(stage, "lantern-autumn")
    stage.at(2026, 10, 13, 12)
    autumn.run_term(stage, "daybreak-autumn")


def the_spring_is_planned(stage: Stage) -> None:
    """The next terms of the Lantern and Daybreak groups open for applications."""
    stage.at(2026, 11, 2)
    plan_term(stage, "lantern", groups.LANTERN_SPRING)
    plan_term(stage, "daybreak", groups.DAYBREAK_WINTER)


STORIES: tuple[Story, ...] = (
    the_circle_is_founded,
    the_autumn_is_planned,
    the_lantern_group_fills,
    an_applicant_is_erased,
    harbour_street_and_northmoor_fill,
    harbour_street_and_northmoor_begin,
    autumn.money_reaches_the_bank,
    daybreak_fills,
    lantern_and_daybreak_begin,
    autumn.registers_until_october,
    autumn.rainbarrel_leaves,
    leaders_pay.leaders_say_where_their_pay_goes,
    the_spring_is_planned,
    leaders_pay.october_is_paid,
    *november.STORIES,
)
