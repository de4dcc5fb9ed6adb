"""Who pays a part of a price beside the payer: the bursary fund by a code, credits of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.flows.joining import offers
from chalicelib.flows.joining.offers import Wanted
from chalicelib.flows.prices import bursaries
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.prices.bursaries import BursaryCode
from chalicelib.rules.prices.credits import Credit
from tests.shop import ADMIN
from tests.simulation.acts.act import NOBODY
from tests.simulation.acts.joining import close_first, somebody

if TYPE_CHECKING:
    from tests.simulation.story import Story


def a_gift_comes(story: Story) -> str:
    gift = {"gift_minor": story.random.choice((4000, 30000)), "reference": "a letter"}
    bursaries.record_gift(story.outside, ADMIN, gift)
    return str(gift["gift_minor"])


def make_a_code(story: Story) -> str:
    """Out of what is not promised yet, or out of more than that."""
    amount = story.random.choice((3000, 8000, 30000))
    bursaries.make_code(story.outside, ADMIN, {"code_minor": amount, "note": None})
    return str(amount)


def withdraw_a_code(story: Story) -> str:
    code = _open_code(story)
    if code is None:
        return NOBODY
    bursaries.withdraw_code(story.outside, ADMIN, code.code)
    return code.code


def offer_with_a_code(story: Story) -> str:
    """Whoever waits is offered a place of which the fund pays a part, and maybe pays the rest."""
    code = _open_code(story)
    one = somebody(story) if code else None
    if code is None or one is None:
        return NOBODY
    wanted = Wanted(offer_id=story.outside.ids.new("offer"), days=7, bursary_code=code.code)
    offers.offer_seat(story.outside, ADMIN, one.application_id, wanted)
    story.offered.append(story.in_hand(one.application_id, wanted.offer_id))
    if story.random.random() < 0.5:
        story.shop.pay(story.offered[-1])
        story.shop.fake.deliver_all()
    return f"{code.amount_minor} for {one.full_name}"


def offer_anew(story: Story) -> str:
    """An open offer made again, with a code or without the one it had."""
    offered, code = story.an_offer(), _open_code(story)
    if offered is None:
        return NOBODY
    close_first(story, offered)
    name = code.code if code and story.random.random() < 0.7 else ""
    wanted = Wanted(offer_id=story.outside.ids.new("offer"), days=7, bursary_code=name)
    offers.offer_anew(story.outside, ADMIN, offered.which, wanted)
    story.offered.append(story.in_hand(offered.application_id, wanted.offer_id))
    return "with a code" if name else "without"


def _open_code(story: Story) -> BursaryCode | None:
    return story.pick([one for one in story.rows(BursaryCode) if one.state == "open"])


def come_again(story: Story) -> str:
    """Who was in the group applies for its later term, those who have kept something first; it is
    paid later, so that a press of Pay takes the place."""
    later = story.wholes[-1]
    applied = {one.email for one in story.applications() if one.term_id == later.term.term_id}
    kept = {one.person_id for one in story.rows(Credit) if one.left_minor}
    before = [one for one in story.rows(Enrolment) if one.email not in applied]
    one = story.pick([one for one in before if one.person_id in kept] or before)
    if one is None or later is story.whole:
        return NOBODY
    application = story.shop.application(later, one.full_name, one.email)
    story.offered.append(story.shop.offer_to(application))
    if story.random.random() < 0.6:
        story.shop.press_pay(story.offered[-1])
    return f"{one.full_name} has kept {one.person_id in kept}"
