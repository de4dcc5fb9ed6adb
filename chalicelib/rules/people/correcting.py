"""What the desk does about an address that mail does not reach: corrects it, says that it works
again, or that the person was reached another way.

What does not live here: how an address comes to be marked (addresses.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.rules import parsers, sending
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.forms import Field, Form
from chalicelib.rules.mail import Mail, mail
from chalicelib.rules.people.addresses import WORKS, Address
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import EmailOwner, Officer, Person, email_key

CORRECT_FORM = Form(
    "correct_address",
    (Field("email", parsers.email(), words="new_address"), Field("reason", parsers.text(300))),
)
LIFT_FORM = Form("lift_address", (Field("reason", parsers.text(300)),))


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What there is about an address, when the desk deals with it: its owner, where it has one,
    and the mails that did not arrive."""

    address: Address
    task: Task | None
    owner: Person | None
    officer: Officer | None
    mails: Sequence[Mail]


def correct(
    wrong: Wrong, email: str, other: Address | None, change_id: str, now: datetime
) -> Change:
    """Another address takes the place of one that mail does not reach, and gets what did not
    arrive. Sessions and links of the person end (M5); ids, payments, certificates stay.
    `other` is what is known of the new address."""
    address, owner = wrong.address, wrong.owner
    follows = Update(
        address,
        {
            "replaced_by": email,
            "person_id": owner.person_id if owner else address.person_id,
            "mails": (),
            "expires_epoch": None,  # what was frozen with the old address follows for good
        },
        when=(Is("state", address.state), Is("mails", address.mails)),
    )
    freed = Update(other, {"replaced_by": ""}) if other and other.replaced_by else None
    return Change.of(
        follows, freed, _moved(owner, email), _done(wrong), *_again(wrong, now)
    ) + _told(wrong, email, change_id, now)


def lift(wrong: Wrong, now: datetime) -> Change:
    """Somebody says that the address works again: what did not arrive is sent once more. One that
    was replaced stays so, and can be chosen again."""
    address = wrong.address
    values = {"state": WORKS, "at": now, "lifted_at": now, "reason": "", "mails": ()}
    unchanged = (Is("state", address.state), Is("mails", address.mails))
    return Change.of(Update(address, values, when=unchanged), _done(wrong), *_again(wrong, now))


def send_again(wrong: Wrong, now: datetime) -> Change:
    """Mails that got lost on their way to an address that works, or has another one in its place
    by now, are sent once more."""
    return reached(wrong) + Change.of(*_again(wrong, now))


def reached(wrong: Wrong) -> Change:
    """The person was reached another way: nothing of what did not arrive is still to be done. The
    address stays marked."""
    address = wrong.address
    return Change.of(
        Update(address, {"mails": ()}, when=(Is("mails", address.mails),)), _done(wrong)
    )


def _moved(owner: Person | None, email: str) -> Change:
    if owner is None:
        return Change()
    unchanged = (Is("email", owner.email), Is("generation", owner.generation))
    old = EmailOwner(email=email_key(owner.email), owner_id=owner.person_id)
    return Change.of(
        Update(owner, {"email": email}, add={"generation": 1}, when=unchanged),
        Create(EmailOwner(email=email_key(email), owner_id=owner.person_id)),
        Remove(old, (Is("owner_id", owner.person_id),)),
    )


def _told(wrong: Wrong, email: str, change_id: str, now: datetime) -> Create:
    """The new address hears that it is written to from now on."""
    facts = {"full_name": wrong.owner.full_name if wrong.owner else wrong.address.name}
    person_id = wrong.owner.person_id if wrong.owner else None
    return mail("address_changed", change_id, email, now, facts, person_id=person_id)


def _done(wrong: Wrong) -> Remove | None:
    return Remove(wrong.task) if wrong.task else None


def _again(wrong: Wrong, now: datetime) -> list[Change]:
    return [sending.again(one, now) for one in wrong.mails if sending.may_go_again(one)]
