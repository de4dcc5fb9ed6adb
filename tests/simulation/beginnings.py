"""How things stand when a story of a theme begins, and the first steps of it that no seed picks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from chalicelib.flows.prices import bursaries
from chalicelib.flows.running import terms
from chalicelib.rules.running.groups import WholeTerm
from tests.shop import ADMIN
from tests.simulation.acts import joining, paying
from tests.stories import DESK, PLACES, a_circle, a_recruiting_term
from tests.world import World

if TYPE_CHECKING:
    from tests.simulation.story import Story

LATER: dict[str, Any] = {
    **PLACES,
    "capacity": 4,
    "min_members": 2,
    "price_minor": 12000,
    "payment_due": "after_first_session",
    "instalments": 2,
}


def two_places(world: World) -> list[WholeTerm]:
    """A term with two places for four people."""
    return [a_recruiting_term(world, capacity=2, count=2)]


def a_busy_circle(world: World) -> list[WholeTerm]:
    """A term of three evenings with a penny that does not divide, a later one of the same group
    that is paid after its first evening in two parts, a gift for bursaries, and two people who
    have to agree above a limit."""
    return _busy(world, instalments=1)


def a_circle_with_parts(world: World) -> list[WholeTerm]:
    """The same with the first term in three parts."""
    return _busy(world, instalments=3)


def _busy(world: World, instalments: int) -> list[WholeTerm]:
    a_circle(world, instalments=True, refund_limit_minor=9000)
    own = {"count": 3, "instalments": instalments, "min_members": 2}
    first = a_recruiting_term(world, capacity=4, price_minor=21601, **own)
    ids, later_id = (first.group.group_id, first.term.term_id), world.outside.ids.new("term")
    terms.copy_term(world.outside, DESK, *ids, later_id, "Summer 2027", date(2027, 2, 25))
    later = (first.group.group_id, later_id)
    terms.change_places(world.outside, DESK, *later, LATER)
    terms.publish(world.outside, DESK, *later)
    gift = {"gift_minor": 20000, "reference": "a letter"}
    bursaries.record_gift(world.outside, ADMIN, gift)
    return [first, terms.show_term(world.outside, *later)]


# The first steps


def two_offers(story: Story) -> None:
    """Two people are offered a place."""
    for _ in range(2):
        story.do(joining.make_offer)


def three_members(story: Story) -> None:
    """Three people have paid, or their first part; the proof of an address came with it."""
    for _ in range(3):
        story.do(joining.make_offer)
        story.do(paying.take_a_place)


def one_member_and_two_offers(story: Story) -> None:
    """One has paid; two have an offer, an address that is proven, and a bank."""
    story.do(joining.make_offer)
    story.do(paying.take_a_place)
    for _ in range(2):
        story.do(joining.make_offer)
        story.do(joining.prove_address)
