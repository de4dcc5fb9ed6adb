"""The administrator's doors to the circle itself: settings, switches, documents, roles, acts."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.flows.people import settings
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.people.circle import SWITCHES
from chalicelib.rules.people.people import DESK_ROLES
from chalicelib.rules.people.set_up_forms import (
    DOCUMENT_FORM,
    GIVE_ROLE_FORM,
    SWITCH_FORM,
    TAKE_ROLE_FORM,
    settings_form,
)

door = Doors(__name__)
PAGE = "/admin/settings"


@door.page(PAGE, Audience.ADMINISTRATOR)
def show_settings(visit: Visit) -> Response:
    """Everything about the circle that an administrator keeps, on one page."""
    return visit.page("admin_settings", desk=settings.show_desk(visit.outside), here="settings")


@door.page(f"{PAGE}/circle", Audience.ADMINISTRATOR)
def show_circle(visit: Visit, answers_given: Answers | None = None) -> Response:
    """The circle's facts as a form."""
    known = settings.show_desk(visit.outside).settings
    given = answers_given or Answers.of(settings_form(known.currency), vars(known))
    return visit.page("admin_settings_circle", answers_given=given, settings=known)


@door.form(f"{PAGE}/circle", Audience.ADMINISTRATOR, again=show_circle)
def change_circle(visit: Visit) -> Response:
    """Saves what was changed, for somebody who has just signed in: it says who may give money
    back alone."""
    visit.require_fresh()
    known = settings.show_desk(visit.outside).settings
    values = visit.read(settings_form(known.currency))
    settings.edit(visit.outside, visit.caller(PAGE), values)
    return visit.go(PAGE)


@door.page(f"{PAGE}/switches/{{switch}}", Audience.ADMINISTRATOR)
def show_switch(visit: Visit, switch: str, answers_given: Answers | None = None) -> Response:
    """One switch, what it stops, and why it is moved."""
    known = settings.show_desk(visit.outside).settings
    if switch not in SWITCHES:
        raise NotFound
    return visit.page(
        "admin_settings_switch",
        answers_given=answers_given,
        switch=switch,
        on=getattr(known, switch),
    )


@door.form(f"{PAGE}/switches/{{switch}}", Audience.ADMINISTRATOR, again=show_switch)
def turn_switch(visit: Visit, switch: str) -> Response:
    """Switches off or on."""
    on = visit.word("turn", ("on", "off")) == "on"
    reason = visit.read(SWITCH_FORM)["reason"]
    settings.turn(visit.outside, visit.caller(PAGE), switch, on, reason)
    return visit.go(PAGE)


@door.page(f"{PAGE}/documents/{{name}}", Audience.ADMINISTRATOR)
def show_document(visit: Visit, name: str, answers_given: Answers | None = None) -> Response:
    """A document's text, ready for a new version, and the versions before."""
    current, versions = settings.show_document(visit.outside, name)
    given = answers_given or Answers.of(DOCUMENT_FORM, {"text": current.text})
    return visit.page(
        "admin_settings_document", answers_given=given, current=current, versions=versions
    )


@door.form(f"{PAGE}/documents/{{name}}", Audience.ADMINISTRATOR, again=show_document)
def publish_document(visit: Visit, name: str) -> Response:
    """Publishes a new version."""
    text = visit.read(DOCUMENT_FORM)["text"]
    settings.publish(visit.outside, visit.caller(PAGE), name, text)
    return visit.go(PAGE)


@door.page(f"{PAGE}/people", Audience.ADMINISTRATOR)
def show_new_officer(visit: Visit, answers_given: Answers | None = None) -> Response:
    """Asks whom to make administrator or treasurer."""
    return visit.page("admin_settings_give_role", answers_given=answers_given)


@door.form(f"{PAGE}/people", Audience.ADMINISTRATOR, again=show_new_officer)
def give_role(visit: Visit) -> Response:
    """Gives a role; asks for a sign-in of the last minutes, for it opens every door."""
    visit.require_fresh()
    settings.give_role(visit.outside, visit.caller(PAGE), visit.read(GIVE_ROLE_FORM))
    return visit.go(PAGE)


@door.page(f"{PAGE}/people/{{person_id}}", Audience.ADMINISTRATOR)
def show_officer(visit: Visit, person_id: str, answers_given: Answers | None = None) -> Response:
    """Somebody at the desk, and her roles."""
    officer = settings.officer(visit.outside, person_id)
    return visit.page("admin_settings_take_role", answers_given=answers_given, officer=officer)


@door.form(f"{PAGE}/people/{{person_id}}", Audience.ADMINISTRATOR, again=show_officer)
def take_role(visit: Visit, person_id: str) -> Response:
    """Takes a role back."""
    visit.require_fresh()
    role = visit.word("role", DESK_ROLES)
    reason = visit.read(TAKE_ROLE_FORM)["reason"]
    settings.take_role(visit.outside, visit.caller(PAGE), person_id, role, reason)
    return visit.go(PAGE)


@door.page("/admin/audit", Audience.ADMINISTRATOR)
def show_acts(visit: Visit) -> Response:
    """Who did what on a day."""
    acts = settings.show_acts(visit.outside, visit.day("day"))
    return visit.page("admin_audit", acts=acts, here="audit")
