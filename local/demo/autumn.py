"""The autumn as it is lived: registers are closed, somebody leaves, a bank takes money back, an
employer pays by transfer, Stripe sends money to the bank.

What does not live here: how places are taken (stories.py), the desk of today (november.py).
"""

from __future__ import annotations

import re

from local.demo import paying, people
from local.demo.people import ADA, Somebody
from local.demo.stage import Stage, StoryStuck

OPEN = "Register of session"
LEADERS = (people.QUILL, people.PUDDLEFOOT, people.INKWELL, people.THIMBLE)


def run_term(stage: Stage, term: str) -> None:
    """A term that has its members goes ahead."""
    ada = stage.signed_in(ADA)
    stage.open(ada, stage.places[term])
    stage.press(ada, {"do": "run"}, "/state")


def money_reaches_the_bank(stage: Stage) -> None:
    """Stripe sends what has come in to the circle's bank."""
    stage.at(2026, 9, 10, 7)
    paying.press_at_control(stage, {"act": "pay-out"})


def registers_until_october(stage: Stage) -> None:
    """The leaders close the registers of September and October, on their phones."""
    stage.at(2026, 10, 23, 9)
    for leader in LEADERS:
        close_registers(stage, leader)


def rainbarrel_leaves(stage: Stage) -> None:
    """Tansy Rainbarrel leaves the Lantern Group after its third session; by the policy nothing
    comes back, and what she paid goes on to be earned."""
    stage.at(2026, 10, 26, 11)
    ada = stage.signed_in(ADA, fresh=True)
    stage.open(ada, f"{stage.places['lantern-autumn']}/roster")
    links = re.findall(r'href="([^"]*/leaving)"[^>]*>[^<]*(?:<[^>]*>[^<]*)*?', ada.answer.text)
    found = [path for path in links if _is_about(stage, path, people.RAINBARREL)]
    if not found:
        raise StoryStuck("Tansy Rainbarrel is not on the roster")
    stage.fill(ada, found[0], {"way": "policy"}, "/leave")


def _is_about(stage: Stage, path: str, who: Somebody) -> bool:
    ada = stage.signed_in(ADA)
    stage.open(ada, path)
    return who.name in ada.text


def clockhouse_disputes(stage: Stage) -> None:
    """Maribel Clockhouse does not know the line on her statement, and asks her bank for it."""
    stage.at(2026, 11, 12, 7)
    stripe = stage.product.stripe
    if stripe is None:
        return
    hers = [
        intent["id"]
        for intent in stripe.objects("payment_intent")
        if intent["status"] == "succeeded" and _paid_by(stage, intent, people.CLOCKHOUSE)
    ]
    paying.press_at_control(stage, {"act": "dispute", "id": hers[0]})


def _paid_by(stage: Stage, intent: dict[str, object], who: Somebody) -> bool:
    stripe = stage.product.stripe
    sessions = stripe.objects("checkout.session") if stripe else []
    return any(
        one["payment_intent"] == intent["id"] and one["customer_email"] == who.email
        for one in sessions
    )


def an_employer_pays_late(stage: Stage) -> None:
    """Saffron Umbrella's employer pays by transfer what she has paid by card long ago: it waits
    on the list of money that is not matched."""
    stage.at(2026, 11, 18, 10)
    ada = stage.signed_in(ADA, fresh=True)
    values = {
        "amount_minor": "216.00",
        "method": "bank",
        "date": stage.day(2026, 11, 17),
        "payer": "Leeds Imaginary NHS Trust",
        "reference": "S UMBRELLA BALINT AUTUMN",
    }
    stage.fill(ada, "/admin/suspense", values, "/admin/suspense")


def registers_of_november(stage: Stage) -> None:
    """The registers of November, but for the last evening of the Lantern Group."""
    stage.at(2026, 11, 19, 9)
    for leader in LEADERS:
        close_registers(stage, leader)


def close_registers(stage: Stage, leader: Somebody) -> None:
    """Sign in, and close what is open, one register after the other: everybody was there."""
    browser = stage.signed_in(leader.email)
    stage.open(browser, "/leader")
    terms = re.findall(r'href="(/leader/groups/[^"/]+/terms/[^"/]+)"', browser.answer.text)
    for term in dict.fromkeys(terms):
        stage.open(browser, term)
        while OPEN in browser.text:
            stage.open(browser, stage.address(browser, OPEN))
            stage.press(browser, {}, "/sessions/")
            stage.open(browser, term)
