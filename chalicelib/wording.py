"""The words in which codes, refusals, errors, days and times are spoken: templates/words/.

What does not live here: pages and mails (rendering), reading what people type (rules/forms).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import InvalidForm, Refusal, Trouble
from chalicelib.rules.forms import Answers
from chalicelib.rules.money.amounts import Money

# Beside chalicelib/ in the repository and in the Lambda's zip alike (vendor/ loses its prefix).
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@cache
def words() -> dict[str, Any]:
    """All files of templates/words as one; ValueError for a word that two of them have."""
    import tomllib

    found: dict[str, Any] = {}
    for path in sorted((TEMPLATES / "words").glob("*.toml")):
        _join(found, tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    return found


def _join(found: dict[str, Any], more: Mapping[str, Any], where: str) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping):
            _join(found.setdefault(name, {}), value, f"{where} {name}")
        elif name in found:
            raise ValueError(f"{where}: {name} has words already")
        else:
            found[name] = value


def label(code: str, section: str) -> str:
    """The word for a code: `label("paid", "states.payment")`. KeyError where there is none."""
    return str(_section(section)[code])


def options(section: str) -> list[tuple[str, str]]:
    """Codes and labels of [options.SECTION], in the order of the file."""
    return [(code, str(spoken)) for code, spoken in _section(f"options.{section}").items()]


def tone(code: str, section: str) -> str:
    """How a badge looks: good, wait, bad, calm, or plain where the words say nothing."""
    tones: Mapping[str, str] = words()["tones"].get(section.removeprefix("states."), {})
    return tones.get(code, "plain")


def refusal_words(error: Exception) -> dict[str, str]:
    """`title` and `text` for a refusal or trouble; `exact` speaks when all its facts are there,
    and `[refusals."NAME.STATE"]` where the fact `state` makes it another thing to say."""
    all_spoken = words()["refusals"]
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__name__ in all_spoken]
    name = names[0] if names else "Unexpected"
    facts = error.facts if isinstance(error, Refusal) else {}
    spoken = all_spoken.get(f"{name}.{facts.get('state')}") or all_spoken[name]
    try:
        text = spoken["exact"].format_map(facts)
    except KeyError:
        text = spoken["text"]
    return {"title": spoken["title"], "text": text}


def status_of(error: Exception) -> int:
    """The HTTP status of an error; 500 for what is no refusal or trouble."""
    return error.status if isinstance(error, Refusal | Trouble) else 500


def error_sentence(answers: Answers, field: str) -> str:
    """What is wrong with one answer, in words; empty when nothing is."""
    if field not in answers.errors:
        return ""
    code, details = answers.errors[field], answers.details.get(field, {})
    key = details.get("words", field)
    own = words()["forms"].get(answers.form, {})
    mine, common = own.get("errors", {}), words()["errors"]
    places = [(mine, f"{key}.{code}"), (common, f"{key}.{code}"), (mine, code), (common, code)]
    sentence = next(place[name] for place, name in places if name in place)
    named = {"label": field_label(answers.form, key)} if "{label}" in sentence else {}
    spoken = sentence.format_map({**details, **named})
    return str(spoken[:1].upper() + spoken[1:])


def field_label(form: str, key: str) -> str:
    """How a sentence names a field: `your full name`. KeyError without a label."""
    own = words()["forms"].get(form, {}).get("labels", {})
    return str(own[key] if key in own else words()["labels"][key])


def errors_of(invalid: InvalidForm | Answers) -> list[tuple[str, str]]:
    """Field and sentence of every error, in the order of the form."""
    answers = Answers.from_invalid(invalid) if isinstance(invalid, InvalidForm) else invalid
    return [(field, error_sentence(answers, field)) for field in answers.errors]


def money(amount_minor: int, currency: str) -> str:
    """`£1,296.00` from minor units."""
    return str(Money(amount_minor, currency))


def calendar_day(day: date | str) -> str:
    """`Thursday 14 January 2027`, of a date or its ISO text."""
    told = date.fromisoformat(day) if isinstance(day, str) else day
    names = words()["calendar"]
    weekday, month = names["weekdays"][told.weekday()], names["months"][told.month - 1]
    return f"{weekday} {told.day} {month} {told.year}"


def local_day(instant: datetime | str, zone: str) -> str:
    """The calendar day of an instant in a zone."""
    return calendar_day(_there(instant, zone).date())


def local_time(instant: datetime | str, zone: str) -> str:
    """`19:00`: the wall clock of an instant in a zone."""
    return f"{_there(instant, zone):%H:%M}"


def zone_name(zone: str, instant: datetime | str) -> str:
    """`London time (GMT)`: the place, and what its clocks are called at that instant."""
    there = _there(instant, zone)
    short = there.tzname() or ""
    if not short.isalpha():
        short = "UTC" + there.strftime("%z")[:3] + ":" + there.strftime("%z")[3:]
    place = zone.rpartition("/")[2].replace("_", " ")
    return str(words()["times"]["zone"].format(place=place, short=short))


def moment(instant: datetime | str, zone: str) -> str:
    """Day, time and zone of an instant, as deadlines are told (D17)."""
    return str(
        words()["times"]["moment"].format(
            day=local_day(instant, zone),
            time=local_time(instant, zone),
            zone=zone_name(zone, instant),
        )
    )


def both_times(
    instant: datetime | str,
    group_zone: str,
    reader_zone: str | None,
    until: datetime | str | None = None,
) -> str:
    """Time in the group's zone and, where clocks differ, in the reader's own (R22, M9).

    With `until` both are told as `19:00 to 20:30`. The group's day is not in it (`local_day`).
    """
    there = _clocks(instant, group_zone, until)
    theirs = _there(instant, group_zone)
    own = _there(instant, reader_zone or group_zone)
    if not reader_zone or theirs.utcoffset() == own.utcoffset():
        return there
    other = "both" if own.date() == theirs.date() else "both_other_day"
    here, day = _clocks(instant, reader_zone, until), calendar_day(own.date())
    return str(words()["times"][other].format(there=there, here=here, day=day))


def _clocks(instant: datetime | str, zone: str, until: datetime | str | None) -> str:
    start, place = local_time(instant, zone), zone_name(zone, instant)
    if until is None:
        return f"{start} {place}"
    end = local_time(until, zone)
    return str(words()["times"]["span"].format(start=start, end=end, zone=place))


def _there(instant: datetime | str, zone: str) -> datetime:
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    if at.tzinfo is None:
        raise ValueError("an instant must be aware")
    return at.astimezone(ZoneInfo(zone))


def _section(path: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = words()
    for part in path.split("."):
        found = found[part]
    return found
