"""Many at one door at the same moment, on AWS's own DynamoDB Local, with real threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.errors import AlreadyAnswered, LinkNotValid, Refusal, StoreBusy
from chalicelib.flows.people import set_up, settings, sign_in
from chalicelib.flows.people.sign_in import Knock
from chalicelib.rules import links
from chalicelib.rules.changes import Caller
from chalicelib.rules.people.access import BrowserSession, RateCounter, SignInToken
from chalicelib.rules.people.people import Person
from chalicelib.rules.people.sign_in import Asked, session_secret
from chalicelib.store import reads, tables
from chalicelib.store.people import people
from tests.people import a_person
from tests.stories import a_circle
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

PIP = "pip.buttonwood@example.org"
BROWSER = "b" * 43
TYPED = {
    "name": "Marmalade Circle",
    "email": "hello@marmalade-circle.example",
    "seller_name": "Marmalade Circle",
    "seller_address": "1 Preserve Lane",
    "seller_statement": "",
    "currency": "GBP",
    "zone": "Europe/London",
    "preset": "society",
    "administrator_name": "Ada Ledger",
}


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each act returned or how it was refused, all begun together. A form that was
    answered meanwhile is an answer too."""

    def run(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (Refusal, StoreBusy) as refusal:
            return refusal.code
        except AlreadyAnswered as answered:
            return answered.location

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def rows(kind: type) -> list[Any]:
    return [row for row in reads.everything(tables.Access) if isinstance(row, kind)]


def form(n: int | str) -> Caller:
    return Caller(actor="visitor", form_key=f"form-{n}", location="/me")


def ask(world: World, n: int = 0) -> str:
    token_id = world.outside.ids.new("sign-in")
    asked = Asked(token_id, PIP, BROWSER)
    sign_in.ask(world.outside, form(f"ask-{n}"), asked, "192.0.2.1")
    return token_id


def token_of(world: World, token_id: str) -> str:
    return links.personal_link(world.outside.places.link_keys, "sign-in", token_id, 1)


def test_five_of_twelve_who_ask_at_once_get_a_mail(local_world: World) -> None:
    a_person(local_world, PIP)
    found = at_once([lambda n=n: ask(local_world, n) for n in range(12)])
    told = Counter("asked" if one.startswith("sign-in-") else one for one in found)
    assert set(told) <= {"asked", "StoreBusy", "TooManyTries"}
    assert told["asked"] == len(rows(SignInToken)) <= 5
    assert [row.times for row in rows(RateCounter)] == [told["asked"]] * 3
    if not told["StoreBusy"]:
        assert told["asked"] == 5


def test_one_of_eight_presses_of_a_link_opens_the_only_session(local_world: World) -> None:
    a_person(local_world, PIP)
    token = token_of(local_world, ask(local_world))
    knock = Knock(BROWSER)
    found = at_once(
        [
            lambda n=n: sign_in.by_link(local_world.outside, form(n), token, knock, None)
            for n in range(8)
        ]
    )
    assert sum(isinstance(one, sign_in.Entered) for one in found) == 1
    assert set(map(str, found)) >= {"SignInEnded"}
    assert len(rows(BrowserSession)) == 1


def test_a_form_sent_eight_times_at_once_opens_one_session_that_all_can_find(
    local_world: World,
) -> None:
    a_person(local_world, PIP)
    token = token_of(local_world, ask(local_world))
    knock = Knock(BROWSER)
    at_once([lambda: sign_in.by_link(local_world.outside, form(1), token, knock, None)] * 8)
    assert len(rows(BrowserSession)) == 1
    again = sign_in.entered_before(local_world.outside, "form-1", "/me")
    assert again is not None
    assert again.secret == session_secret(local_world.outside.places.link_keys, "form-1")


def test_ten_wrong_codes_at_once_are_five_tries(local_world: World) -> None:
    a_person(local_world, PIP)
    token_id = ask(local_world)
    code = links.sign_in_code(local_world.outside.places.link_keys, token_id)
    wrong = "111111" if code != "111111" else "222222"
    outside, knock = local_world.outside, Knock(BROWSER)
    at_once(
        [lambda n=n: sign_in.by_code(outside, form(n), token_id, knock, wrong) for n in range(10)]
    )
    [row] = rows(SignInToken)
    assert row.tries == 5
    with pytest.raises(LinkNotValid):
        sign_in.by_code(outside, form("late"), token_id, knock, code)


def test_a_circle_is_set_up_once_however_many_try(local_world: World) -> None:
    outside = local_world.outside
    token = set_up.set_up_link(outside).rpartition("/")[2]

    def found(n: int) -> None:
        address = f"ada{n}@example.org"
        asked = Asked(outside.ids.new("sign-in"), address, BROWSER)
        values = {**TYPED, "administrator_email": address}
        set_up.set_up(outside, form(n), token, values, asked)

    told = at_once([lambda n=n: found(n) for n in range(6)])
    assert told.count(None) == 1
    assert set(told) <= {None, "LinkNotValid", "StoreBusy"}
    persons = [row for row in reads.everything(tables.People) if isinstance(row, Person)]
    assert len(persons) == 1


def test_two_administrators_who_remove_each_other_leave_one(local_world: World) -> None:
    a_circle(local_world)
    outside = local_world.outside
    root = a_person(local_world, "root@example.org", ("treasurer",), "Root")
    caller = Caller(actor=root.person_id)
    for name in ("ada", "bo"):
        values = {
            "full_name": name,
            "email": f"{name}@example.org",
            "role": "administrator",
            "reason": "begins",
        }
        settings.give_role(outside, caller, values)
    ids = [one.person_id for one in people.officers()]
    assert len(ids) == 2
    told = at_once(
        [
            lambda one=one: settings.take_role(outside, caller, one, "administrator", "ends")
            for one in ids
        ]
    )
    left = [one for one in people.officers() if "administrator" in one.roles]
    assert len(left) == 1, told
    person = people.person(left[0].person_id)
    assert person is not None
    assert person.roles == ("administrator",)
