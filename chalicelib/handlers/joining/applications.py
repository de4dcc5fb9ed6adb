"""Doors of applying: the form in its steps, and the applicant's own page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Response

from chalicelib import wording
from chalicelib.flows.joining import applications as flow
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining import application_form as forms
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.links import link_path
from chalicelib.rules.parsers import choice, several

door = Doors(__name__)


def _professions() -> list[str]:
    return [spoken for _, spoken in wording.options("profession")]


# Step 1, without a draft yet


@door.page("/groups/{slug}/apply", Audience.ANYONE)
def show_apply(visit: Visit, slug: str, answers_given: Answers | None = None) -> Response:
    """Whether it is for me, the dates and the price, and the first step."""
    taster = visit.query.get("taster") or visit.hidden("taster")
    facts = flow.show_apply(visit.outside, slug, taster)
    return visit.page(
        "apply", answers_given=answers_given or _first(facts, visit, taster), taster=taster, **facts
    )


@door.form("/groups/{slug}/apply", Audience.ANYONE, again=show_apply)
def start(visit: Visit, slug: str) -> Response:
    """Begin a draft."""
    facts = flow.show_apply(visit.outside, slug, visit.hidden("taster"))
    ids = [whole.term.term_id for whole in facts["terms"]]
    values = visit.read(forms.BEGIN.offering(term_id=choice(*ids)))
    application = Application(
        application_id=visit.outside.ids.new("application"),
        group_id=facts["group"].group_id,
        term_id=values["term_id"],
        booking_id=facts["guest"].booking_id if facts["guest"] else "",
        steps_done=1,
        created_at=visit.now,
        **forms.who_of(values),
    )
    path = link_path(visit.outside.places.link_keys, "draft", application.application_id, 1)
    caller = visit.caller(f"{path}/dates", f"applicant:{application.application_id}")
    flow.start(visit.outside, caller, application, visit.address)
    return visit.go(caller.location)


# The draft


@door.page("/apply/{token}", Audience.LINK)
def show_draft(visit: Visit, token: str) -> Response:
    """Go on where it was left; or the word that it was sent."""
    facts = flow.show_draft(visit.outside, token)
    application = facts["application"]
    if application.submitted_at is not None:
        return visit.page("application_sent", **facts)
    if application.state != "draft" or facts["over"] or facts["closed"]:
        return visit.page("application_closed", **facts)
    return visit.go(f"/apply/{token}/{flow.STEPS[application.steps_done]}")


@door.page("/apply/{token}/you", Audience.LINK)
def show_you(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """Who is applying."""
    return _step(visit, token, "apply_you", answers_given)


@door.form("/apply/{token}/you", Audience.LINK, again=show_you)
def save_you(visit: Visit, token: str) -> Response:
    """Who is applying, changed."""
    values = forms.who_of(visit.read(forms.YOU))
    path = flow.draft_path(visit.outside, token, values)
    return _save(visit, token, 1, values, path)


@door.page("/apply/{token}/dates", Audience.LINK)
def show_dates(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """Whether the dates can be kept, and on what."""
    return _step(visit, token, "apply_dates", answers_given)


@door.form("/apply/{token}/dates", Audience.LINK, again=show_dates)
def save_dates(visit: Visit, token: str) -> Response:
    """The second step's answers."""
    sessions = flow.show_draft(visit.outside, token)["whole"].sessions
    days = [one.local_date.isoformat() for one in sessions]
    values = visit.read(forms.DATES.offering(absences=several(*days)))
    return _save(visit, token, 2, values, f"/apply/{token}")


