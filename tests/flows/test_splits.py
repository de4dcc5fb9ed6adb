"""How leaders agree on sharing their fees, and what it earns them (L9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, NotFound
from chalicelib.flows import outbox
from chalicelib.flows.running import leaders, splits
from chalicelib.flows.running.splits import Sharing
from chalicelib.rules.changes import Caller
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.rules.running.splitting import share_field
from chalicelib.store import reads
from tests.people import a_person
from tests.shop import ADMIN, Shop
from tests.stories import LEADER, LEADERS, a_recruiting_term

IMELDA, BARNABY = LEADERS.values()


class Story:
    """Two leaders at £65 an hour, six evenings of ninety minutes."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.world = shop, shop.world
        self.whole: WholeTerm = a_recruiting_term(shop.world)
        self.ids = (self.whole.group.group_id, self.whole.term.term_id)

    def person(self, email: str) -> Person:
        return a_person(self.world, email)

    def shown(self, email: str = IMELDA) -> Sharing:
        return splits.show(self.world.outside, self.person(email), *self.ids)

    def proposes(self, imelda_bp: int | None, email: str = IMELDA) -> str:
        """Shares of Imelda and of Barnaby; None: each the own fee."""
        me = self.person(email)
        ids = [self.person(one).person_id for one in (IMELDA, BARNABY)]
        values = None
        if imelda_bp is not None:
            parts = (imelda_bp, 10_000 - imelda_bp)
            values = {share_field(name): bp for name, bp in zip(ids, parts, strict=True)}
        caller = Caller(actor=me.person_id)
        splits.propose(self.world.outside, caller, me, *self.ids, values)
        proposal = self.shown().proposal
        assert proposal is not None
        return proposal.split.split_id

    def agrees(self, split_id: str, email: str = BARNABY) -> None:
        me = self.person(email)
        caller = Caller(actor=me.person_id)
        splits.confirm(self.world.outside, caller, me, *self.ids, split_id)

    def earned(self, number: int) -> list[int]:
        """What a session earned Imelda and Barnaby."""
        self.shop.hold(self.whole, number)
        item = f"accrual#{self.whole.sessions[number - 1].session_id}"
        rows = [reads.get(Accrual, self.person(one).person_id, item) for one in (IMELDA, BARNABY)]
        return [row.amount_minor if row else 0 for row in rows]

    def mailed(self, email: str, words: str) -> str:
        outbox.send_due(self.world.outside)
        return self.world.postbox.last(email, words).text


@pytest.fixture
def story(shop: Shop) -> Story:
    return Story(shop)


def test_what_one_proposes_and_the_other_agrees_to_holds_for_what_begins_after(
    story: Story,
) -> None:
    split_id = story.proposes(6000)
    assert story.shown(BARNABY).may_confirm
    assert not story.shown(IMELDA).may_confirm
    assert "Dr Imelda Inkwell: 60 %" in story.mailed(BARNABY, "proposes how to share")
    assert story.earned(1) == [9750, 9750]
    story.world.clock.at = story.whole.sessions[1].starts_at + timedelta(minutes=5)
    story.agrees(split_id)
    assert "for sessions that begin from now on" in story.mailed(IMELDA, "is agreed")
    assert story.earned(2) == [9750, 9750], "it began before they had agreed"
    assert story.earned(3) == [11700, 7800]
    holding = story.shown().holding
    assert holding is not None
    assert holding.by == "Dr Imelda Inkwell"


def test_a_newer_one_takes_the_place_of_what_held_and_the_page_keeps_it(story: Story) -> None:
    for bp in (6000, 3333):
        story.agrees(story.proposes(bp))
        story.world.clock.move(days=1)
    shown = story.shown()
    assert shown.holding is not None
    assert sorted(shown.holding.split.shares.values()) == [3333, 6667]
    assert [(sorted(one.split.shares.values()), one.until) for one in shown.history] == [
        ([4000, 6000], shown.holding.since)
    ]
    story.agrees(story.proposes(None))
    assert story.shown().holding is None
    assert story.earned(1) == [9750, 9750]


def test_an_administrator_proposes_for_them_and_agrees_for_nobody(story: Story) -> None:
    ada = a_person(story.world, roles=("administrator",))
    split_id = story.proposes(5500, ada.email)
    story.agrees(split_id, IMELDA)
    assert story.shown().holding is None
    with pytest.raises(NotFound):
        story.agrees(split_id, ada.email)
    with pytest.raises(Conflict):
        story.agrees(split_id, IMELDA)
    story.agrees(split_id, BARNABY)
    assert story.earned(1) == [10725, 8775]


def test_a_proposal_can_be_refused_and_what_holds_cannot(story: Story) -> None:
    barnaby, outside = story.person(BARNABY), story.world.outside
    caller = Caller(actor=barnaby.person_id)
    refused = story.proposes(9000)
    splits.withdraw(outside, caller, barnaby, *story.ids, refused)
    with pytest.raises(Conflict):
        story.agrees(refused)
    first, second = story.proposes(8000), story.proposes(7000)
    with pytest.raises(Conflict):
        story.agrees(first)
    story.agrees(second)
    with pytest.raises(Conflict):
        splits.withdraw(outside, caller, barnaby, *story.ids, second)


def test_who_does_not_lead_the_term_sees_and_changes_nothing(story: Story) -> None:
    stranger = a_person(story.world, "stranger@example.org", ("leader",))
    for act in (
        lambda: splits.show(story.world.outside, stranger, *story.ids),
        lambda: splits.propose(story.world.outside, ADMIN, stranger, *story.ids, None),
    ):
        with pytest.raises(NotFound):
            act()


def test_only_who_is_paid_a_fee_shares(story: Story) -> None:
    waits = story.proposes(6000)
    told = {**LEADER, "name": "Barnaby Teacup", "email": BARNABY, "pay": "waived"}
    leaders.save_leader(story.world.outside, ADMIN, *story.ids, told)
    assert not story.shown().may_propose
    assert not story.shown().can_hold
    with pytest.raises(Conflict):
        story.agrees(waits)
    with pytest.raises(Conflict):
        story.proposes(6000)
