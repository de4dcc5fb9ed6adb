"""The administrator's doors to addresses that mail does not reach: the list, one of them, and what
to do about it."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.people import addresses
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.mail import name_in_path
from chalicelib.rules.people.correcting import CORRECT_FORM, LIFT_FORM

door = Doors(__name__)
PAGE = "/admin/addresses"
ONE = f"{PAGE}/{{address}}"
ADMINISTRATOR = Audience.ADMINISTRATOR


@door.page(PAGE, ADMINISTRATOR)
def show_addresses(visit: Visit) -> Response:
    """Every address that mail does not reach."""
    shown = addresses.show_addresses(visit.outside)
    return visit.page("admin_addresses", shown=shown, here="mails")


@door.page(ONE, ADMINISTRATOR)
def show_address(visit: Visit, address: str, answers_given: Answers | None = None) -> Response:
    """One of them: who it is, which mails did not arrive, and what can be done."""
    wrong = addresses.show_address(visit.outside, address)
    return visit.page(
        "admin_address",
        answers_given=answers_given,
        wrong=wrong,
        mails=[(name_in_path(one.message_key), one) for one in wrong.mails],
        here="mails",
    )


@door.form(f"{ONE}/correct", ADMINISTRATOR, again=show_address)
def correct_address(visit: Visit, address: str) -> Response:
    """Another address takes its place. It asks for a sign-in of the last minutes: whoever reads
    the mails of an address can sign in by them."""
    visit.require_fresh()
    values = visit.read(CORRECT_FORM)
    addresses.correct(visit.outside, visit.caller(_path(address)), address, values)
    return visit.go(_path(address))


@door.form(f"{ONE}/works", ADMINISTRATOR, again=show_address)
def lift_address(visit: Visit, address: str) -> Response:
    """Mail reaches it again."""
    reason = visit.read(LIFT_FORM)["reason"]
    addresses.lift(visit.outside, visit.caller(_path(address)), address, reason)
    return visit.go(_path(address))


@door.form(f"{ONE}/again", ADMINISTRATOR, again=show_address)
def send_lost_again(visit: Visit, address: str) -> Response:
    """What got lost is sent once more."""
    addresses.send_again(visit.outside, visit.caller(_path(address)), address)
    return visit.go(_path(address))


@door.form(f"{ONE}/reached", ADMINISTRATOR, again=show_address)
def mark_reached(visit: Visit, address: str) -> Response:
    """The person was told another way."""
    addresses.reached(visit.outside, visit.caller(_path(address)), address)
    return visit.go(_path(address))


def _path(address: str) -> str:
    return f"{PAGE}/{address}"
