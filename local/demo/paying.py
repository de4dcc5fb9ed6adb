"""How somebody pays, in the demo: on the hosted page of the Stripe stand-in, as a browser does.

At the real Stripe only a person can pay, so there every offer is left to its fate.
"""

from __future__ import annotations

import requests

from local.demo.people import ADA, COACHING, Somebody
from local.demo.stage import Stage, StoryStuck

PAYS = "Accept and pay"  # the heading of an offer that costs something
TICKS = {"agree": "yes", "policy": "yes"}
GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
PAID, DECLINED = 303, 402


def accept_and_pay(
    stage: Stage, who: Somebody, cards: tuple[str, ...] = (GOOD_CARD,), by_heart: bool = False
) -> None:
    """Use the mailed offer: both ticks, and when there is something to pay one card after the
    other until one is taken."""
    browser, path = stage.browser(), stage.link(who.email, "/offers/")
    if stage.product.stripe is None:
        stage.open(browser, path)
        if PAYS in browser.text:
            return
    location = stage.fill(browser, path, TICKS, path, by_heart)
    if not location.startswith("/"):
        _pay(stage, location, cards)
    stage.product.hear()
    stage.product.mail()


def pay_after_a_decline(stage: Stage, who: Somebody) -> None:
    """The first card is declined, the second is taken."""
    accept_and_pay(stage, who, (DECLINED_CARD, GOOD_CARD))


def pay_in_two_tabs(stage: Stage, who: Somebody) -> None:
    """Stripe's page stands open in one tab until it is nearly over; the offer is paid in another
    tab, and then, to be safe, in the first one as well. What was paid twice goes back."""
    if stage.product.stripe is None:
        return
    browser, path = stage.browser(), stage.link(who.email, "/offers/")
    first_tab = stage.fill(browser, path, TICKS, path)
    stage.later(minutes=58, seconds=15)
    second_tab = stage.fill(browser, path, TICKS, path)
    if first_tab == second_tab:
        raise StoryStuck("both tabs lead to one page of Stripe")
    for tab in (second_tab, first_tab):
        _pay(stage, tab, (GOOD_CARD,), minutes=0.4)
    stage.product.work()


def employer_pays(stage: Stage, who: Somebody) -> None:
    """The employer is named on the offer page and pays with the link it is mailed (N12)."""
    path = stage.link(who.email, "/offers/") + "/payer"
    told = {
        "payer_name": COACHING.name,
        "payer_email": COACHING.email,
        "payer_reference": "Training 2026-114",
    }
    stage.fill(stage.browser(), path, {**told, **TICKS}, path)
    stage.later(hours=3)
    if stage.product.stripe is None:
        return
    payer = stage.link(COACHING.email, "/payer/")
    _pay(stage, stage.fill(stage.browser(), payer, {}, payer), (GOOD_CARD,))
    stage.product.hear()
    stage.product.mail()


def refund(stage: Stage, term_path: str, who: Somebody, reason: str) -> None:
    """The administrator writes down that somebody leaves a term; what the policy gives goes back,
    and the job sends it."""
    ada = stage.signed_in(ADA, fresh=True)
    stage.open(ada, f"/admin/payments?term={term_path.rsplit('/', 1)[1]}")
    page = stage.address(ada, who.email) + "/leaving"
    stage.fill(ada, page, {"way": "policy", "reason": reason}, "/leave")
    stage.work()


def _pay(stage: Stage, page: str, cards: tuple[str, ...], minutes: float = 3) -> None:
    """Pay on the hosted page; its events reach the app by themselves."""
    for card in cards:
        stage.later(minutes=minutes)
        form = {"method": "card", "number": card, "expiry": "12 / 34", "cvc": "123"}
        status = _press_at_stripe(page, form)
        if status != (PAID if card == GOOD_CARD else DECLINED):
            raise StoryStuck(f"{page} answers {status} to the card {card}")


def bank_sends_back(stage: Stage, refund_id: str) -> None:
    """The button of the control page for a refund to a card that is closed."""
    press_at_control(stage, {"act": "fail-refund", "id": refund_id})


def press_at_control(stage: Stage, form: dict[str, str]) -> None:
    """A button of the stand-in's control page: what a bank, or Stripe itself, does."""
    stripe = stage.product.stripe
    if stripe is None:
        return
    control = f"{stripe.world.base_url}/control"
    status = _press_at_stripe(control, form)
    if status != PAID:
        raise StoryStuck(f"{control} answers {status}")
    stage.product.hear()


def _press_at_stripe(page: str, form: dict[str, str]) -> int:
    with requests.Session() as session:
        session.trust_env = False  # straight to the stand-in, never through a proxy
        return session.post(page, form, timeout=10, allow_redirects=False).status_code
