"""What the application form asks, step by step (D15), and the forms of screening.

It asks little: who, whether the dates can be kept, a few sentences. Nobody is asked to name a
person they know, nor anything about a patient. What does not live here: the moves
(applications.py), the inputs and sentences (templates).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from chalicelib.rules.day_parsers import zone
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.joining.applications import DECLINE_REASONS, OUTCOMES, POINTS, Application
from chalicelib.rules.parsers import choice, email, multiline, several, text, tick
from chalicelib.rules.people.people import email_hash
from chalicelib.rules.running.groups import WholeTerm

OTHER = "other"
DEVICES = ("computer", "tablet", "phone")
SOURCES = ("colleague", "professional_body", "employer", "flyer", "taster", "search", OTHER)
KNOWS = ("no", "yes", "talk")
PAYERS = ("self", "employer")


def _profession_named(values: Mapping[str, Any]) -> dict[str, str]:
    if values["profession"] == OTHER and not values["profession_other"]:
        return {"profession_other": "missing"}
    return {}


WHO = (
    Field("full_name", text(120)),
    Field("email", email()),
    Field("profession", text(80)),
    Field("profession_other", text(80), required=False),
    Field("zone", zone()),
)
NAMED = Check(("profession", "profession_other"), _profession_named)

# Step 1: who, and for which of the terms that recruit.
BEGIN = Form(
    "apply", (Field("term_id", choice()), *WHO, Field("taster", text(300), False)), (NAMED,)
)
YOU = Form("apply", WHO, (NAMED,))


def _dates_agree(values: Mapping[str, Any]) -> dict[str, str]:
    """ "All of them" and a list of missed ones contradict each other, both ways round."""
    if values["can_attend"] == "all" and values["absences"]:
        return {"can_attend": "contradiction"}
    if values["can_attend"] == "some" and not values["absences"]:
        return {"absences": "which"}
    return {}


# Step 2: the dates of the term, and what it will be seen on (R20, R39).
DATES = Form(
    "apply",
    (
        Field("can_attend", choice("all", "some")),
        Field("absences", several(), required=False),
        Field("device", choice(*DEVICES)),
    ),
    (Check(("can_attend", "absences"), _dates_agree),),
)

# Step 3: a few sentences, and what has to be agreed to.
ABOUT = Form(
    "apply",
    (
        Field("hopes", multiline(1200)),
        Field("source", choice(*SOURCES)),
        Field("knows_someone", choice(*KNOWS)),
        Field("payer", choice(*PAYERS)),
        Field("agreement", tick()),
        Field("privacy", tick()),
    ),
)

NEEDS = Form(
    "access_needs", (Field("access_needs", multiline(800)), Field("access_consent", tick()))
)


def _points_covered(values: Mapping[str, Any]) -> dict[str, str]:
    if values["outcome"] == "suits" and len(values["points"]) < len(POINTS):
        return {"points": "not_all"}
    return {}


INTERVIEW = Form(
    "interview",
    (
        Field("points", several(*POINTS), required=False),
        Field("outcome", choice(*OUTCOMES)),
    ),
    (Check(("points", "outcome"), _points_covered),),
)
DECLINE = Form("decline", (Field("reason", choice(*DECLINE_REASONS)),))


def who_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the row keeps of the first step's answers."""
    spoken = values["profession"]
    return {
        "full_name": values["full_name"],
        "email": values["email"],
        "email_hash": email_hash(values["email"]),
        "profession": values["profession_other"] if spoken == OTHER else spoken,
        "zone": values["zone"],
    }


def who_typed(row: Any, professions: Collection[str]) -> dict[str, str]:
    """The first step as its inputs show it; a profession outside the list goes into its box."""
    listed = not row.profession or row.profession in professions
    return {
        "full_name": row.full_name,
        "email": row.email,
        "profession": row.profession if listed else OTHER,
        "profession_other": "" if listed else row.profession,
        "zone": row.zone,
    }


def about_of(values: Mapping[str, Any]) -> dict[str, str]:
    """What the row keeps of the third step; the ticks stand as versions of the texts."""
    return {name: values[name] for name in ("hopes", "source", "knows_someone", "payer")}


def typed_of(application: Application) -> dict[str, str | list[str]]:
    """The answered part of the steps two and three, as their inputs show it."""
    names = ("can_attend", "device", "hopes", "source", "knows_someone", "payer")
    ticks = {"agreement": "yes", "privacy": "yes"} if application.steps_done >= 3 else {}
    return {
        **{name: getattr(application, name) for name in names},
        "absences": list(application.absences),
        **ticks,
    }


def recruits(whole: WholeTerm, now: datetime) -> bool:
    """Whether a term can be applied for: its group is published and it takes applications,
    which ends when its first session begins (R87)."""
    return whole.group.state == "published" and whole.term.takes_applications(now)
