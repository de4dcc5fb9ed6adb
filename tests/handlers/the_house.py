"""A house in which every form of the product has its page, built once and kept for all tests.

What does not live here: the forms themselves (forms_of_the_house.py).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from moto.backends import get_backend

from chalicelib.flows import outbox
from chalicelib.flows.banking import matching, suspense
from chalicelib.flows.books import costs, reconciling
from chalicelib.flows.joining import offers, screening
from chalicelib.flows.leaders import own_log
from chalicelib.flows.leaders import runs as pay_runs
from chalicelib.flows.people import erasing, settings
from chalicelib.flows.prices import bursaries
from chalicelib.flows.returning import giving_back
from chalicelib.flows.running import leaders, splits, terms
from chalicelib.rules.books.reconciling import missing, task_of
from chalicelib.rules.changes import Caller, Change, Create, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.leaders.accounts import PayoutAccount, PayProfile
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.payouts import Payout, PayRun, line_of
from chalicelib.rules.links import link_path, sign_in_code
from chalicelib.rules.mail import name_in_path
from chalicelib.rules.money.stripe_objects import BalanceMovement
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.people.people import email_hash
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.rules.running.leading import Leadership
from chalicelib.rules.running.register import register_path
from chalicelib.rules.running.splitting import share_field
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.flows.set_up_steps import path_of_set_up
from tests.mail_steps import ses_tells
from tests.payers import named_payer, pay_as_payer
from tests.people import a_person, signed_in
from tests.shop import ADMIN, Offered, Shop, a_shop
from tests.stories import LEADER, a_draft_term, a_recruiting_term
from tests.world import Browser, World, links_in

PIP = {
    "full_name": "Dr Pip Buttonwood",
    "email": "pip.buttonwood@example.org",
    "profession": "General practitioner",
    "zone": "Europe/London",
}
ANSWERS = {"can_attend": "all", "device": "computer"}
ABOUT = {
    "hopes": "To think about encounters that stay with me.",
    "source": "taster",
    "knows_someone": "no",
    "payer": "self",
    "agreement": "yes",
    "privacy": "yes",
}
WHY = {"reason": "Agreed with the circle."}
TREASURER = "tilda.till@marmalade-circle.example"


@dataclass
class House:
    """A world in which every form has a page, and the names of what is in it."""

    world: World
    names: dict[str, str]
    cookies: dict[str, dict[str, str]]

    def browser(self, who: str) -> Browser:
        """The browser of somebody of the house; a visitor's is new."""
        browser = self.world.browser()
        browser.cookies.update(self.cookies.get(who, {}))
        return browser


def a_house(world: World) -> House:
    """The house in its first moment."""
    whole = a_recruiting_term(world)
    draft = a_draft_term(world, slug="grey-lantern", title="Grey Lantern Group")
    quiet = a_recruiting_term(world, slug="quiet-lantern", title="Quiet Lantern Group")
    terms.cancel(world.outside, ADMIN, quiet.group.group_id, quiet.term.term_id)
    names = {
        "group": whole.group.group_id,
        "term": whole.term.term_id,
        "draft_group": draft.group.group_id,
        "draft": draft.term.term_id,
        "quiet_group": quiet.group.group_id,
        "session": whole.tasters[0].session_id,
        "treasurer": _treasurer(world),
    }
    _bursary_fund(world)
    names |= _money(world, whole)
    names |= _joining(world, whole)
    names |= _cost(world, whole)
    names |= _cancelled(world, whole)
    names |= _owed_back(world, whole)
    _substitute(world, whole)
    names |= _pay(world, whole)
    names |= _by_stripe(world, whole)
    names |= _erasures(world)
    names |= _failed_mail(world)
    names |= _lost_mails(world)
    desk = signed_in(world)
    leader = signed_in(world, ("leader",), "imelda.inkwell@example.org")
    _split(world, draft)
    _log_of_hours(world)
    signing, asker = _asked(world)
    cookies = {"desk": desk.cookies, "asker": asker.cookies, "leader": leader.cookies}
    return House(world, names | signing, cookies)


def an_empty_house(world: World) -> House:
    """A deployment that waits for its circle."""
    return House(world, {"set_up": path_of_set_up(world)}, {})


def _leaders(whole: WholeTerm) -> list[Leadership]:
    """Imelda, then Barnaby; their ids come in any order."""
    return sorted(whole.leaders, key=lambda one: one.name, reverse=True)


