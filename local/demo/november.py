"""What happens in November 2026, while the spring recruits: what the desk of today is made of."""

from __future__ import annotations

from local import ses_events
from local.demo import autumn, groups, leaders_pay, paying, people
from local.demo.joining import apply, offer, talk_and_decide
from local.demo.people import ADA, Somebody, sample
from local.demo.stage import Stage

LANTERN = groups.LANTERN.slug
LATE = sample(43, "Psychotherapist")
LEAVES, PARKED = sample(47, "Nurse"), sample(48, "General practitioner")
INVITED, PROMISED = sample(49, "Chaplain"), sample(50, "Doctor in training")


def two_people_wait_and_one_lets_an_offer_go_by(stage: Stage) -> None:
    """Two people are put on the waiting list of the spring; a third gets an offer."""
    stage.at(2026, 11, 4)
    for number in (41, 42):
        waiting = apply(stage, LANTERN, sample(number, "Psychotherapist"))
        talk_and_decide(stage, waiting, "waitlist")
    late = apply(stage, LANTERN, LATE)
    talk_and_decide(stage, late)
    offer(stage, late, stands=3)


def featherstone_kite_pays_for_the_spring(stage: Stage) -> None:
    """Ludo Featherstone-Kite pays for the spring as well."""
    stage.at(2026, 11, 5, 9)
    application_id = apply(stage, LANTERN, people.FEATHERSTONE, source="other")
    talk_and_decide(stage, application_id)
    offer(stage, application_id)
    paying.accept_and_pay(stage, people.FEATHERSTONE)


def guests_book_the_december_taster(stage: Stage) -> None:
    """Three guests take a place on 10 December; one of them reads it in Brisbane."""
    guests = (sample(44, "Nurse"), sample(45, "Chaplain"), people.WANDERER)
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


def an_offer_has_run_out(stage: Stage) -> None:
    """The offer of 4 November has run out; whoever had it joins the waiting list instead."""
    stage.at(2026, 11, 12, 8)
    path = stage.link(LATE.email, "/offers/")
    stage.fill(stage.browser(), path, {}, "/waitlist")


def featherstone_kite_changes_his_mind(stage: Stage) -> None:
    """Featherstone-Kite gives the spring back within the 14 days, and is refunded."""
    stage.at(2026, 11, 12, 11)
    if stage.product.stripe:
        term = stage.places["lantern-spring"]
        paying.refund(stage, term, people.FEATHERSTONE, "Cancelled within the 14 days")


def an_offer_ends_tonight(stage: Stage) -> None:
    """Juniper Saucepan gets an offer for the spring that ends tonight."""
    stage.at(2026, 11, 14, 9)
    offered = apply(stage, LANTERN, people.SAUCEPAN, source="taster")
    talk_and_decide(stage, offered)
    offer(stage, offered)


def one_withdraws_and_one_is_not_now(stage: Stage) -> None:
    """Somebody withdraws an application; somebody else is told: not now."""
    stage.at(2026, 11, 16, 9)
    apply(stage, LANTERN, LEAVES)
    parked = apply(stage, LANTERN, PARKED)
    stage.at(2026, 11, 17, 15)
    browser, page = stage.browser(), stage.link(LEAVES.email, "/applications/")
    stage.open(browser, page)
    stage.fill(browser, page, {"do": "withdraw"}, by_heart=True)
    talk_and_decide(stage, parked, "not_now")


def the_refund_comes_back(stage: Stage) -> None:
    """Featherstone-Kite's card is closed by now: the bank sends the refund back."""
    stage.at(2026, 11, 20, 9)
    if stage.product.stripe:
        paying.bank_sends_back(stage, stage.product.stripe.objects("refund")[-1]["id"])


def the_desk_of_today(stage: Stage) -> None:
    """One is invited to a talk, one is promised a place, and Bettina Starch has just applied."""
    stage.at(2026, 11, 20, 11)
    invited = apply(stage, LANTERN, INVITED, source="flyer")
    path = f"/admin/applications/{invited}"
    stage.fill(stage.signed_in(ADA), path, {"do": "invite"})
    promised = apply(stage, LANTERN, PROMISED)
    talk_and_decide(stage, promised)
    stage.at(2026, 11, 20, 21)
    apply(stage, LANTERN, people.STARCH, source="flyer")


def an_invitation_comes_back(stage: Stage) -> None:
    """The mailbox of who was invited to a talk is closed: the mail comes back."""
    stage.at(2026, 11, 20, 22)
    mail = stage.mailbox.last(INVITED.email)
    stage.product.hear_mail(ses_events.bounced(mail.at_ses, stage.clock.now()))


STORIES = (
    two_people_wait_and_one_lets_an_offer_go_by,
    featherstone_kite_pays_for_the_spring,
    guests_book_the_december_taster,
    autumn.clockhouse_disputes,
    an_offer_has_run_out,
    featherstone_kite_changes_his_mind,
    an_offer_ends_tonight,
    one_withdraws_and_one_is_not_now,
    autumn.an_employer_pays_late,
    autumn.registers_of_november,
    leaders_pay.a_run_waits_for_its_second_person,
    the_refund_comes_back,
    the_desk_of_today,
    an_invitation_comes_back,
)
