"""Applying, twice too; the applicant's own page; what the administrator decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import (
    AlreadyApplied,
    Conflict,
    InterviewOutcomeMissing,
    LinkNotValid,
    MoveNotDeclared,
    OfferStands,
    TermNotOpen,
)
from chalicelib.flows import outbox, today
from chalicelib.flows.joining import applications, forgetting, screening
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.joining import applications as rules
from chalicelib.rules.joining.application_mails import draft_link, status_link
from chalicelib.rules.joining.applications import POINTS, Act, Application
from chalicelib.rules.links import personal_link
from chalicelib.rules.mail import LinkTo
from chalicelib.rules.people.people import Person, email_hash
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications as store
from tests.people import a_person
from tests.stories import a_recruiting_term
from tests.world import World

APPLICANT = Caller(actor="visitor")
ADA = Caller(actor="person-ada")
DATES = {"can_attend": "all", "absences": (), "device": "computer"}
ABOUT = {"hopes": "To listen.", "source": "search", "knows_someone": "no", "payer": "self"}


def token_of(world: World, to: LinkTo) -> str:
    return personal_link(world.outside.places.link_keys, to.purpose, to.subject, to.generation)


def a_draft(world: World, whole: WholeTerm, email: str = "pip@example.org") -> Application:
    """A draft with every step answered."""
    begun = Application(
        application_id=world.outside.ids.new("application"),
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        full_name="Dr Pip Buttonwood",
        email=email,
        email_hash=email_hash(email),
        profession="General practitioner",
        steps_done=1,
        created_at=world.now,
    )
    applications.start(world.outside, APPLICANT, begun, "192.0.2.1")
    token = token_of(world, draft_link(begun))
    applications.save(world.outside, APPLICANT, token, 2, DATES, "192.0.2.1")
    applications.save(world.outside, APPLICANT, token, 3, ABOUT, "192.0.2.1")
    return again(begun)


def again(application: Application) -> Application:
    found = store.application(application.application_id)
    assert found is not None
    return found


def sent(world: World, whole: WholeTerm, email: str = "pip@example.org") -> Application:
    """An application as the administrator finds it."""
    draft = a_draft(world, whole, email)
    applications.submit(world.outside, APPLICANT, token_of(world, draft_link(draft)))
    return again(draft)


def status(world: World, application: Application) -> str:
    return token_of(world, status_link(application))


def tasks(world: World) -> list[str]:
    return [task.code for task in today.show_today(world.outside)["tasks"]]


def subjects(world: World) -> list[str]:
    outbox.send_due(world.outside)
    return [letter.subject for letter in world.postbox.letters]


def test_the_versions_of_what_was_read_are_kept(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    assert (application.privacy_version, application.agreement_version) == ("1", "1")
    assert application.state == "submitted"
    assert application.person_id is None, "the address is not proven yet"


def test_a_draft_that_lacks_a_step_cannot_be_sent(world: World) -> None:
    whole = a_recruiting_term(world)
    draft = a_draft(world, whole)
    commit(Change.of(Update(draft, {"steps_done": 2})))
    with pytest.raises(Conflict):
        applications.submit(world.outside, APPLICANT, token_of(world, draft_link(draft)))


def test_sending_twice_sends_once(world: World) -> None:
    draft = a_draft(world, a_recruiting_term(world))
    for _ in range(2):
        applications.submit(world.outside, APPLICANT, token_of(world, draft_link(draft)))
    assert tasks(world) == ["application_received"]
    assert subjects(world) == ["We have your application to Thursday Lantern Group"]


def test_a_second_application_of_an_address_collapses_into_the_first(world: World) -> None:
    whole = a_recruiting_term(world)
    first, second = sent(world, whole), sent(world, whole, "PIP@example.org")
    assert (first.state, second.state) == ("submitted", "lapsed")
    assert second.collapsed_into == first.application_id
    assert second.submitted_at is not None, "its sender sees the same page as everybody"
    assert tasks(world) == ["application_received"]
    assert "You have applied to Thursday Lantern Group already" in subjects(world)
    listed = screening.show_term(world.outside, whole.group.group_id, whole.term.term_id)
    assert [one.application_id for one in listed["applications"]] == [first.application_id]


def test_after_the_first_one_ended_the_address_can_apply_again(world: World) -> None:
    whole = a_recruiting_term(world)
    first = sent(world, whole)
    screening.decide(world.outside, ADA, first.application_id, "declined", "dates")
    second = sent(world, whole)
    assert second.state == "submitted"
    held = store.holder(second.claim_name)
    assert held is not None
    assert held.owner_id == second.application_id


def test_two_addresses_of_one_name_are_suggested_and_never_merged(world: World) -> None:
    whole = a_recruiting_term(world)
    first, second = sent(world, whole), sent(world, whole, "pip@elsewhere.example")
    shown = screening.show_application(world.outside, first.application_id)
    assert [one.application_id for one in shown["alike"]] == [second.application_id]


def test_a_term_that_closed_takes_no_draft(world: World) -> None:
    whole = a_recruiting_term(world)
    draft = a_draft(world, whole)
    world.clock.move(days=45)
    with pytest.raises(Conflict):
        applications.submit(world.outside, APPLICANT, token_of(world, draft_link(draft)))
    with pytest.raises(TermNotOpen):
        a_draft(world, whole)


def test_a_changed_address_gets_the_link_and_the_old_one_loses_it(world: World) -> None:
    whole = a_recruiting_term(world)
    draft = a_draft(world, whole, "typo@example.org")
    old = token_of(world, draft_link(draft))
    values = {"email": "pip@example.org", "email_hash": email_hash("pip@example.org")}
    applications.save(world.outside, APPLICANT, old, 1, values, "192.0.2.1")
    with pytest.raises(LinkNotValid):
        applications.draft(world.outside, old)
    outbox.send_due(world.outside)
    assert world.postbox.to("pip@example.org")
    assert applications.draft(world.outside, token_of(world, draft_link(again(draft))))


def test_a_draft_link_does_not_open_the_applicants_own_page(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    with pytest.raises(LinkNotValid):
        applications.show_status(world.outside, token_of(world, draft_link(application)))


# The address


def test_the_mailed_link_proves_the_address_and_makes_the_person_once(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    for _ in range(2):
        applications.prove_address(world.outside, APPLICANT, status(world, application))
    bound = again(application)
    assert bound.person_id
    person = reads.get(Person, bound.person_id)
    assert person is not None
    assert (person.email, person.roles) == ("pip@example.org", ())
    assert bound.address_proven_at == world.now


def test_an_address_we_know_binds_its_person_and_changes_nothing_of_hers(world: World) -> None:
    known = a_person(world, "pip@example.org", ("leader",), "Pip, as she calls herself")
    application = sent(world, a_recruiting_term(world), "Pip@Example.org")
    applications.prove_address(world.outside, APPLICANT, status(world, application))
    assert again(application).person_id == known.person_id
    assert reads.get(Person, known.person_id) == known


def test_binding_is_lost_to_nobody_when_two_bind_at_once(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    change, _ = store.binding(application, "person-new", world.now)
    applications.prove_address(world.outside, APPLICANT, status(world, application))
    with pytest.raises(Conflict):
        commit(change)
    assert sum(isinstance(row, Person) for row in reads.everything(tables.People)) == 3


# Leaving and coming back


def test_withdrawing_ends_it_with_its_task_and_its_mail(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    applications.leave(world.outside, APPLICANT, status(world, application), "withdrawn")
    assert tasks(world) == []
    assert subjects(world) == ["Your application to Thursday Lantern Group is withdrawn"]
    with pytest.raises(MoveNotDeclared):
        screening.take_up(world.outside, ADA, application.application_id)


def test_nobody_withdraws_under_an_offer(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    commit(Change.of(Update(application, {"offer_id": "offer-1", "state": "accepted"})))
    with pytest.raises(OfferStands):
        applications.leave(world.outside, APPLICANT, status(world, application), "withdrawn")
    with pytest.raises(OfferStands):
        screening.decide(world.outside, ADA, application.application_id, "declined", "full")


def test_an_offer_made_between_reading_and_writing_stops_the_withdrawal(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    act = Act(actor="visitor", audit_id="audit-1", now=world.now)
    leaving = rules.moved(application, "withdrawn", act)
    commit(Change.of(Update(application, {"offer_id": "offer-1"})))
    with pytest.raises(Conflict):
        commit(leaving)


def test_what_was_parked_is_taken_up_for_the_next_term(world: World) -> None:
    whole = a_recruiting_term(world)
    application = sent(world, whole)
    screening.decide(world.outside, ADA, application.application_id, "not_now")
    assert again(application).decision_reason == ""
    applications.take_up_again(world.outside, APPLICANT, status(world, application))
    assert (again(application).state, again(application).interview) == ("submitted", "")
    assert tasks(world) == ["application_received"]


def test_what_was_parked_stays_so_when_a_newer_one_stands_or_no_term_recruits(
    world: World,
) -> None:
    whole = a_recruiting_term(world)
    parked = sent(world, whole)
    screening.decide(world.outside, ADA, parked.application_id, "not_now")
    newer = sent(world, whole)
    with pytest.raises(AlreadyApplied):
        applications.take_up_again(world.outside, APPLICANT, status(world, parked))
    applications.leave(world.outside, APPLICANT, status(world, newer), "withdrawn")
    commit(Change.of(Update(whole.term, {"state": "running"})))
    with pytest.raises(TermNotOpen):
        applications.take_up_again(world.outside, APPLICANT, status(world, parked))


def test_what_would_help_is_kept_with_consent_and_ends_with_the_application(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    link = status(world, application)
    applications.keep_needs(world.outside, APPLICANT, link, "A hearing loop")
    assert again(application).access_needs == "A hearing loop"
    screening.decide(world.outside, ADA, application.application_id, "declined", "full")
    assert again(application).access_needs == ""
    with pytest.raises(Conflict):
        applications.keep_needs(world.outside, APPLICANT, link, "More")


# The administrator


def interviewed(world: World, application: Application, outcome: str) -> None:
    screening.invite(world.outside, ADA, application.application_id)
    screening.record_interview(world.outside, ADA, application.application_id, outcome, POINTS)


def test_every_state_has_the_task_that_leads_out_of_it(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    one = application.application_id
    seen = [tasks(world)]
    screening.take_up(world.outside, ADA, one)
    seen.append(tasks(world))
    interviewed(world, application, "suits")
    seen.append(tasks(world))
    screening.decide(world.outside, ADA, one, "accepted")
    seen.append(tasks(world))
    screening.decide(world.outside, ADA, one, "waitlisted")
    seen.append(tasks(world))
    assert seen == [
        ["application_received"],
        ["application_screening"],
        ["application_interview"],
        ["offer_to_make"],
        [],
    ]


def test_no_place_is_promised_before_the_interview(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    with pytest.raises(InterviewOutcomeMissing):
        screening.decide(world.outside, ADA, application.application_id, "accepted")
    interviewed(world, application, "second_talk")
    with pytest.raises(InterviewOutcomeMissing):
        screening.decide(world.outside, ADA, application.application_id, "accepted")


def test_a_decision_is_told_in_the_words_of_that_decision(world: World) -> None:
    whole = a_recruiting_term(world)
    told = {
        "waitlisted": "You are on the waiting list",
        "declined": "About your application",
        "not_now": "About your application",
    }
    for n, (decision, words) in enumerate(told.items()):
        application = sent(world, whole, f"pip{n}@example.org")
        screening.decide(world.outside, ADA, application.application_id, decision, "mix")
        outbox.send_due(world.outside)
        letter = world.postbox.last(application.email, words)
        assert "mix" not in letter.text, "no reasons (A10)"


def test_a_decision_taken_back_before_the_mail_left_is_not_told(world: World) -> None:
    whole = a_recruiting_term(world)
    application = sent(world, whole)
    screening.decide(world.outside, ADA, application.application_id, "waitlisted")
    screening.decide(world.outside, ADA, application.application_id, "declined", "full")
    assert "You are on the waiting list of Thursday Lantern Group" not in subjects(world)


def test_the_waiting_list_goes_by_priority_then_by_time(world: World) -> None:
    whole = a_recruiting_term(world)
    rows = [sent(world, whole, f"pip{n}@example.org") for n in range(3)]
    for row in rows:
        screening.decide(world.outside, ADA, row.application_id, "waitlisted")
        world.clock.move(minutes=1)
    commit(Change.of(Update(again(rows[2]), {"priority": 1})))
    listed = screening.show_term(
        world.outside, whole.group.group_id, whole.term.term_id, "waitlisted"
    )
    assert [one.email[3] for one in listed["applications"]] == ["2", "0", "1"]


def test_the_mix_counts_those_who_are_in_it(world: World) -> None:
    whole = a_recruiting_term(world)
    first, second = sent(world, whole), sent(world, whole, "otis@example.org")
    commit(Change.of(Update(second, {"profession": "Vet"})))
    screening.decide(world.outside, ADA, first.application_id, "declined", "mix")
    shown = screening.show_term(world.outside, whole.group.group_id, whole.term.term_id)
    assert shown["mix"] == [("Vet", 1)]


# What is deleted


def forget(world: World, **later: Any) -> dict[str, int]:
    world.clock.move(**later)
    return forgetting.forget_due(world.outside)


def test_a_draft_goes_after_thirty_days_and_its_link_with_it(world: World) -> None:
    draft = a_draft(world, a_recruiting_term(world))
    assert forget(world, days=29) == {}
    assert forget(world, days=1) == {"applications": 1}
    with pytest.raises(LinkNotValid):
        applications.show_draft(world.outside, token_of(world, draft_link(draft)))


def test_a_declined_application_goes_after_half_a_year_with_its_name(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    screening.decide(world.outside, ADA, application.application_id, "declined", "full")
    assert forget(world, days=182) == {}
    assert forget(world, days=2) == {"applications": 1}
    assert store.application(application.application_id) is None
    assert store.holder(application.claim_name) is None


def test_what_led_to_a_place_is_kept(world: World) -> None:
    application = sent(world, a_recruiting_term(world))
    commit(Change.of(Update(replace(application), {"state": "accepted"})))
    assert forget(world, days=366) == {"kept": 1}
    kept = again(application)
    assert kept.retain_until == world.now + timedelta(days=365)
