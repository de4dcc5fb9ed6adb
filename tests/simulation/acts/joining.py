"""Offers and what ends them, applications that change their way, switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.flows.joining import applications, offers, screening
from chalicelib.flows.money import checkout, payments
from chalicelib.flows.running import terms
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.links import personal_link
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads
from chalicelib.store.commit import commit
from tests.shop import ADMIN
from tests.simulation.acts.act import NOBODY, PEOPLE

if TYPE_CHECKING:
    from tests.simulation.story import Story


def make_offer(story: Story) -> str:
    one = somebody(story)
    if one is None:
        return NOBODY
    story.offered.append(story.shop.offer_to(one, story.random.choice((3, 7, 14))))
    return one.full_name


def somebody(story: Story) -> Application | None:
    """Somebody new as long as there is anybody, or who was accepted and waits."""
    every = story.applications()
    waiting = [one for one in every if one.state == "accepted" and not one.offer_id]
    known = {one.full_name for one in every}
    new = [name for name in PEOPLE[: story.theme.people] if name not in known]
    if new:
        waiting.append(story.shop.application(story.whole, new[0]))
    return story.pick(waiting)


def prove_address(story: Story) -> str:
    """Somebody opens the link of a mail: from then on money by hand can take the place."""
    unknown = [one for one in story.applications() if one.person_id is None]
    one: Application | None = story.pick(unknown)
    if one is None:
        return NOBODY
    token = personal_link(story.outside.places.link_keys, "application", one.application_id, 1)
    applications.prove_address(story.outside, Caller(actor="applicant"), token)
    return one.full_name


def withdraw(story: Story) -> str:
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    if story.random.random() < 0.5:  # as the desk does it; else as if Stripe had not been asked
        close_first(story, offered)
    offers.withdraw(story.outside, ADMIN, offered.which, "made by mistake")
    return "withdrawn"


def decline(story: Story) -> str:
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    if story.random.random() < 0.5:
        close_first(story, offered)
    offers.decline(story.outside, ADMIN, offered.which)
    return "declined"


def close_first(story: Story, offered: Any) -> None:
    """Sessions of an offer are closed before it ends; one that is paid is settled."""
    for session in checkout.close_sessions(story.outside, story.shop.offer_row(offered)):
        payments.settle(story.outside, session)


def join_waitlist(story: Story) -> str:
    offered = story.pick(story.offered)
    if offered is None:
        return NOBODY
    offers.join_waitlist(story.outside, ADMIN, offered.which)
    return "waits"


def decide(story: Story) -> str:
    """An accepted or waiting application goes another way."""
    one: Application | None = story.pick(story.applications())
    if one is None:
        return NOBODY
    decision = story.random.choice(("accepted", "accepted", "waitlisted", "declined"))
    screening.decide(story.outside, ADMIN, one.application_id, decision, "other")
    return decision


def change_capacity(story: Story) -> str:
    capacity = story.random.randint(1, 4)
    ids = (story.whole.group.group_id, story.whole.term.term_id)
    terms.change_places(story.outside, ADMIN, *ids, {"capacity": capacity})
    return str(capacity)


def flip_a_switch(story: Story) -> str:
    names = ("selling", "refunds", "mail", "bank_debit", "instalments")
    switch = story.random.choice(names)
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {switch: not getattr(circle, switch)})))
    return switch
