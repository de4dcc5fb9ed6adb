"""How things stand when a story begins: a circle that is set up, a term that recruits."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from chalicelib.flows.running import groups, leaders, terms
from chalicelib.rules.changes import Caller, Change, Create
from chalicelib.rules.people.circle import CircleSettings, Document
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from tests.again import once
from tests.world import World

TEXTS = {
    "agreement": "What is said in the group stays in the group.\n\nEveryone comes every time.",
    "refund_policy": "Until 28 days before the term begins you get the whole fee back.",
    "privacy": "We keep what we need to run the groups, and nothing about cases.",
}


def a_circle(world: World, **changed: Any) -> CircleSettings:
    """The Marmalade Circle, set up, with its documents in version 1."""
    before = reads.get(CircleSettings, "settings", "circle")
    if before is not None:
        return before
    facts: dict[str, Any] = {
        "name": "Marmalade Circle",
        "email": "hello@marmalade-circle.example",
        "seller_name": "Marmalade Circle",
        "seller_address": "1 Preserve Lane, Fictonbury ZZ99 9ZZ",
        "seller_statement": "Fictional charity 000000. No VAT is charged.",
        "agreement_version": "1",
        "policy_version": "1",
        "refund_limit_minor": 100_000,  # stories about two people lower it
        "set_up_at": world.now,
    }
    settings = CircleSettings(**{**facts, **changed})
    documents = [
        Create(Document(name=name, version="1", text=text, published_at=world.now))
        for name, text in TEXTS.items()
    ]
    commit(Change.of(Create(settings), *documents))
    return settings


def a_recruiting_term(
    world: World,
    capacity: int = 8,
    price_minor: int = 21600,
    slug: str = "thursday-lantern",
    title: str = "Thursday Lantern Group",
    **changed: Any,
) -> WholeTerm:
    """Spring 2027 of the Thursday Lantern Group: online, fortnightly, six evenings, with two
    leaders and a free taster on 10 December. `changed` are other answers of the desk's forms
    about dates, places or venue."""

    def build() -> WholeTerm:
        whole = a_draft_term(world, capacity, price_minor, slug, title, **changed)
        group_id, term_id = whole.group.group_id, whole.term.term_id
        terms.publish(world.outside, DESK, group_id, term_id)
        return terms.show_term(world.outside, group_id, term_id)

    key = ("recruiting", capacity, price_minor, slug, title, repr(sorted(changed.items())))
    return once(world, key, build)


def a_draft_term(
    world: World,
    capacity: int = 8,
    price_minor: int = 21600,
    slug: str = "thursday-lantern",
    title: str = "Thursday Lantern Group",
    **changed: Any,
) -> WholeTerm:
    """The same before it is published: it lacks nothing."""
    a_circle(world)
    outside = world.outside
    group_id, term_id = outside.ids.new("group"), outside.ids.new("term")
    groups.create_group(outside, DESK, group_id, {**GROUP, "title": title, "slug": slug})
    groups.edit_texts(outside, DESK, group_id, TEXTS_OF_GROUP)
    group = groups.show_desk(outside, group_id).group
    own = {**changed, "capacity": capacity, "price_minor": price_minor}
    own.setdefault("min_members", min(6, capacity))
    assert not set(own) - {*DATES, *PLACES, *WHERE}, "no form of the desk asks for that"
    dates, places, where = (
        {name: own.get(name, usual) for name, usual in form.items()}
        for form in (DATES, PLACES, WHERE)
    )
    terms.create_term(outside, DESK, group, term_id, dates, "GBP")
    terms.change_places(outside, DESK, group_id, term_id, places)
    terms.change_where(outside, DESK, group_id, term_id, where)
    for name, email in LEADERS.items():
        listed = {**LEADER, "name": name, "email": email}
        leaders.save_leader(outside, DESK, group_id, term_id, listed)
    taster_id = outside.ids.new("session")
    terms.add_taster(outside, DESK, group_id, term_id, taster_id, TASTER)
    return terms.show_term(outside, group_id, term_id)


DESK = Caller(actor="administrator")
GROUP = {
    "audience": "Clinicians of all professions",
    "mode": "online",
    "zone": "Europe/London",
    "contact_email": "lantern@marmalade-circle.example",
}
TEXTS_OF_GROUP = {
    "about": "We meet on Thursday evenings and think about one or two encounters.",
    "eligibility": "",
    "patient_word": "patient",
    "contact_email": "lantern@marmalade-circle.example",
}
DATES: dict[str, Any] = {
    "title": "Spring 2027",
    "fee_plan": "term",
    "first_date": date(2027, 1, 14),
    "local_time": time(19),
    "minutes": 90,
    "often": "fortnightly",
    "count": 6,
    "skipped": (),
    "extra": (),
}
PLACES: dict[str, Any] = {
    "capacity": 8,
    "min_members": 6,
    "price_minor": 21600,
    "other_costs_minor": 9000,
    "leaders_extra_minutes": 0,
    "apply_by": date(2027, 1, 4),
    "guest_places": 2,
    "payment_due": "before_start",
    "instalments": 1,
}
WHERE: dict[str, Any] = {
    "mode": "online",
    "venue": "",
    "venue_access": "",
    "link_note": "By mail, two days before the first session.",
    "meeting_link": "https://meet.example.org/lantern",
    "doors_open_minutes": 10,
}
LEADERS = {
    "Dr Imelda Inkwell": "imelda.inkwell@example.org",
    "Barnaby Teacup": "barnaby.teacup@example.org",
}
LEADER = {
    "accreditation": "accredited",
    "body": "the Balint Society",
    "biography": "",
    "pay": "fee",
    "rate_minor": 6500,
}
TASTER = {"date": date(2026, 12, 10), "time": time(19), "minutes": 90, "places": 6}
