"""What is kept about somebody goes when it is to go, and what the law keeps stays without a name
(M8, T9, A3, E2). Everything personal in these stories is a word that is found nowhere else."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.flows.joining import forgetting
from chalicelib.flows.leaders import own_log
from chalicelib.flows.people import erasing, erasing_work
from chalicelib.flows.returning import leaving, refunds_by_hand
from chalicelib.handlers import jobs
from chalicelib.rules.changes import Caller, Change, Create, Remove, Update
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.mail import mail
from chalicelib.rules.people.erasure import Erasure
from chalicelib.rules.people.people import Person, email_hash
from chalicelib.rules.returning.leaving import Wish
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders import pay
from chalicelib.store.people import people
from chalicelib.store.rows import KEPT
from chalicelib.store.running import groups
from tests.flows.test_pay_run_deaths import put_back, rows
from tests.money_by_hand import came, confirmed, proposed, proven
from tests.pay_steps import approved, earned, leader, paid, prepared, tick
from tests.payers import named_payer, pay_as_payer
from tests.shop import ADMIN, Offered, Shop
from tests.simulation.fate import Died, Fate
from tests.stories import a_circle, a_recruiting_term
from tests.world import World

NAME = "Zanzibara Qwyrk"
EMAIL = "zanzibara@qwyrk.example"
CANARY = ("qwyrk", "zanzibara", "canary")  # in every text that is hers
ANSWERS = tuple(
    f"canary {name}"
    for name in ("hopes", "source", "access_needs", "profession", "device", "knows_someone")
)


def raw() -> dict[str, str]:
    """Every row of every table as it lies there, by its key; what its own clock ends is gone."""
    import boto3

    client, found = boto3.client("dynamodb", region_name="eu-west-2"), {}
    for name in tables.TABLES:
        if name in ("access", "events"):
            continue
        for page in client.get_paginator("scan").paginate(TableName=f"test-{name}"):
            for item in page["Items"]:
                text = json.dumps(item, ensure_ascii=False, sort_keys=True)
                found[f"{name} {item['row_kind']['S']} {len(found)}"] = text
    return found


def seen(words: tuple[str, ...] = CANARY) -> list[str]:
    """The kinds of rows in which anything of hers is left."""
    kinds = {
        f"{where.split()[1]}: {word}"
        for where, text in raw().items()
        for word in words
        if word in text.casefold()
    }
    return sorted(kinds)


def night(world: World) -> None:
    """The night runs, and mails leave."""
    jobs.nightly({}, None)
    jobs.send_mails({}, None)


def nights(world: World, number: int = 3) -> None:
    for _ in range(number):
        world.clock.move(days=1)
        night(world)


def canaried(world: World, application: Application) -> None:
    """Every answer of the form is hers."""
    words = {one.split()[1]: one for one in ANSWERS}
    values: dict[str, Any] = {**words, "absences": ("canary 2027-01-28",)}
    commit(Change.of(Update(application, values)))


def member(shop: Shop) -> Offered:
    """She was at a taster, has applied, was offered a place, and confirmed her address."""
    whole = a_recruiting_term(shop.world)
    booked(shop.world, whole)
    application = shop.application(whole, NAME, EMAIL)
    canaried(shop.world, application)
    return proven(shop, shop.offer_to(application))


def person_of(email: str = EMAIL) -> Person:
    found = people.by_email(email)
    assert found is not None
    return found


def asked(world: World, name: str = NAME, email: str = EMAIL) -> str:
    """The desk decides it."""
    who = erasing.find(world.outside, email)
    erasing.ask(world.outside, ADMIN, who, name)
    return who


def erasure(name: str) -> Erasure:
    found = reads.get(Erasure, "erasure", name)
    assert found is not None
    return found


def test_somebody_who_applied_and_was_not_taken_leaves_nothing(shop: Shop) -> None:
    world = shop.world
    whole = a_recruiting_term(world)
    application = shop.application(whole, NAME, EMAIL)
    canaried(world, application)
    commit(
        Change.of(Create(Unique(name=application.claim_name, owner_id=application.application_id)))
    )
    name = asked(world)
    assert name == application.application_id
    nights(world)
    assert seen() == []
    assert reads.reread(application) is None
    assert [one.subject for one in world.postbox.to(EMAIL)] == ["What we held about you is erased"]
    assert erasure(name).state == "done"


def booked(world: World, whole: Any) -> TasterBooking:
    """She has been to a taster."""
    row = TasterBooking(
        booking_id=world.outside.ids.new("booking"),
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        session_id=whole.tasters[0].session_id,
        starts_at=world.now - timedelta(days=7),
        state="attended",
        full_name=NAME,
        email=EMAIL,
        email_hash=email_hash(EMAIL),
        profession="canary at the taster",
        booked_at=world.now,
    )
    commit(Change.of(Create(row), Create(Unique(name=row.claim_name, owner_id=row.booking_id))))
    return row


def paid_for(shop: Shop) -> Offered:
    """Her employer has paid for her place."""
    offered = member(shop)
    named_payer(shop, offered, "Canary Trust", "accounts@canary-trust.example")
    pay_as_payer(shop, offered)
    shop.settle_down()
    return offered


def leave(shop: Shop, offered: Offered) -> None:
    """She leaves within the fourteen days: all of it goes back."""
    outside, obligation_id = shop.world.outside, shop.debt(offered).obligation.obligation_id
    shown = leaving.show(outside, obligation_id, None)
    assert shown is not None
    wish = Wish(way="policy", told_on=shown.told_on, reason="")
    leaving.leave(outside, ADMIN, obligation_id, wish, shown.promise)
    shop.settle_down()


def test_a_member_is_erased_when_the_place_is_given_up_and_the_books_stay_whole(
    shop: Shop,
) -> None:
    world, offered = shop.world, paid_for(shop)
    person = person_of()
    name = asked(world)
    night(world)
    assert [one.code for one in erasure(name).waits_for] == ["seat"]
    waiting = erasure(name)
    assert (waiting.state, waiting.person_id) == ("waiting", person.person_id)
    assert not any("canary hopes" in text or "at the taster" in text for text in raw().values())
    assert any(NAME in text for text in raw().values()), "the roster needs the name"
    told = world.postbox.last(EMAIL)
    assert told.subject == "We have begun to erase what we hold about you"
    assert "until Thursday 25 March 2027" in told.text

    leave(shop, offered)
    nights(world)
    assert erasure(name).state == "done"
    assert seen() == []
    assert world.postbox.last(EMAIL).subject == "What we held about you is erased"
    assert people.by_email(EMAIL) is None
    (payment,) = shop.debt(offered).payments
    assert (payment.full_name, payment.amount_minor) == ("Erased person", 21600)
    assert payment.intent_id, "Stripe's id stays with the books"
    shop.prove()


def test_nobody_is_written_to_after_the_last_mail(shop: Shop) -> None:
    world, offered = shop.world, paid_for(shop)
    leave(shop, offered)
    asked(world)
    nights(world)
    letters = len(world.postbox.letters)
    nights(world, 30)
    assert len(world.postbox.letters) == letters
    assert seen() == []


def paid_alone(shop: Shop) -> Offered:
    """She pays by card herself; Stripe was asked with her address."""
    offered = member(shop)
    shop.pay(offered)
    shop.settle_down()
    assert EMAIL in json.dumps(dict(shop.payment(offered).params))
    return offered


def test_an_open_dispute_is_kept_apart_until_it_ends_and_then_the_rest_goes_by_itself(
    shop: Shop,
) -> None:
    """M8."""
    world, offered = shop.world, paid_alone(shop)
    intent = shop.payment(offered).intent_id
    dispute_id = str(shop.fake.dispute(str(intent))["id"])
    shop.settle_down()
    name = asked(world)
    night(world)
    assert {one.code for one in erasure(name).waits_for} == {"dispute", "seat"}
    told = world.postbox.last(EMAIL).text
    assert "your bank has asked for money back on your behalf" in told
    assert not [text for text in raw().values() if "canary hopes" in text]
    shop.fake.answer_dispute(dispute_id)
    shop.fake.win(dispute_id)
    shop.settle_down()
    nights(world, 2)
    assert [one.code for one in erasure(name).waits_for] == ["seat"]
    leave(shop, offered)
    nights(world)
    assert seen() == []
    shop.prove()


def test_money_by_hand_keeps_its_amount_and_its_day_and_loses_its_words(shop: Shop) -> None:
    world, offered = shop.world, member(shop)
    debt = shop.debt(offered).obligation.obligation_id
    receipt_id = came(world, payer="Z QWYRK", reference="CANARY PLACE")
    proposed(world, receipt_id, debt)
    confirmed(world, receipt_id)
    shop.settle_down()
    leave(shop, offered)
    refund = shop.refunds(offered)[0]
    today = world.now.date()
    refunds_by_hand.pay(world.outside, ADMIN, debt, refund.refund_id, "CANARY BACK", today)
    shop.settle_down()
    asked(world)
    nights(world)
    kept = ["AuditRow: canary", "Entry: canary"]
    assert seen() == kept, "the reference of the desk's own transfer: its record and the books"
    (payment,) = shop.debt(offered).payments
    assert (payment.amount_minor, payment.bank_receipt_id) == (21600, receipt_id)
    shop.prove()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_night_that_dies_anywhere_is_gone_on_with(shop: Shop, moment: str) -> None:
    """L2: each row is a commit of its own; nothing is left behind, nobody is told twice."""
    world, offered = shop.world, paid_alone(shop)
    leave(shop, offered)
    name = asked(world)
    kept, postbox, fate = copy.deepcopy(rows()), len(world.postbox.letters), Fate()
    came, call = True, 0
    while came:
        call += 4  # every fourth word with the store
        put_back(kept)
        del world.postbox.letters[postbox:]
        came = dies(world, fate, moment, call)
        for _ in range(2):
            world.clock.move(days=1)
            erasing_work.go_on(world.outside)
            jobs.send_mails({}, None)
        assert erasure(name).state == "done", call
        assert seen() == [], call
        last = [one for one in world.postbox.to(EMAIL) if "is erased" in one.subject]
        assert len(last) == 1, call
    assert call > 15, "there were many places to die at"


def dies(world: World, fate: Fate, moment: str, call: int) -> bool:
    """The night's work dies at its `call`-th word with the store; whether it came so far."""
    client = tables.connection().client
    fate.watch(client)
    fate.arm("store", moment, call)
    try:
        erasing_work.go_on(world.outside)
    except Died:
        return True
    finally:
        fate.clear()
        fate.unwatch()
    return False