def _bursary_fund(world: World) -> None:
    """A fund with a gift and a code that can be withdrawn."""
    gift = {"gift_minor": 20000, "reference": "Letter of 1 November"}
    bursaries.record_gift(world.outside, ADMIN, gift)
    bursaries.make_code(world.outside, ADMIN, {"code_minor": 10000, "note": "Minute 7"})


def _cancelled(world: World, whole: WholeTerm) -> dict[str, str]:
    """A cancellation that could not deal with a debt, and a term that can be cancelled."""
    last = a_recruiting_term(world, slug="last-lantern", title="Last Lantern Group")
    bulk = Bulk(
        bulk_id="bulk-house",
        cause="session_cancelled",
        state="done",
        remedy="refund",
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        session_id=whole.sessions[0].session_id,
        reason="the leader is ill",
        todo=(),
        troubled=("debt-house",),
        total=1,
        asked_by=ADMIN.actor,
        asked_at=world.now,
    )
    commit(Change.of(Create(bulk)))
    last_path = f"/admin/groups/{last.group.group_id}/terms/{last.term.term_id}"
    return {"to_cancel": last_path, "meeting": whole.sessions[-1].session_id}


def _owed_back(world: World, whole: WholeTerm) -> dict[str, str]:
    """A leader who was paid at Stripe owes back a part of it."""
    leader_id, session = _leaders(whole)[0].leader_id, whole.sessions[0]
    about: dict[str, Any] = {"leader_id": leader_id, "currency": "GBP"}
    owed = Clawback(
        clawback_id="clawback-house",
        group_id=session.group_id,
        term_id=session.term_id,
        session_id=session.session_id,
        cause="refund",
        cause_id="release-house",
        amount_minor=1219,
        made_at=world.now,
        **about,
    )
    sent = Payout(
        payout_id="payout-house",
        period="2026-10",
        name=_leaders(whole)[0].name,
        route="stripe",
        state="sent",
        lines=(),
        amount_minor=9750,
        prepared_at=world.now,
        **about,
    )
    commit(Change.of(Create(owed), Create(sent)))
    return {"clawback": f"/admin/payouts/leaders/{leader_id}/clawbacks/clawback-house"}


def _pay(world: World, whole: WholeTerm) -> dict[str, str]:
    """A leader with bank details and a fee that is set aside; a run that waits for its second
    person and is short of money, one that waits for the bank."""
    leader, early = _leaders(whole)[1], world.now - timedelta(days=30)
    fees = [
        Accrual(
            leader_id=leader.leader_id,
            session_id=f"session-house-{number}",
            group_id=leader.group_id,
            term_id=leader.term_id,
            number=number,
            session_at=early + timedelta(hours=number),
            minutes=90,
            pay="fee",
            rate_minor=6500,
            amount_minor=amount,
            settled_minor=amount if number == 1 else 0,
            currency="GBP",
            accrued_at=early,
            revision=1,
            set_aside="A question is open." if number == 2 else "",
        )
        for number, amount in enumerate((9750, 9750, 9750, 900_000), 1)
    ]
    details = {"account_name": leader.name, "sort_code": "112233", "account_number": "12345678"}
    profile = PayProfile(leader_id=leader.leader_id, details_at=early, **details)
    run = PayRun(
        period="2026-10",
        state="approved",
        currency="GBP",
        prepared_by="clock",
        prepared_at=early,
        approved_by=ADMIN.actor,
        approved_at=early,
        payouts={leader.leader_id: 9750},
        taken_up=True,
    )
    payout = Payout(
        leader_id=leader.leader_id,
        payout_id="payout-house-2",
        period=run.period,
        name=leader.name,
        route="bank",
        state="approved",
        lines=(replace(line_of(fees[0]), amount_minor=9750, whole_minor=9750),),
        amount_minor=9750,
        currency="GBP",
        prepared_at=early,
        approved_at=early,
    )
    commit(Change.of(*(Create(one) for one in (*fees, profile, run, payout))))
    pay_runs.prepare(world.outside, ADMIN, "2026-11")
    names = {"pay_leader": leader.leader_id, "bank_list": "/admin/payouts/2026-10/bank-list"}
    return names | _not_paid(run, payout)


