"""Every state a thing can be in and every move that is declared. A move not here is refused.

What does not live here: when a move is made, and by whom (the modules of each thing).
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.errors import MoveNotDeclared

MOVES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "group": {"draft": ("published",), "published": ("closed",), "closed": ("published",)},
    "term": {
        "draft": ("recruiting", "cancelled"),
        "recruiting": ("running", "cancelled"),
        "running": ("ended", "cancelled"),
        "ended": (),
        "cancelled": (),
    },
    "session": {
        "planned": ("held", "cancelled"),
        "held": ("cancelled",),
        "cancelled": ("planned", "held"),
    },
    "booking": {
        "booked": ("attended", "missed", "cancelled"),
        "attended": ("missed",),
        "missed": ("attended",),
        "cancelled": (),
    },
    "application": {
        "draft": ("submitted", "withdrawn", "lapsed"),
        "submitted": ("screening", "interview", "accepted", "waitlisted", "declined", "not_now",
                      "withdrawn", "lapsed"),
        "screening": ("interview", "accepted", "waitlisted", "declined", "not_now", "withdrawn",
                      "lapsed"),
        "interview": ("accepted", "waitlisted", "declined", "not_now", "withdrawn", "lapsed"),
        "accepted": ("waitlisted", "declined", "not_now", "withdrawn", "lapsed"),
        "waitlisted": ("accepted", "declined", "not_now", "withdrawn", "lapsed"),
        "declined": (),
        "not_now": ("submitted",),
        "withdrawn": (),
        "lapsed": (),
    },
    "offer": {
        "open": ("taken", "declined", "expired", "withdrawn"),
        "taken": (),
        "declined": (),
        "expired": (),
        "withdrawn": (),
    },
    "hold": {"held": ("taken", "released"), "taken": (), "released": ()},
    "enrolment": {
        "awaiting_agreement": ("active", "suspended", "left", "cancelled"),
        "confirmed_on_po": ("active", "left", "cancelled"),
        "active": ("suspended", "left", "completed", "cancelled"),
        "suspended": ("active", "left", "completed", "cancelled"),
        "left": ("awaiting_agreement", "active"),
        "completed": (),
        "cancelled": ("awaiting_agreement", "active"),
    },
    "obligation": {"due": ("paid", "void"), "paid": ("due", "void"), "void": ("paid", "due")},
    "payment": {
        "pending": ("on_its_way", "paid", "failed", "expired"),
        "on_its_way": ("paid", "failed"),
        "failed": ("paid",),
        "expired": ("paid", "on_its_way"),
        "paid": (),
    },
    "refund": {
        "requested": ("sent", "failed", "paid_manually"),
        "sent": ("succeeded", "failed"),
        "succeeded": ("failed",),
        "failed": ("sent", "succeeded", "paid_manually"),
        "paid_manually": (),
    },
    "release": {"proposed": ("done", "withdrawn"), "done": (), "withdrawn": ()},
    "instalment": {"due": ("paid", "void"), "paid": ("due", "void"), "void": ()},
    "bank_receipt": {
        "unmatched": ("proposed",),
        "proposed": ("matched", "returned", "unmatched"),
        "matched": (),
        "returned": (),
    },
    "payout": {
        "prepared": ("approved", "withdrawn"),
        "approved": ("sending", "paid_manually"),
        "sending": ("sent", "approved"),
        "sent": ("reversed",),
        "paid_manually": ("approved",),
        "reversed": (),
        "withdrawn": (),
    },
    "pay_run": {
        "prepared": ("approved", "withdrawn"),
        "approved": ("done",),
        "done": ("approved",),
        "withdrawn": (),
    },
    "bulk": {"running": ("done",), "done": ("running",)},
    "erasure": {
        "asked": ("waiting", "erased", "stopped"),
        "waiting": ("erased",),
        "erased": ("done",),
        "done": ("forgotten",),
        "stopped": (),
        "forgotten": (),
    },
    "bursary_code": {
        "open": ("used", "spent", "withdrawn"),
        "used": ("open", "spent"),
        "spent": (),
        "withdrawn": (),
    },
    "mail": {
        "queued": ("claimed", "failed", "dropped", "sent"),
        "claimed": ("claimed", "sent", "queued", "failed", "dropped", "withheld"),
        "sent": ("queued",),
        "failed": ("queued", "sent"),
        "dropped": (),
        "withheld": ("queued",),
    },
}  # fmt: skip


def move(kind: str, old: str, new: str) -> str:
    """The new state, if the move is declared; MoveNotDeclared otherwise (DESIGN of states)."""
    if new not in MOVES[kind].get(old, ()):
        raise MoveNotDeclared(kind=kind, old=old, new=new)
    return new


def may(kind: str, old: str, new: str) -> bool:
    """Whether the move is declared; for buttons."""
    return new in MOVES[kind].get(old, ())