@door.page("/apply/{token}/about", Audience.LINK)
def show_about(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """A few sentences, the ground rules, the privacy text."""
    return _step(visit, token, "apply_about", answers_given)


@door.form("/apply/{token}/about", Audience.LINK, again=show_about)
def save_about(visit: Visit, token: str) -> Response:
    """The third step's answers."""
    values = forms.about_of(visit.read(forms.ABOUT))
    return _save(visit, token, 3, values, f"/apply/{token}/check")


@door.page("/apply/{token}/check", Audience.LINK)
def show_check(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """Every answer, before it is sent."""
    return _step(visit, token, "apply_check", answers_given)


@door.form("/apply/{token}/check", Audience.LINK, again=show_check)
def submit(visit: Visit, token: str) -> Response:
    """Send it."""
    application = flow.draft(visit.outside, token)
    caller = visit.caller(f"/apply/{token}", f"applicant:{application.application_id}")
    flow.submit(visit.outside, caller, token)
    return visit.go(caller.location)


def _step(visit: Visit, token: str, name: str, answers_given: Answers | None) -> Response:
    """A step's page; a draft that is no draft any more, or not so far, leads back to its start."""
    facts = flow.show_draft(visit.outside, token)
    application = facts["application"]
    stopped = application.state != "draft" or facts["over"] or facts["closed"]
    if stopped or (name == "apply_check" and application.steps_done < 3):
        return visit.go(f"/apply/{token}")
    typed = forms.who_typed(application, _professions()) | forms.typed_of(application)
    given = answers_given or Answers(typed=typed, form="apply")
    texts = flow.show_texts(visit.outside) if name == "apply_about" else {}
    return visit.page(name, answers_given=given, token=token, **facts, **texts)


def _save(
    visit: Visit, token: str, step: int, values: Mapping[str, Any], location: str
) -> Response:
    application = flow.draft(visit.outside, token)
    ready = application.steps_done >= 3 and step < 3
    caller = visit.caller(
        f"{location}/check" if ready else location, f"applicant:{application.application_id}"
    )
    flow.save(visit.outside, caller, token, step, values, visit.address)
    return visit.go(caller.location)


def _first(facts: Mapping[str, Any], visit: Visit, taster: str) -> Answers:
    """The first step as it opens: the guest's own words, or the group's zone."""
    guest, asked = facts["guest"], str(visit.query.get("term", ""))
    typed = forms.who_typed(guest, _professions()) if guest else {"zone": facts["group"].zone}
    return Answers(typed={**typed, "term_id": asked, "taster": taster}, form="apply")


# The applicant's own page


@door.page("/applications/{token}", Audience.LINK)
def show_status(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """Where the application stands and what its applicant can do."""
    facts = flow.show_status(visit.outside, token)
    typed = {"access_needs": facts["application"].access_needs}
    given = answers_given or Answers(typed=typed, form=forms.NEEDS.name)
    return visit.page("application", answers_given=given, token=token, **facts)


@door.form("/applications/{token}", Audience.LINK, again=show_status)
def act(visit: Visit, token: str) -> Response:
    """Confirm the address, withdraw, park, take up again."""
    what = visit.word("do", ("confirm", "withdraw", "park", "take_up_again", "forget_needs"))
    application = flow.from_token(visit.outside, token)
    caller = visit.caller(f"/applications/{token}", f"applicant:{application.application_id}")
    if what == "confirm":
        flow.prove_address(visit.outside, caller, token)
    elif what == "take_up_again":
        flow.take_up_again(visit.outside, caller, token)
    elif what == "forget_needs":
        flow.keep_needs(visit.outside, caller, token, "")
    else:
        state = "withdrawn" if what == "withdraw" else "not_now"
        flow.leave(visit.outside, caller, token, state)
    return visit.go(caller.location)


@door.form("/applications/{token}/needs", Audience.LINK, again=show_status)
def keep_needs(visit: Visit, token: str) -> Response:
    """What would help to take part, with consent."""
    needs = visit.read(forms.NEEDS)["access_needs"]
    application = flow.from_token(visit.outside, token)
    caller = visit.caller(f"/applications/{token}", f"applicant:{application.application_id}")
    flow.keep_needs(visit.outside, caller, token, needs)
    return visit.go(caller.location)