def test_what_was_written_meanwhile_is_found_the_night_after(shop: Shop) -> None:
    """Somebody read her rows before the night, and writes them after it."""
    world, offered = shop.world, paid_alone(shop)
    leave(shop, offered)
    before = shop.payment(offered)
    (seat,) = shop.roster(a_term(shop, offered))
    name = asked(world)
    night(world)
    assert erasure(name).state == "erased"
    commit(Change.of(Update(before, {"full_name": NAME, "email": EMAIL})))
    commit(Change.of(Update(seat, {"full_name": NAME, "email": EMAIL})))
    nights(world, 1)
    assert erasure(name).state == "done"
    assert seen() == []


def a_term(shop: Shop, offered: Offered) -> Any:
    offer = shop.offer_row(offered)
    return groups.whole_term(offer.group_id, offer.term_id)


def test_money_that_is_on_its_way_is_waited_for(shop: Shop) -> None:
    """She has paid, and Stripe has not told us yet: the place is hers first."""
    world, offered = shop.world, member(shop)
    shop.pay(offered)
    name = asked(world)
    erasing_work.go_on(world.outside)
    assert {one.code for one in erasure(name).waits_for} == {"offer_open", "payment_open"}
    shop.settle_down()
    assert shop.payment(offered).full_name == NAME
    nights(world, 1)
    assert [one.code for one in erasure(name).waits_for] == ["seat"]
    leave(shop, offered)
    nights(world)
    assert seen() == []