def _not_paid(run: PayRun, payout: Payout) -> dict[str, str]:
    """Two payouts that were written down as paid; about one somebody says that it was not."""
    for period, asked_by in (("2026-08", ""), ("2026-07", "person-somebody")):
        paid = replace(
            payout,
            payout_id=f"payout-house-{period}",
            period=period,
            state="paid_manually",
            paid_reference="BANK 7",
            paid_on=date(2026, 11, 2),
            undo_asked_by=asked_by,
            undo_reason="The bank has refused the file." if asked_by else "",
        )
        commit(Change.of(Create(replace(run, period=period, state="done")), Create(paid)))
    page = f"/leaders/{payout.leader_id}/not-paid"
    return {
        "not_paid": f"/admin/payouts/2026-08{page}",
        "said_not_paid": f"/admin/payouts/2026-07{page}",
    }


def _by_stripe(world: World, whole: WholeTerm) -> dict[str, str]:
    """A leader who has chosen Stripe and has not entered anything there, and a payout that waits
    for another's account."""
    imelda, barnaby = (one.leader_id for one in _leaders(whole))
    circle = reads.get(CircleSettings, "settings", "circle")
    page = f"/admin/payouts/leaders/{imelda}/account"
    task = Task(
        task_id=f"payout_account#{imelda}",
        code="payout_account",
        facts={"name": _leaders(whole)[0].name},
        path=page,
        opened_at=world.now,
        due_at=world.now,
    )
    waits = Payout(
        leader_id=barnaby,
        payout_id="payout-house-3",
        period="2026-09",
        name=_leaders(whole)[1].name,
        route="stripe",
        state="approved",
        lines=(),
        amount_minor=9750,
        currency="GBP",
        refused="account_not_ready",
        prepared_at=world.now,
    )
    account = PayoutAccount(leader_id=imelda, country="GB", asked_at=world.now)
    rows = (Create(one) for one in (task, waits, account))
    commit(Change.of(*rows, Update(circle, {"connect": True})))
    by_bank = f"/admin/payouts/2026-09/leaders/{barnaby}/by-bank"
    return {"stripe_account": page, "by_bank": by_bank}


def _substitute(world: World, whole: WholeTerm) -> None:
    """Somebody else leads the second session."""
    paid = {"pay": "fee", "rate_minor": 6500}
    who = {"name": "Dr Fern Field", "email": "fern.field@example.org"}
    told = {"session": whole.sessions[1].session_id, **who, **paid}
    group_id, term_id = whole.group.group_id, whole.term.term_id
    leaders.save_substitute(world.outside, ADMIN, group_id, term_id, told)


def _split(world: World, draft: WholeTerm) -> None:
    """The desk leads the draft with two others, one of whom proposes how they share."""
    outside, ids = world.outside, (draft.group.group_id, draft.term.term_id)
    me = a_person(world)
    listed = {**LEADER, "name": me.full_name, "email": me.email}
    leaders.save_leader(outside, ADMIN, *ids, listed)
    proposer = a_person(world, "imelda.inkwell@example.org")
    names = [one.leader_id for one in leaders.show_substitutes(outside, *ids).leaders]
    shares = {share_field(name): bp for name, bp in zip(names, (5000, 3000, 2000), strict=True)}
    splits.propose(outside, Caller(actor=proposer.person_id), proposer, *ids, shares)


def _log_of_hours(world: World) -> None:
    """The desk leads as well, and has written down a workshop."""
    me = a_person(world)
    hours = {"what": "training", "day": date(2026, 11, 1), "minutes": 90, "note": "Workshop"}
    own_log.add(world.outside, ADMIN, me, hours)


def _erasures(world: World) -> dict[str, str]:
    """Somebody who may be erased, and somebody who will be tonight."""
    somebody = a_person(world, "rue.barb@example.org", full_name="Rue Barb")
    tonight = a_person(world, "mint.sauce@example.org", full_name="Mint Sauce")
    erasing.ask(world.outside, ADMIN, tonight.person_id, "Mint Sauce")
    return {"somebody": somebody.person_id, "erased_tonight": tonight.person_id}


def _treasurer(world: World) -> str:
    given = {"full_name": "Tilda Till", "email": TREASURER, "role": "treasurer", **WHY}
    settings.give_role(world.outside, ADMIN, given)
    return a_person(world, TREASURER).person_id


