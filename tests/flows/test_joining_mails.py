"""The mails of applications and guest places carry what their sentences need, and no more: there
are several for each person, each is written three times, and all of them are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining import application_mails as mails
from chalicelib.rules.joining import tasters
from chalicelib.rules.joining.applications import Act, Application
from chalicelib.rules.mail import Mail
from chalicelib.store.codec import to_plain
from tests.again import once
from tests.bench.counting import KB, size
from tests.mail_samples import sample, sample_names
from tests.store.test_codec import in_dynamodb
from tests.stories import a_recruiting_term
from tests.world import World

OF_GUESTS = {"taster_confirmation", "taster_again", "taster_cancelled"}
NAMES = [
    name for name in sample_names() if name.startswith(("application_", "interview_", "taster_"))
]


def queued(world: World) -> dict[str, Mail]:
    """Every mail of joining before the offer, as the rules queue it."""
    whole = once(world, "a_recruiting_term", lambda: a_recruiting_term(world))
    new, now = world.outside.ids.new, world.now
    act = Act(actor="visitor", audit_id=new("audit"), now=now)
    one = Application(
        application_id=new("application"),
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        person_id=new("person"),
        full_name="Dr Pip Buttonwood",
        email="pip.buttonwood@hospital.example.org",
        email_hash="0" * 32,
        zone="Australia/Hobart",
        created_at=now,
    )
    held = {key: getattr(one, key) for key in ("full_name", "email", "email_hash", "zone")}
    session = whole.tasters[0]
    booked = tasters.booked(whole, session, held, new("booking"), act)
    booking = next(w.row for w in booked.writes if isinstance(w.row, tasters.TasterBooking))
    letters = Change.of(
        mails.begun(one, whole, act),
        mails.received(one, whole, act),
        mails.sent_again(one, one, whole, act),
        mails.invited(one, whole, act),
        mails.told(one, "waitlisted", whole, act),
        mails.left(one, "withdrawn", whole, act),
    )
    every = letters + booked
    every += tasters.booked_again(booking, whole, session, act)
    every += tasters.cancelled(booking, whole, act)
    rows = [one.row for one in every.writes if isinstance(one, Create)]
    return {row.template: row for row in rows if isinstance(row, Mail)}


@pytest.mark.parametrize("name", NAMES)
def test_the_samples_of_these_mails_have_the_facts_of_the_real_ones(
    world: World, name: str
) -> None:
    facts, links = sample(name)
    real = queued(world)[name.split(".")[0]]
    assert set(to_plain(real.facts)) - {"calendar"} == set(facts) - {"calendar"}
    assert set(real.links) == set(links)


def test_a_mail_of_an_application_fits_into_a_kilobyte_when_it_has_been_sent(world: World) -> None:
    """A kilobyte is what DynamoDB charges for at once."""
    for template, row in queued(world).items():
        sent = replace(
            row,
            state="sent",
            attempts=1,
            due_at=None,
            lease=world.outside.ids.new("lease"),
            sent_at=world.now,
            message_id="0102019f3c5a7b1e-0f9c2f6e-4f1e-4a51-9df1-2f8f4d3c1b2a-000000",
            subject="We would be glad to have you in Thursday Lantern Group",
        )
        room = 2 * KB if template in OF_GUESTS else KB
        assert size(in_dynamodb(sent)) <= room, template