def test_news_that_is_told_again_brings_nothing_back(shop: Shop) -> None:
    world, offered = shop.world, paid_alone(shop)
    leave(shop, offered)
    asked(world)
    nights(world)
    letters = len(world.postbox.letters)
    for event in shop.fake.objects("event"):
        shop.fake.deliver(event["id"])
    shop.settle_down()
    assert seen() == []
    assert len(world.postbox.letters) == letters


def test_another_member_of_the_same_name_keeps_it(shop: Shop) -> None:
    world, offered = shop.world, paid_alone(shop)
    whole = a_term(shop, offered)
    other = proven(shop, shop.offer_to(shop.application(whole, NAME, "another@example.org")))
    shop.pay(other)
    shop.settle_down()
    leave(shop, offered)
    kept = rows_of_other()
    asked(world)
    nights(world)
    assert rows_of_other() == kept
    assert shop.payment(other).full_name == NAME
    assert person_of("another@example.org").full_name == NAME


def rows_of_other() -> dict[str, Any]:
    """The rows of debts, seats and applications of the other one, but not her mails: there a name
    that both bear goes."""
    found = {}
    for table in (tables.Applications, tables.Enrolments, tables.Payments, tables.People):
        for row in reads.everything(table):
            if "another@example.org" in repr(row):
                found[repr(KEPT[type(row)].key(row))] = row
    return found