def _money(world: World, whole: WholeTerm) -> dict[str, str]:
    with a_shop(world) as shop:
        paid = _answered_offer(shop, whole, "Saffron Umbrella")
        shop.pay(paid)
        shop.settle_down()
        offered = _answered_offer(shop, whole, "Odalys Quince")
        paid_later = _answered_offer(shop, whole, "Otis Wheelbarrow")
        _taken_in_parts(shop, paid_later)
        ended = _answered_offer(shop, whole, "Wilf Apple")
        offers.withdraw(world.outside, ADMIN, ended.which, "entered twice")
        accepted = _answered(shop, whole, "Hazel Thimble")
        return (
            _registers(shop)
            | _disputes(shop, whole)
            | _by_hand(shop, offered)
            | _given_back(shop)
            | _not_ours(shop)
            | _payers(shop)
            | {
                "paid": f"/admin/payments/{shop.offer_row(paid).obligation_id}",
                "offered": f"/admin/applications/{offered.application_id}",
                "offer": f"/offers/{offered.token}",
                "debt": _pay_page(shop, paid_later),
                "ended_offer": f"/offers/{ended.token}",
                "accepted": f"/admin/applications/{accepted.application_id}",
            }
        )


def _payers(shop: Shop) -> dict[str, str]:
    """A place that somebody else is asked to pay, and one that was paid before its member has
    accepted the ground rules."""
    whole = a_recruiting_term(shop.world, slug="plum-lantern", title="Plum Lantern Group")
    handed_over, paid = (_answered_offer(shop, whole, name) for name in ("Ivo Pear", "Una Plum"))
    links = [named_payer(shop, one) for one in (handed_over, paid)]
    commit(Change.of(Update(shop.offer_row(paid), {"agreed_at": None})))
    pay_as_payer(shop, paid)
    debt_id = shop.offer_row(handed_over).obligation_id
    return {
        "handed_over": f"/offers/{handed_over.token}",
        "handed_over_debt": f"/admin/payments/{debt_id}/payer",
        "not_agreed": f"/offers/{paid.token}",
        "payer": links[0],
    }


def _not_ours(shop: Shop) -> dict[str, str]:
    """Money of another shop has come to the account, some whose debt is lost, and some that
    nobody can place."""
    shop.fake.foreign_charge(1234)
    reconciling.look(shop.world.outside)
    lost = BalanceMovement(
        id="txn_lost",
        kind="charge",
        amount_minor=21600,
        fee_minor=344,
        net_minor=21256,
        currency="GBP",
        source_id="ch_lost",
        created_at=shop.world.now,
    )
    then = shop.world.now - timedelta(days=2)
    commit(Change.of(Create(missing(lost, then)), task_of(lost, "movement_missing", then)))
    path = "/admin/unknown-money/cs_lost"
    asked = Task(
        task_id="unknown_payment#cs_lost",
        code="unknown_payment",
        facts={"checkout_id": "cs_lost", "amount_minor": 21600},
        path=path,
        opened_at=then,
        due_at=then,
    )
    commit(Change.of(Create(asked)))
    return {"unknown_money": path}


def _given_back(shop: Shop) -> dict[str, str]:
    """A refund that waits for a second person, one that came back, and one made at Stripe that
    gave more than was left."""
    world = shop.world
    whole = a_recruiting_term(world, slug="gold-lantern", title="Gold Lantern Group")
    outside, debts = world.outside, []
    for name in ("Bettina Bell", "Tobias Toast"):
        offered = _answered_offer(shop, whole, name)
        shop.pay(offered)
        shop.settle_down()
        debts.append(offered)
    proposed, beyond = (shop.offer_row(one).obligation_id for one in debts)
    wish = giving_back.Wish(reason="agreed by phone", amount_minor=10000)
    giving_back.request(outside, ADMIN, beyond, wish)
    shop.fake.dashboard_refund(str(shop.payment(debts[1]).intent_id), 15000)
    shop.settle_down()
    [ours] = [one for one in shop.refunds(debts[1]) if one.cause != "dashboard"]
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"refund_limit_minor": 5000})))
    giving_back.request(outside, ADMIN, proposed, wish)
    commit(Change.of(Update(circle, {"refund_limit_minor": circle.refund_limit_minor})))
    return {
        "proposed": f"/admin/payments/{proposed}",
        "outside": f"/admin/payments/{beyond}",
        "came_back": f"/admin/payments/{beyond}/refunds/{ours.refund_id}/paid",
    }


