"""Doors of leaders to how they share their fees (L9)."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.running import splits
from chalicelib.flows.running.splits import Sharing
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.running.splitting import percent, share_field, split_form, usual

door = Doors(__name__)
LEADER = Audience.LEADER
HERE = "leading"
FEES = "/leader/groups/{group_id}/terms/{term_id}/fees"


@door.page(FEES, LEADER)
def show_fees(
    visit: Visit,
    group_id: str,
    term_id: str,
    answers_given: Answers | None = None,
    **_: str,
) -> Response:
    """Each one's fee, how they are shared, and a proposal."""
    shown = splits.show(visit.outside, visit.me, group_id, term_id)
    holding = shown.holding.split.shares if shown.holding else {}
    known = Answers.of(split_form(shown.whole), usual(shown.whole, holding))
    return visit.page(
        "leader_fees",
        here=HERE,
        shown=shown,
        path=f"/leader/groups/{group_id}/terms/{term_id}",
        percent=percent,
        share_field=share_field,
        answers_given=answers_given or known,
    )


@door.form(f"{FEES}/propose", LEADER, again=show_fees)
def propose_split(visit: Visit, group_id: str, term_id: str) -> Response:
    """Propose shares, or that each is paid the own fee."""
    own = visit.word("do", ("shares", "own")) == "own"
    shown: Sharing = splits.show(visit.outside, visit.me, group_id, term_id)
    values = None if own else visit.read(split_form(shown.whole))
    caller = visit.caller(f"/leader/groups/{group_id}/terms/{term_id}/fees")
    splits.propose(visit.outside, caller, visit.me, group_id, term_id, values)
    return visit.go(caller.location)


@door.form(f"{FEES}/{{split_id}}/confirm", LEADER, again=show_fees)
def confirm_split(visit: Visit, group_id: str, term_id: str, split_id: str) -> Response:
    """Agree to a proposal."""
    caller = visit.caller(f"/leader/groups/{group_id}/terms/{term_id}/fees")
    splits.confirm(visit.outside, caller, visit.me, group_id, term_id, split_id)
    return visit.go(caller.location)


@door.form(f"{FEES}/{{split_id}}/withdraw", LEADER, again=show_fees)
def withdraw_split(visit: Visit, group_id: str, term_id: str, split_id: str) -> Response:
    """Take a proposal back, or say no to it."""
    caller = visit.caller(f"/leader/groups/{group_id}/terms/{term_id}/fees")
    splits.withdraw(visit.outside, caller, visit.me, group_id, term_id, split_id)
    return visit.go(caller.location)
