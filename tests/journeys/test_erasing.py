"""A member asks for her data and for its erasure; the desk reads what goes and what stays, decides
it, and afterwards knows her as an erased person (M8, T9, A3)."""

from __future__ import annotations

import json

from local.browser import Browser
from tests.flows.test_erasing import (
    ANSWERS,
    EMAIL,
    NAME,
    erasure,
    leave,
    nights,
    paid_alone,
    person_of,
    seen,
)
from tests.journeys.street import Street
from tests.people import ADMINISTRATOR, a_person
from tests.shop import Shop


def test_a_member_takes_her_data_along_and_is_erased(shop: Shop) -> None:
    street, offered = Street(shop), paid_alone(shop)
    a_person(shop.world, ADMINISTRATOR, ("administrator",))
    her = street.comes_in(EMAIL)
    her.get("/me")
    her.click("Take your data along")
    her.submit({}, "/files")
    her.reads("The file is ready")
    assert "https://files.example/people/" in her.markup
    [(body, kind, name)] = shop.world.drawer.files.values()
    told = json.loads(body)
    assert (kind, name) == ("application/json", "my-data-2026-11-21.json")
    assert {NAME, EMAIL} <= {told["about"], told["email"]}
    every = json.dumps(told, ensure_ascii=False)
    for canary in (*ANSWERS, "canary at the taster", "receipt"):
        assert canary in every, canary
    kinds = {row["kind"] for row in told["rows"]}
    assert {"Application", "TasterBooking", "Offer", "Enrolment", "Payment", "Act"} <= kinds
    assert "client_secret" not in every
    assert "/offers/" not in every, "no link that opens a door"

    her.get("/me/data")
    her.submit({}, "/me/data/erase")
    her.reads("You have asked us to erase", "We answer within a month")

    desk = street.comes_in(ADMINISTRATOR)
    desk.get("/admin")
    desk.click(f"{NAME} asks you to erase what you hold about them")
    desk.reads("They have a place in a term that is not over", "until Thursday 25 March 2027")
    desk.reads("Applications, with every answer in them, at once", "without a name, until")
    desk.is_refused(422, {"typed": "Somebody Else"}, "/erase")
    desk.reads("That is not the name")
    desk.get(f"/admin/erasing/{person_of().person_id}")
    desk.submit({"typed": NAME.upper()}, "/erase")
    desk.click(NAME)
    desk.reads("It is erased tonight")
    desk.submit({}, "/stop")
    desk.reads("Nobody has been erased")

    leave(shop, offered)
    desk = street.comes_in(ADMINISTRATOR)
    desk.get("/admin/settings")
    desk.click("Find somebody, make a file of what we hold")
    desk.submit({"email": EMAIL}, "/admin/erasing")
    desk.reads(f"What we hold about {NAME}", "Names and addresses on offers")
    name = person_of().person_id
    desk.submit({"typed": NAME}, "/erase")
    nights(shop.world)
    assert (erasure(name).state, seen()) == ("done", [])
    Browser.get(her, "/me/data", follow=False)
    assert (her.answer.header("location") or "").startswith("/sign-in")


def test_wherever_the_desk_meets_her_she_is_an_erased_person(shop: Shop) -> None:
    street, offered = Street(shop), paid_alone(shop)
    a_person(shop.world, ADMINISTRATOR, ("administrator", "treasurer"))
    leave(shop, offered)
    person = person_of()
    desk = street.comes_in(ADMINISTRATOR)
    desk.get("/admin/erasing")
    desk.submit({"email": EMAIL}, "/admin/erasing")
    desk.submit({"typed": NAME}, "/erase")
    nights(shop.world)
    desk = street.comes_in(ADMINISTRATOR)
    offer = shop.offer_row(offered)
    term = f"/admin/groups/{offer.group_id}/terms/{offer.term_id}"
    for path in (
        *(f"/admin/erasing/{person.person_id}", f"/admin/applications/{offer.application_id}"),
        *(f"{term}/roster", "/admin/payments", f"/admin/payments/{offer.obligation_id}"),
    ):
        desk.get(path)
        desk.reads("Erased person")
    for path in ("/admin", "/admin/audit", "/admin/mails", "/admin/books", "/admin/erasing", term):
        desk.get(path)
    desk.links.discard("/admin/health")  # it has figures that are none
    desk.follow_every_link()
