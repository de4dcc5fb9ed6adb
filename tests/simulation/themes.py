"""What stories are about: which acts come how often, how it begins, which acts meet the faults.

Each story also tries its own theme's acts one after the other, so that a few stories meet them
all. What does not live here: the acts, the laws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.rules.running.groups import WholeTerm
from tests.simulation import beginnings
from tests.simulation.acts import (
    by_hand,
    clock,
    disputing,
    faults,
    joining,
    paying,
    prices,
    returning,
    running,
    stripe,
)
from tests.simulation.acts.act import Act
from tests.world import World

if TYPE_CHECKING:
    from tests.simulation.story import Story

# How often each act is picked in a quiet circle; a theme makes some of them frequent.
USUAL: Mapping[Act, int] = {
    joining.make_offer: 8, paying.press_pay: 12, paying.pay: 10,
    paying.pay_with_a_declined_card: 2, paying.pay_by_debit: 3, paying.the_bank_answers: 3,
    paying.a_slow_bank: 1, paying.come_back: 4, paying.two_tabs: 2,
    joining.withdraw: 2, joining.decline: 1, joining.join_waitlist: 1, joining.decide: 2,
    returning.refund: 3, joining.change_capacity: 2, joining.flip_a_switch: 1,
    stripe.deliver: 8, stripe.deliver_all: 3, stripe.deliver_twice: 2, stripe.resend: 3,
    stripe.lose_events: 2, stripe.a_refund_fails: 3,
    clock.tick: 6, clock.send_refunds: 4, clock.send_mails: 2,
    clock.minutes_pass: 6, clock.days_pass: 3, clock.weeks_pass: 1,
    faults.stripe_falters: 4, faults.the_store_falters: 3, faults.mail_falters: 1,
    faults.die_soon: 5, faults.all_is_well: 3,
}  # fmt: skip

# Of these a little in every story of the rooms below.
AROUND: Mapping[Act, int] = {
    joining.make_offer: 2, paying.press_pay: 4, paying.pay: 4, paying.take_a_place: 2,
    stripe.deliver: 6, stripe.deliver_all: 4, stripe.deliver_twice: 1, stripe.resend: 2,
    stripe.lose_events: 1, stripe.a_night_passes: 2,
    clock.tick: 5, clock.send_refunds: 4, clock.send_mails: 1, clock.minutes_pass: 2,
    clock.days_pass: 2, faults.all_is_well: 3,
}  # fmt: skip
STORMS: Mapping[Act, int] = {
    faults.stripe_falters: 3, faults.the_store_falters: 3, faults.die_soon: 4,
}  # fmt: skip

REGISTERS: Mapping[Act, int] = {
    running.a_session_ends: 8, running.close_register: 12, running.correct_register: 6,
    running.note_apologies: 2, running.cancel_session_for_money: 2,
    running.cancel_session_for_credit: 5, running.cancel_session_for_an_extra_date: 2,
    running.cancel_term: 2, running.try_again: 2, running.run_term: 1,
    prices.come_again: 5, returning.leave: 3,
}  # fmt: skip
BANKS: Mapping[Act, int] = {
    disputing.dispute: 4, disputing.inquire: 2, disputing.escalate: 2,
    disputing.answer_the_bank: 1, disputing.win: 3, disputing.lose: 3,
    disputing.close_inquiry: 2, disputing.warn_of_fraud: 2, disputing.decide_seat: 3,
    disputing.close_warning: 1,
}  # fmt: skip
BACK: Mapping[Act, int] = {
    returning.refund: 2, returning.refund_a_part: 4, returning.agree: 3,
    returning.think_better_of_it: 1, returning.pay_by_hand: 3, stripe.a_refund_fails: 2,
}  # fmt: skip
ACCOUNT: Mapping[Act, int] = {
    stripe.refund_all_in_the_dashboard: 2, stripe.refund_a_part_in_the_dashboard: 3,
    stripe.pay_out: 2, stripe.a_payout_comes_back: 1, stripe.somebody_elses_money: 1,
    stripe.ask_to_reconcile: 2, stripe.say_what_it_was: 1, returning.the_place_stays: 1,
    returning.bear_it: 1,
}  # fmt: skip
PARTS: Mapping[Act, int] = {
    paying.press_part: 3, paying.pay_a_part: 5, paying.a_part_falls_due: 4,
    paying.a_part_is_missed: 1, prices.come_again: 2, joining.flip_a_switch: 1,
    paying.pay_by_debit: 2, paying.the_bank_answers: 2,
}  # fmt: skip
HANDS: Mapping[Act, int] = {
    by_hand.money_comes: 7, by_hand.money_is_told_twice: 1, by_hand.propose: 7,
    by_hand.propose_back: 2, by_hand.take_proposal_back: 1, by_hand.confirm: 8,
    joining.prove_address: 3, paying.press_pay: 4, paying.pay: 5,
}  # fmt: skip
MEANS: Mapping[Act, int] = {
    prices.a_gift_comes: 1, prices.make_a_code: 3, prices.withdraw_a_code: 1,
    prices.offer_with_a_code: 4, paying.take_a_place: 4, prices.offer_anew: 2,
    joining.withdraw: 1,
}  # fmt: skip


@dataclass(frozen=True)
class Theme:
    """One kind of story."""

    name: str
    weights: Mapping[Act, int]
    meets: tuple[Act, ...]  # what is done at once when something goes wrong
    begin: Callable[[World], list[WholeTerm]] = beginnings.two_places
    first: Callable[[Story], None] = beginnings.two_offers
    own: tuple[Act, ...] = ()  # tried one after the other, beside the chance
    people: int = 4  # who may come
    debits: bool = False  # whether bank debits are taken, or now and then


ENDS = (running.cancel_term, running.run_term)  # chance only: little happens after them
PAYING = (paying.press_anew, paying.press_anew, clock.send_refunds, clock.book_fees)


def _usual(name: str, more: Mapping[Act, int], debits: bool = False) -> Theme:
    return Theme(name, {**USUAL, **more}, PAYING, debits=debits)


def _room(
    name: str,
    first: Callable[[Story], None],
    *rooms: Mapping[Act, int],
    begin: Callable[[World], list[WholeTerm]] = beginnings.a_busy_circle,
    debits: bool = False,
) -> Theme:
    own = {act: weight for room in rooms for act, weight in room.items()}
    meets = (*own, clock.tick, clock.send_refunds, stripe.deliver_all, stripe.a_night_passes)
    weights = {**AROUND, **STORMS, **own}
    tried = tuple(act for act in own if act not in ENDS)
    return Theme(name, weights, meets, begin, first, tried, people=7, debits=debits)


CARDS: tuple[Theme, ...] = (
    _usual("an ordinary circle", {}),
    _usual(
        "slow banks",
        {
            paying.pay_by_debit: 12, paying.the_bank_answers: 8, clock.days_pass: 6,
            paying.a_slow_bank: 8,
        },
        debits=True,
    ),
    _usual(
        "many refunds",
        {
            returning.refund: 10, clock.send_refunds: 8, stripe.a_refund_fails: 4,
            stripe.lose_events: 5,
        },
    ),
    _usual(
        "storms",
        {
            faults.stripe_falters: 10, faults.the_store_falters: 10, faults.die_soon: 12,
            faults.mail_falters: 4,
        },
    ),
    _usual(
        "changes of mind",
        {
            joining.withdraw: 6, joining.decline: 3, joining.join_waitlist: 4, joining.decide: 6,
            paying.two_tabs: 8,
        },
    ),
)  # fmt: skip
ROOMS: tuple[Theme, ...] = (
    _room("a full autumn", beginnings.three_members, REGISTERS),
    _room("banks", beginnings.three_members, BANKS, BACK, {running.a_session_ends: 1,
          running.close_register: 1, returning.leave: 2, running.cancel_session_for_money: 4,
          running.cancel_term: 1, running.try_again: 4}),
    _room("by hand", beginnings.one_member_and_two_offers, HANDS, MEANS, BACK),
    _room("the account", beginnings.three_members, ACCOUNT, BANKS, {returning.refund: 2,
          returning.refund_a_part: 2, returning.agree: 2}),
    _room("in parts", beginnings.three_members, PARTS, BACK, {returning.leave: 2,
          disputing.dispute: 1, disputing.lose: 1, by_hand.money_comes: 1, by_hand.propose: 1,
          by_hand.confirm: 1, running.cancel_session_for_credit: 1, running.a_session_ends: 1},
          begin=beginnings.a_circle_with_parts, debits=True),
)  # fmt: skip