def _by_hand(shop: Shop, offered: Offered) -> dict[str, str]:
    """Money that nobody has placed, and a transfer back that waits for a second look."""
    outside = shop.world.outside
    names = {"offered_debt": shop.offer_row(offered).obligation_id}
    receipt_id = ""
    for name in ("unmatched", "too_much", "waits_for_a_look"):
        told = {"amount_minor": 5000, "method": "bank", "date": date(2026, 11, 20)}
        told |= {"payer": "M UMBRELLA", "reference": name, "another": False}
        receipt_id = suspense.name_of(outside, told)
        suspense.record(outside, ADMIN, receipt_id, told)
        names[name] = f"/admin/suspense/{receipt_id}"
    back = {"amount_minor": 5000, "date": date(2026, 11, 21), "reference": "", **WHY}
    matching.propose_back(outside, ADMIN, receipt_id, back)
    return names


def _disputes(shop: Shop, whole: WholeTerm) -> dict[str, str]:
    """A payment that was lost in a dispute, and one that the card's bank warns of."""
    lost, warned = (_answered_offer(shop, whole, name) for name in ("Tansy Bell", "Corin Vale"))
    for offered in (lost, warned):
        shop.pay(offered)
    shop.hear_all()
    dispute = shop.fake.dispute(str(shop.payment(lost).intent_id))
    shop.fake.lose(dispute["id"])
    shop.fake.warn_of_fraud(str(shop.payment(warned).intent_id))
    shop.hear_all()
    found = {"lost": lost, "warned": warned}
    return {
        name: f"/admin/payments/{shop.offer_row(one).obligation_id}" for name, one in found.items()
    }


def _registers(shop: Shop) -> dict[str, str]:
    """A term that begins tomorrow morning, so that it has begun when the house is finished, with
    a member: its first register is open, its second session is ahead."""
    soon = {"first_date": date(2026, 11, 22), "local_time": time(8), "apply_by": date(2026, 11, 21)}
    whole = a_recruiting_term(shop.world, slug="amber-lantern", title="Amber Lantern Group", **soon)
    shop.pay(_answered_offer(shop, whole, "Clover Finch"))
    shop.hear_all()
    first, second = (register_path(one) for one in whole.sessions[:2])
    return {"register": first, "next_register": second}


def _taken_in_parts(shop: Shop, offered: Offered) -> None:
    """A place of which two parts are still to be paid."""
    commit(Change.of(Update(shop.offer_row(offered), {"instalments": 3})))
    shop.pay(offered)
    shop.settle_down()


def _pay_page(shop: Shop, offered: Offered) -> str:
    keys = shop.world.outside.places.link_keys
    return link_path(keys, "debt", shop.offer_row(offered).obligation_id, 1)


def _answered(shop: Shop, whole: WholeTerm, name: str) -> Application:
    row = shop.application(whole, name)
    told = {name: ABOUT[name] for name in ("hopes", "source", "knows_someone", "payer")}
    commit(Change.of(Update(row, {**ANSWERS, **told})))
    found = reads.reread(row)
    assert found is not None
    return found


def _answered_offer(shop: Shop, whole: WholeTerm, name: str) -> Offered:
    return shop.offer_to(_answered(shop, whole, name))


def _joining(world: World, whole: WholeTerm) -> dict[str, str]:
    guest = world.browser("192.0.2.20")
    guest.get("/groups/thursday-lantern/taster")
    guest.submit({**PIP, "session_id": whole.tasters[0].session_id}, "/taster")
    names = {"booking": _mailed(world, PIP["email"], "Your place at")}
    for name, email in (("sent", "sent@example.org"), ("invited", "invited@example.org")):
        _applies(world, email).submit({}, "/check")
        names[name] = _mailed(world, email, "We have your application")
    drafted = _applies(world, "drafted@example.org")
    every = [row for row in reads.everything(tables.Applications) if isinstance(row, Application)]
    by_email = {row.email: f"/admin/applications/{row.application_id}" for row in every}
    invited = by_email["invited@example.org"]
    screening.invite(world.outside, ADMIN, invited.rpartition("/")[2])
    return {
        "booking": names["booking"],
        "status": names["sent"],
        "apply": drafted.path.rpartition("/")[0],
        "sent_application": by_email["sent@example.org"],
        "invited": invited,
    }


