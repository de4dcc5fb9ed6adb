"""Leaders are paid: October from the bank; a run of November waits for its second person.

What does not live here: the registers that earn it (autumn.py).
"""

from __future__ import annotations

from local.demo import people
from local.demo.people import ADA, Somebody
from local.demo.stage import Stage

TILDA = "tilda.till@marmalade-circle.example"
BRITISH = (people.INKWELL, people.TEACUP, people.PUDDLEFOOT, people.LIGHTHOUSE)
LOOK = "Look at it"  # the link to the run that waits
DETAILS = "/leader/pay/details"


def leaders_say_where_their_pay_goes(stage: Stage) -> None:
    """Four leaders enter their bank details, and the circle has a treasurer."""
    stage.at(2026, 10, 27, 9)
    for number, who in enumerate(BRITISH):
        account = {"sort_code": "00-00-00", "account_number": f"0000000{number + 1}"}
        enters_details(stage, who, {"country": "GB", **account})
    a_treasurer_comes(stage)


def october_is_paid(stage: Stage) -> None:
    """The clock has prepared what October earned, or Tilda does where the clock is the real one
    and no month begins; Ada approves it and pays it from the bank."""
    stage.at(2026, 11, 3, 9)
    run = run_that_waits(stage)
    approve(stage, run)
    stage.work()
    say_paid(stage, run, stage.day(2026, 11, 3), "LEADERS OCTOBER")


def a_run_waits_for_its_second_person(stage: Stage) -> None:
    """Odalys Thimble, in Hobart, sends her details late; Tilda prepares a run for her, and Ada
    has not looked at it yet."""
    stage.at(2026, 11, 20, 8)
    details = {"country": "AU", "iban": "000 000 123456", "bic": "CTBAAU2S"}
    enters_details(stage, people.THIMBLE, details)
    tilda = stage.signed_in(TILDA)
    stage.fill(tilda, "/admin/payouts", {}, "/admin/payouts")


def a_treasurer_comes(stage: Stage) -> None:
    """Ada asks Tilda to keep the books."""
    ada = stage.signed_in(ADA, fresh=True)
    treasurer = {"full_name": "Tilda Till", "email": TILDA, "role": "treasurer"}
    why = {"reason": "She keeps the books from now on."}
    stage.fill(ada, "/admin/settings/people", {**treasurer, **why}, "/admin/settings/people")


def enters_details(stage: Stage, who: Somebody, details: dict[str, str]) -> None:
    """A leader says which account the own fees are sent to."""
    browser = stage.signed_in(who.email, fresh=True)
    stage.fill(browser, DETAILS, {"account_name": who.name, **details}, DETAILS)


def run_that_waits(stage: Stage) -> str:
    """The run that waits for its second person, prepared by Tilda where there is none; its
    page."""
    tilda = stage.signed_in(TILDA)
    stage.open(tilda, "/admin/payouts")
    if LOOK not in tilda.text:
        stage.press(tilda, {}, "/admin/payouts")
        stage.open(tilda, "/admin/payouts")
    return stage.address(tilda, LOOK)


def approve(stage: Stage, run: str) -> None:
    """Ada, who did not prepare it, agrees to a run."""
    stage.fill(stage.signed_in(ADA, fresh=True), run, {}, "/approve")


def say_paid(stage: Stage, run: str, day: str, reference: str) -> None:
    """Ada has paid everybody on a run's bank list."""
    paid = {"paid_on": day, "reference": reference}
    stage.fill(stage.signed_in(ADA, fresh=True), f"{run}/bank-list", paid, "/paid")