def test_a_leader_is_erased_when_the_term_is_over_and_the_pay_is_settled(shop: Shop) -> None:
    world = shop.world
    whole = earned(shop)
    imelda = leader(world, "Imelda")
    day = {"what": "training", "day": world.now.date(), "minutes": 60, "note": "canary workshop"}
    own_log.add(world.outside, Caller(actor=imelda.person_id), imelda, day)
    name = asked(world, imelda.full_name, imelda.email)
    night(world)
    assert {one.code for one in erasure(name).waits_for} == {"leads", "pay_open"}
    period = prepared(world)
    approved(world, period)
    tick()
    paid(world, period)
    term = reads.reread(whole.term)
    commit(Change.of(Update(term, {"state": "ended"})))
    nights(world)
    assert erasure(name).state == "done"
    assert seen(("inkwell", "imelda", "00123456", "inkwéll", "canary")) == []
    (payout,) = pay.payouts(imelda.person_id)
    assert (payout.name, payout.amount_minor) == ("Erased person", 9750)
    assert pay.profile(imelda.person_id).has_details is False
    shop.prove()


def test_a_mail_to_nobody_does_not_leave(world: World) -> None:
    """E2: what is queued from a row whose words are gone has no address."""
    a_circle(world)
    commit(Change.of(mail("receipt", "payment-1", "", world.now, {})))
    jobs.send_mails({}, None)
    (row,) = reads.everything(tables.Outbox)
    assert (row.state, world.postbox.letters) == ("dropped", [])


def test_who_applies_again_is_not_erased_with_what_came_before(shop: Shop) -> None:
    """While it waits, and in the night after it is done: what is new was meant."""
    world, offered = shop.world, paid_alone(shop)
    whole = a_term(shop, offered)
    name = asked(world)
    world.clock.move(hours=1)
    again = shop.application(whole, NAME, EMAIL)
    night(world)
    assert {one.code for one in erasure(name).waits_for} == {"seat", "applied_again"}
    assert reads.reread(again) == again
    commit(Change.of(Remove(again)))
    leave(shop, offered)
    nights(world, 1)
    assert erasure(name).state == "erased"
    back = shop.application(whole, NAME, EMAIL)
    nights(world, 2)
    assert erasure(name).state == "done"
    assert reads.reread(back) == back
    commit(Change.of(Remove(back)))
    assert seen() == []


# Without anybody's asking


def test_names_go_from_a_debt_when_the_years_of_the_books_are_over(shop: Shop) -> None:
    """T9: seven years after the last fact of it; amounts and days stay, and the books agree."""
    world, offered = shop.world, paid_alone(shop)
    leave(shop, offered)
    application = reads.get(Application, offered.application_id, "application")
    commit(Change.of(Update(application, {"retain_until": world.now + timedelta(days=365)})))
    begun = world.now
    world.clock.at = begun.replace(year=begun.year + 6, day=1)
    assert forgetting.forget_due(world.outside)["kept"] == 1
    assert shop.payment(offered).full_name == NAME
    world.clock.at = begun.replace(year=begun.year + 8)
    assert forgetting.forget_due(world.outside)["debts"] == 1
    assert "debts" not in forgetting.forget_due(world.outside)
    held = {one.split(":")[0] for one in seen()} - {"Mail", "Unique", "TasterBooking"}
    assert held == {"Person", "EmailOwner"}, "her account is hers, until she asks"
    assert shop.payment(offered).amount_minor == 21600
    world.clock.at = begun
    shop.prove()
