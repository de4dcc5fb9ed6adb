"""Somebody else pays (N12): named, asked, replaced; each mail goes to whom it is for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import (
    InvalidForm,
    NothingOwed,
    OfferNotOpen,
    PayerChanged,
    StateChanged,
    TooManyTries,
)
from chalicelib.flows.joining import agreeing, offers
from chalicelib.flows.money import checkout, payers, payments
from chalicelib.flows.returning import giving_back, leaving
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.links import personal_link
from chalicelib.rules.mail import Mail
from chalicelib.rules.money import wishes
from chalicelib.rules.money.payers import Named
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.returning.leaving import Wish
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.flows.cancelling_steps import Group
from tests.mail_samples import sample
from tests.money_by_hand import came, confirmed, proposed
from tests.payers import (
    ACCOUNTS,
    MEMBER,
    REFERENCE,
    TRUST,
    begin_as_payer,
    member_of,
    named_payer,
    pay_as_payer,
)
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World

PIP = "pip.buttonwood@example.org"


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return a_recruiting_term(world)


@pytest.fixture
def offered(shop: Shop, whole: WholeTerm) -> Offered:
    return shop.offer(whole)


def told(shop: Shop, address: str) -> list[str]:
    """The kinds of mails that somebody got or will get, by name."""
    every = [one for one in shop.mails() if one.to == address and one.state != "dropped"]
    return sorted(one.template for one in every)


def of(shop: Shop, template: str) -> Mail:
    (found,) = shop.mails(template)
    return found


def test_the_employer_pays_and_the_member_sits(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    shop.work()
    named_payer(shop, offered)
    shop.work()
    offer = shop.offer_row(offered)
    assert offer.agreed_at == shop.world.now, "she accepted before she handed over"
    pay_as_payer(shop, offered)
    payment = shop.payment(offered)
    assert (payment.email, payment.full_name) == (ACCOUNTS, TRUST)
    assert payment.on_behalf is not None
    assert (payment.on_behalf.member_email, payment.on_behalf.reference) == (PIP, REFERENCE)
    (member,) = shop.roster(whole)
    assert (member.state, member.email, member.agreed_at) == ("active", PIP, offer.agreed_at)
    shop.settle_down()
    assert told(shop, ACCOUNTS) == ["payer_asked", "receipt"]
    assert told(shop, PIP) == ["enrolment_confirmation", "offer"]
    receipt = shop.world.postbox.last(ACCOUNTS, "Receipt").text
    for words in (f"Paid by: {TRUST}, {ACCOUNTS}", "Attends: Pip Buttonwood", REFERENCE):
        assert words in receipt
    assert "/applications/" not in receipt
    assert f"Paid by: {TRUST}" in shop.world.postbox.last(PIP, "is certain").text


def test_the_samples_of_these_mails_have_the_facts_of_the_real_ones(
    shop: Shop, world: World
) -> None:
    a_circle(world, bank_debit=True)
    offered = shop.offer(a_recruiting_term(world))
    shop.work()
    named_payer(shop, offered)
    session_id = begin_as_payer(shop, offered)
    shop.fake.pay_delayed(session_id)
    shop.work()
    shop.fake.settle_delayed(session_id, ok=False)
    shop.work()
    pay_as_payer(shop, offered)
    wish = giving_back.Wish(reason="agreed by phone", amount_minor=1000)
    giving_back.request(shop.world.outside, ADMIN, shop.offer_row(offered).obligation_id, wish)
    shop.settle_down()
    for name in (
        *("payer_asked", "receipt.on_behalf", "payment_on_its_way.on_behalf"),
        *("payment_failed.on_behalf", "payer_failed", "refund_started.on_behalf"),
        *("payer_refunded", "enrolment_confirmation.on_behalf"),
    ):
        facts, links = sample(name)
        queued = of(shop, name.split(".")[0])
        assert (set(queued.facts), set(queued.links)) == (set(facts), set(links)), name
    assert told(shop, PIP) == [
        *("enrolment_confirmation", "offer", "payer_failed", "payer_refunded"),
    ]


def test_a_payer_may_pay_before_the_member_has_agreed_and_she_agrees_later(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    named_payer(shop, offered)
    commit(Change.of(Update(shop.offer_row(offered), {"agreed_at": None})))
    pay_as_payer(shop, offered)
    (member,) = shop.roster(whole)
    assert member.state == "awaiting_agreement"
    shop.settle_down()
    assert "Accept the ground rules" in shop.world.postbox.last(PIP, "is certain").text
    ids = offered.application_id, offered.offer_id
    agreeing.agree(shop.world.outside, MEMBER, *ids)
    (member,) = shop.roster(whole)
    assert (member.state, member.agreed_at) == ("active", shop.world.now)
    with pytest.raises(StateChanged):
        agreeing.agree(shop.world.outside, MEMBER, *ids)


def test_another_payer_ends_the_link_and_the_session_of_the_first(
    shop: Shop, offered: Offered
) -> None:
    named_payer(shop, offered)
    first = begin_as_payer(shop, offered)
    old = _wish(shop, offered)
    for session in checkout.close_sessions(shop.world.outside, shop.offer_row(offered)):
        payments.settle(shop.world.outside, session)
    named_payer(shop, offered, "Dr Rosalind Pear", "rosalind.pear@example.org")
    assert shop.fake.objects("checkout.session")[0]["id"] == first
    assert shop.fake.objects("checkout.session")[0]["status"] == "expired"
    with pytest.raises(PayerChanged):
        checkout.pay_as_payer(shop.world.outside, Caller(actor="payer"), old)
    assert payers.show(shop.world.outside, old.token)["standing"] == "not_asked"
    pay_as_payer(shop, offered)
    assert shop.debt(offered).obligation.state == "paid"
    paid = [one for one in shop.debt(offered).payments if one.state == "paid"]
    assert [one.email for one in paid] == ["rosalind.pear@example.org"]


def _wish(shop: Shop, offered: Offered) -> wishes.DebtWish:
    owed = shop.debt(offered).obligation
    keys = shop.world.outside.places.link_keys
    token = personal_link(keys, "payer", owed.obligation_id, owed.payer_links)
    return wishes.DebtWish(
        obligation_id=owed.obligation_id,
        token=token,
        all_of_it=False,
        payer_link=owed.payer_links,
    )


def test_a_mail_to_a_payer_who_was_replaced_does_not_leave(shop: Shop, offered: Offered) -> None:
    named_payer(shop, offered)
    named_payer(shop, offered, "Dr Rosalind Pear", "rosalind.pear@example.org")
    shop.settle_down()
    assert told(shop, ACCOUNTS) == []
    assert told(shop, "rosalind.pear@example.org") == ["payer_asked"]


def test_a_stale_tab_of_the_member_does_not_pay_while_somebody_else_is_asked(
    shop: Shop, offered: Offered
) -> None:
    named_payer(shop, offered)
    with pytest.raises(PayerChanged):
        shop.press_pay(offered)
    payers.pay_herself(shop.world.outside, MEMBER, member_of(offered))
    shop.pay(offered)
    shop.settle_down()
    assert shop.payment(offered).email == PIP
    assert told(shop, PIP) == ["enrolment_confirmation", "receipt"]


def test_who_presses_pay_meets_no_session_of_the_other(shop: Shop, offered: Offered) -> None:
    hers = shop.begin(offered)
    shop.world.clock.move(minutes=1)
    named_payer(shop, offered)
    theirs = begin_as_payer(shop, offered)
    assert hers != theirs
    assert begin_as_payer(shop, offered) == theirs
    states = {one.checkout_id: one.state for one in shop.debt(offered).payments}
    assert states == {hers: "expired", theirs: "pending"}


def test_money_on_a_session_that_was_given_up_counts_and_the_second_goes_back(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    """She pays in a tab that was open when she handed over, and then the payer pays as well."""
    hers = shop.begin(offered)
    named_payer(shop, offered)
    shop.work()
    theirs = begin_as_payer(shop, offered)
    shop.fake.pay(hers)
    shop.fake.pay(theirs)
    shop.settle_down()
    outcomes = {one.email: one.outcome for one in shop.debt(offered).payments}
    assert outcomes == {PIP: "seat", ACCOUNTS: "surplus"}
    assert len(shop.roster(whole)) == 1
    assert told(shop, ACCOUNTS) == ["payer_asked", "receipt", "refund_started"]
    told_her = shop.world.postbox.last(PIP, f"What {TRUST} paid goes back").text
    assert "Your place had been paid already. It stays as it is" in told_her
    assert "£" not in told_her


def test_asking_strangers_has_its_limit(shop: Shop, whole: WholeTerm, offered: Offered) -> None:
    named_payer(shop, offered)
    for _ in range(3):
        payers.ask_again(shop.world.outside, MEMBER, member_of(offered))
    with pytest.raises(TooManyTries):
        payers.ask_again(shop.world.outside, MEMBER, member_of(offered))
    with pytest.raises(TooManyTries):  # the same mailbox, asked by another member
        named_payer(shop, shop.offer(whole, "Saffron Umbrella"))
    shop.settle_down()
    assert told(shop, ACCOUNTS) == ["payer_asked"] * 4


def test_nobody_can_be_asked_for_an_offer_that_is_over_or_free(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    offers.withdraw(shop.world.outside, ADMIN, offered.which, "entered twice")
    with pytest.raises(OfferNotOpen):
        named_payer(shop, offered)
    free = shop.offer(
        a_recruiting_term(shop.world, price_minor=0, slug="free-lantern", title="Free Lantern")
    )
    with pytest.raises(NothingOwed):
        named_payer(shop, free)


def test_the_payers_money_comes_after_the_offer_had_ended_and_the_seat_is_gone(
    shop: Shop, world: World
) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world, capacity=1)
    offered = shop.offer(whole)
    named_payer(shop, offered)
    shop.work()
    session_id = begin_as_payer(shop, offered)
    shop.fake.pay_delayed(session_id)  # nothing of it is heard in time
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    world.clock.at = shop.offer_row(offered).hold_until + timedelta(minutes=1)
    assert offers.expire(world.outside, offered.which)
    shop.offer(whole, "Saffron Umbrella")
    shop.fake.settle_delayed(session_id, ok=True)
    shop.settle_down()
    late = shop.world.postbox.last(PIP, "came too late").text
    assert f"The payment of {TRUST}" in late
    assert "£" not in late
    assert "top of the waiting list" in late
    assert told(shop, ACCOUNTS) == ["payer_asked", "receipt", "refund_started"]
    assert "payer_refunded" not in told(shop, PIP)


def test_who_leaves_hears_no_amount_of_her_payer(shop: Shop, offered: Offered) -> None:
    named_payer(shop, offered)
    pay_as_payer(shop, offered)
    obligation_id = shop.offer_row(offered).obligation_id
    shown = leaving.show(shop.world.outside, obligation_id, None)
    assert shown is not None
    wish = Wish(way="policy", told_on=shown.told_on)
    leaving.leave(shop.world.outside, ADMIN, obligation_id, wish, shown.promise)
    shop.settle_down()
    left = shop.world.postbox.last(PIP, "You have left").text
    assert f"What {TRUST} has paid for your place and goes back, goes back there" in left
    assert "£" not in left
    assert "refund_started" in told(shop, ACCOUNTS)
    assert "£216.00" in shop.world.postbox.last(ACCOUNTS, "refund").text


def test_a_cancelled_session_goes_back_to_who_paid(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    named_payer(shop, offered)
    pay_as_payer(shop, offered)
    Group(shop, whole, [offered]).cancel(1)
    shop.settle_down()
    hers = shop.world.postbox.last(PIP, "cancelled").text
    assert f"Goes back: To {TRUST}" in hers
    assert "£" not in hers
    assert "£36.00" in shop.world.postbox.last(ACCOUNTS, "refund").text
    assert "payer_refunded" not in told(shop, PIP)


def test_a_credit_for_a_cancelled_session_is_only_of_what_the_member_paid(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    named_payer(shop, offered)
    pay_as_payer(shop, offered)
    hers = shop.offer(whole, "Saffron Umbrella")
    shop.pay(hers)
    shop.settle_down()
    Group(shop, whole, [offered, hers]).cancel(1, "credit")
    shop.settle_down()
    (refund,) = shop.refunds(offered)
    assert (refund.amount_minor, refund.email) == (3600, ACCOUNTS)
    assert shop.refunds(hers) == []
    kept = [one for one in reads.everything(tables.Payments) if isinstance(one, Credit)]
    assert [(one.obligation_id_from, one.left_minor) for one in kept] == [
        (shop.debt(hers).obligation.obligation_id, 3600)
    ]
    assert f"Goes back: To {TRUST}" in shop.world.postbox.last(PIP, "cancelled").text
    assert "£36.00" in shop.world.postbox.last(ACCOUNTS, "refund").text
    saffron = shop.world.postbox.last("saffron.umbrella@example.org", "cancelled").text
    assert "Kept for you as a credit: £36.00" in saffron


def test_a_transfer_for_a_debt_with_a_payer_is_the_payers(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    named_payer(shop, offered)
    receipt_id = came(shop.world)
    proposed(shop.world, receipt_id, shop.offer_row(offered).obligation_id)
    confirmed(shop.world, receipt_id)
    payment = shop.payment(offered)
    assert (payment.method, payment.email, payment.on_behalf is not None) == (
        *("bank", ACCOUNTS),
        True,
    )
    (member,) = shop.roster(whole)
    assert (member.state, member.email) == ("active", PIP)
    shop.settle_down()
    assert "Attends: Pip Buttonwood" in shop.world.postbox.last(ACCOUNTS, "Receipt").text


def test_later_parts_are_asked_of_the_payer_and_whoever_pays_gets_the_receipt(
    shop: Shop, world: World
) -> None:
    a_circle(world, instalments=True)
    offered = shop.offer(a_recruiting_term(world, instalments=3))
    named_payer(shop, offered)
    pay_as_payer(shop, offered)
    assert shop.payment(offered).amount_minor == 7200
    world.clock.move(days=27)
    shop.work()
    due = world.postbox.last(ACCOUNTS, "please pay by").text
    assert "for the place of Pip Buttonwood" in due
    assert "/payer/" in due
    assert "/pay/" not in due
    assert "instalment_due" not in told(shop, PIP)
    pay_as_payer(shop, offered)
    owed = shop.debt(offered).obligation
    keys = world.outside.places.link_keys
    hers = wishes.DebtWish(
        obligation_id=owed.obligation_id,
        token=personal_link(keys, "debt", owed.obligation_id, 1),
        all_of_it=True,
    )
    shop.fake.pay(shop.session_of(checkout.pay_debt(world.outside, MEMBER, hers)))
    shop.settle_down()
    by = [(one.email, one.amount_minor) for one in shop.debt(offered).payments]
    assert sorted(by) == [(ACCOUNTS, 7200), (ACCOUNTS, 7200), (PIP, 7200)]
    assert told(shop, ACCOUNTS).count("receipt") == 2
    assert told(shop, PIP).count("receipt") == 1


def test_a_place_that_is_paid_later_is_taken_by_the_member_and_asked_of_the_payer(
    shop: Shop, world: World
) -> None:
    offered = shop.offer(a_recruiting_term(world, payment_due="after_first_session"))
    named_payer(shop, offered)
    with pytest.raises(NothingOwed):
        begin_as_payer(shop, offered)
    shop.press_pay(offered)
    assert shop.offer_row(offered).state == "taken"
    pay_as_payer(shop, offered)
    assert shop.debt(offered).obligation.state == "paid"
    shop.settle_down()
    assert f"We write to {TRUST} before that day" in world.postbox.last(PIP, "certain").text
    assert "receipt" in told(shop, ACCOUNTS)


# Named by the desk


ADA = Caller(actor="person-admin")
WHO = Named(full_name=TRUST, email=ACCOUNTS, reference=REFERENCE)


def proven(shop: Shop, offered: Offered) -> str:
    """The member has opened a link from our mails; the id of her debt."""
    application, _ = offers.load(offered.which)
    commit(Change.of(Update(application, {"person_id": "person-pip"})))
    return shop.offer_row(offered).obligation_id


def test_the_desk_names_a_payer_and_the_member_is_told_and_still_has_to_agree(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    debt_id, outside = proven(shop, offered), shop.world.outside
    payers.name_for_member(outside, ADA, debt_id, WHO)
    shop.settle_down()
    assert told(shop, ACCOUNTS) == ["payer_asked"]
    assert "payer_named" in told(shop, PIP)
    letter = shop.world.postbox.last(PIP, "is asked to pay for your place").text
    assert f"we have written to {TRUST}, {ACCOUNTS}" in letter
    assert "please accept the ground rules yourself" in letter
    (queued,) = shop.mails("payer_named")
    for name in ("payer_named", "payer_named.taken"):
        facts, links = sample(name)
        assert (set(queued.facts), set(queued.links)) == (set(facts), set(links))
    assert shop.offer_row(offered).agreed_at is None, "the desk accepts nothing for her"
    pay_as_payer(shop, offered)
    (member,) = shop.roster(whole)
    assert (member.state, member.person_id) == ("awaiting_agreement", "person-pip")
    with pytest.raises(NothingOwed):
        payers.name_for_member(outside, ADA, debt_id, WHO)


def test_the_desk_waits_until_the_members_address_is_proven(shop: Shop, offered: Offered) -> None:
    """With the payer's link only the payer's would be."""
    debt_id = shop.offer_row(offered).obligation_id
    with pytest.raises(InvalidForm) as refused:
        payers.name_for_member(shop.world.outside, ADA, debt_id, WHO)
    assert refused.value.errors == {"payer_email": "unproven"}
    assert told(shop, ACCOUNTS) == []


def test_another_payer_of_the_desk_ends_the_link_of_the_members(
    shop: Shop, offered: Offered
) -> None:
    named_payer(shop, offered, "Rosalind Pear", "rosalind.pear@example.org")
    agreed_at = shop.offer_row(offered).agreed_at
    debt_id = shop.offer_row(offered).obligation_id
    payers.name_for_member(shop.world.outside, ADA, debt_id, WHO)
    owed = shop.debt(offered).obligation
    assert (owed.payer_name, owed.payer_links) == (TRUST, 2)
    assert shop.offer_row(offered).agreed_at == agreed_at is not None
    payers.pay_herself(shop.world.outside, MEMBER, member_of(offered))
    assert shop.debt(offered).obligation.payer is None


# An offer made anew (A8)


def anew(shop: Shop, offered: Offered) -> Offered:
    """The desk makes the offer anew."""
    offer_id = shop.world.outside.ids.new("offer")
    shop.world.clock.move(minutes=1)
    wanted = offers.Wanted(offer_id=offer_id, days=7)
    offers.offer_anew(shop.world.outside, ADMIN, offered.which, wanted)
    keys = shop.world.outside.places.link_keys
    token = personal_link(keys, "offer", f"{offered.application_id}_{offer_id}", 1)
    return Offered(offered.application_id, offer_id, token)


def test_an_offer_made_anew_asks_nobody_and_says_so(shop: Shop, offered: Offered) -> None:
    named_payer(shop, offered)
    again = anew(shop, offered)
    assert shop.debt(again).obligation.payer is None
    (letter,) = [one for one in shop.mails("offer") if one.facts["replaces"]]
    assert letter.facts["asked_before"] == TRUST
    assert told(shop, ACCOUNTS).count("payer_asked") <= 1, "nobody is asked for the new price"
    with pytest.raises((OfferNotOpen, NothingOwed)):
        begin_as_payer(shop, offered)
    before = payers.asked_before(shop.world.outside, member_of(again))
    assert before == {
        "payer_name": TRUST,
        "payer_email": ACCOUNTS,
        "payer_reference": REFERENCE,
    }
    named_payer(shop, again)
    pay_as_payer(shop, again)
    assert shop.payment(again).email == ACCOUNTS
    assert payers.asked_before(shop.world.outside, member_of(again)) is None, "it is taken"
    assert payers.asked_before(shop.world.outside, member_of(offered)) is None


def test_an_offer_made_anew_for_who_pays_herself_says_nothing_of_others(
    shop: Shop, offered: Offered
) -> None:
    named_payer(shop, offered)
    payers.pay_herself(shop.world.outside, MEMBER, member_of(offered))
    again = anew(shop, offered)
    (letter,) = [one for one in shop.mails("offer") if one.facts["replaces"]]
    assert letter.facts["asked_before"] == ""
    assert payers.asked_before(shop.world.outside, member_of(again)) is None
