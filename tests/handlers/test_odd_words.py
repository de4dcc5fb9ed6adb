"""What may be typed though it looks hostile: it stays words on every page, in mails and files.

What does not live here: what is refused (test_bad_input.py).
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter

from chalicelib.flows import outbox
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from local.browser import Browser
from tests.handlers.forms_of_the_house import FORMS, ODD, HouseForm, at, good_answers
from tests.handlers.page_reader import Page
from tests.handlers.the_house import House


def test_odd_words_stay_words_wherever_they_are_shown(house: House) -> None:
    world = house.world
    for form in FORMS:
        if form.who != "founder" and form.route not in (*ENDINGS, "/sign-out"):
            type_odd_words(house, form)
    outbox.send_due(world.outside)
    starts = [house.names[name] for name in ("status", "apply", "booking", "offer")]
    seen = {**all_pages(house.browser("desk"), ["/admin"]), **all_pages(world.browser(), starts)}
    shown = [path for path, text in seen.items() if html.escape(ODD[:7]) in text]
    assert len(shown) > 15, "the odd words are seen in many places"
    assert {path: Page(text).running for path, text in seen.items() if Page(text).running} == {}
    letters = [letter for letter in world.postbox.letters if ODD in letter.text]
    assert len(letters) > 3
    assert [letter.subject for letter in letters if Page(letter.html).running] == []
    assert all(letter.subject.isprintable() for letter in letters)


def type_odd_words(house: House, form: HouseForm) -> None:
    """Into every field of a form that takes words of one's own."""
    browser = at(house, form)
    target, good = good_answers(house, form, browser)
    texts = [one.name for one in Page(browser.answer.text).form(form.action).texts]
    free = [one for one in texts if not is_read_as_something(one)]
    if free:
        browser.post(target, {**good, **dict.fromkeys(free, ODD)})
        assert browser.answer.status == 200, (form.route, browser.text[:300])


def all_pages(browser: Browser, starts: list[str]) -> dict[str, str]:
    """Every page that links lead to; pages alike but for the last id are looked at a few times."""
    seen: dict[str, str] = {}
    left, alike = list(starts), Counter[str]()
    while left:
        path = left.pop()
        kind = re.sub(r"-[0-9a-z]{26}|day=.*|/[A-Za-z0-9_-]{20,}", "", path)
        if path in seen or not path.startswith("/") or alike[kind] > 1 or "/static" in path:
            continue
        alike[kind] += 1
        answer = browser.get(path)
        assert answer.status in (200, 404, 410), (path, answer.status, browser.text[:300])
        seen[path] = answer.text
        left += Page(answer.text).hrefs
    return seen


# Something ends here, and with it pages of other forms; or mail is switched off.
ENDINGS = (
    *("/offers/{token}", "/offers/{token}/decline", "/apply/{token}/check"),
    *("/admin/payments/{obligation_id}/refund", "/admin/payments/{obligation_id}/leave"),
    "/admin/settings/switches/{switch}",
    *("/admin/payouts/{period}/approve", "/admin/payouts/{period}/withdraw"),
    "/admin/payouts/leaders/{leader_id}/clawbacks/{clawback_id}/write-off",
)


def is_read_as_something(name: str) -> bool:
    """Whether the field is an amount, a day or a name of ours: odd words are refused there."""
    ends = ("_minor", "_early", "_until", "_places")
    return name in READ_AS_SOMETHING or name.endswith(ends) or name.startswith("share-")


READ_AS_SOMETHING = {
    *("email", "contact_email", "administrator_email", "payer_email"),
    *("slug", "code", "meeting_link"),
    "typed",  # the name of somebody, to be sure
    "bursary_code",
    "amount",
    *("first_date", "local_time", "minutes", "count", "skipped", "extra", "date", "time"),
    *("places", "capacity", "min_members", "price_minor", "other_costs_minor", "apply_by"),
    *("guest_places", "doors_open_minutes", "rate_minor", "leaders_extra_minutes"),
    *("first", "last", "amount_minor", "part_minor", "paid_on"),
    *("day", "log_first", "log_last"),
    *("sort_code", "account_number", "iban", "bic"),
}


def test_a_roster_opens_in_a_spreadsheet_without_running_anything(house: House) -> None:
    names = house.names
    every = [row for row in reads.everything(tables.Enrolments) if isinstance(row, Enrolment)]
    for row in every:
        commit(Change.of(Update(row, {"full_name": ODD, "profession": '@SUM(1)"\r\n=1+1'})))
    desk = house.browser("desk")
    desk.get(f"/admin/groups/{names['group']}/terms/{names['term']}/roster")
    desk.submit({}, "/roster")
    [(body, kind, name)] = house.world.drawer.files.values()
    cells = [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) for cell in row]
    assert f"'{ODD}" in cells
    assert [one for one in cells if one.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert (kind, name) == ("text/csv; charset=utf-8", "roster-thursday-lantern-2026-11-22.csv")