def _applies(world: World, email: str) -> Browser:
    """Somebody in front of the last step."""
    browser = world.browser("192.0.2.21")
    browser.get("/groups/thursday-lantern/apply")
    browser.submit({**PIP, "email": email}, "/apply")
    browser.submit(ANSWERS, "/dates")
    browser.submit(ABOUT, "/about")
    assert browser.path.endswith("/check"), browser.text
    return browser


def _mailed(world: World, address: str, words: str) -> str:
    outbox.send_due(world.outside)
    return links_in(world.postbox.last(address, words))[0]


def _cost(world: World, whole: WholeTerm) -> dict[str, str]:
    paid = {"kind": "room", "amount_minor": 9000, "reference": "HALL 17"}
    when = {"term_id": whole.term.term_id, "paid_on": world.now.date()}
    costs.record(world.outside, ADMIN, whole.group.group_id, "cost-house", {**paid, **when})
    return {"cost": "cost-house"}


def _failed_mail(world: World) -> dict[str, str]:
    outbox.send_due(world.outside)
    ada = a_person(world, roles=("administrator",))
    outbox.send_check(world.outside, ADMIN, ada, "check-house")
    world.postbox.refuse_next = 5
    for _ in range(5):
        outbox.send_due(world.outside)
        world.clock.move(hours=5)
    return {"failed_mail": name_in_path("mail_check#check-house")}


def _lost_mails(world: World) -> dict[str, str]:
    """Two addresses that mail does not reach, and one at which a mail got lost once."""
    closed = [
        a_person(world, email, full_name="Otto Oboe")
        for email in ("otto.oboe@example.org", "otto@old-surgery.example")
    ]
    for number, one in enumerate(closed):
        outbox.send_check(world.outside, ADMIN, one, f"check-lost-{number}")
        outbox.send_due(world.outside)
        ses_tells(world, f"mail_check#check-lost-{number}", "bounced")
    sent = [
        one for one in reads.everything(tables.Outbox) if getattr(one, "template", "") == "offer"
    ]
    lost = next(one for one in sorted(sent, key=lambda one: one.to) if one.state == "sent")
    ses_tells(world, lost.message_key, "not_now")
    names = ("closed_address", "old_address", "open_address")
    emails = (closed[0].email, closed[1].email, lost.to)
    return dict(zip(names, map(email_hash, emails), strict=True))


def _asked(world: World) -> tuple[dict[str, str], Browser]:
    """A sign-in that the treasurer asked for, and the browser it was asked in."""
    browser = world.browser("192.0.2.22")
    browser.get("/sign-in")
    browser.submit({"email": TREASURER}, "/sign-in")
    token_id = browser.path.rpartition("/")[2]
    keys = world.outside.places.link_keys
    names = {
        "sent": browser.path,
        "code": sign_in_code(keys, token_id),
        "sign_in": link_path(keys, "sign-in", token_id, 1),
    }
    return names, browser


# Keeping it: every test finds the house as it was built


@dataclass(frozen=True)
class Kept:
    """A built house as its tables held it."""

    items: dict[str, Any]
    at: datetime
    names: dict[str, str]
    cookies: dict[str, dict[str, str]]


def keep_house(house: House) -> Kept:
    items = {name: copy.deepcopy(table.items) for name, table in moto_tables().items()}
    return Kept(items, house.world.clock.at, house.names, house.cookies)


def same_house(kept: Kept, world: World) -> House:
    """The kept house in an empty world."""
    for name, table in moto_tables().items():
        table.items.update(copy.deepcopy(kept.items[name]))
    world.clock.at = kept.at
    return House(world, kept.names, kept.cookies)


def clear_tables() -> None:
    for table in moto_tables().values():
        table.items.clear()


def moto_tables() -> dict[str, Any]:
    found: dict[str, Any] = get_backend("dynamodb")["123456789012"]["eu-west-2"].tables
    return found


def written() -> dict[str, str]:
    """Everything in the tables, except the counters of how often was tried."""
    return {
        f"{name}/{key}/{low}": str(item.to_json())
        for name, table in moto_tables().items()
        for key, below in table.items.items()
        for low, item in (below.items() if isinstance(below, dict) else [("", below)])
        if not str(key.value).startswith("rate#")
    }
