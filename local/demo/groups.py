"""The groups of the demo: what the administrator types into the desk's forms, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.demo import people
from local.demo.people import ADA, Somebody
from local.demo.stage import Stage

ABOUT = (
    "We sit together, one of us tells of an encounter that stayed with them, and the others "
    "think aloud about what went on between the two people in it. Nobody gives advice, and "
    "nothing is solved; most of us leave a little lighter.\n\n"
    "You bring no notes and no preparation, only an encounter that you still think about."
)
Day = tuple[int, int, int]


@dataclass(frozen=True)
class Leads:
    """How a leader stands in a term: an hourly rate as typed, or none."""

    who: Somebody
    rate: str = "65"
    accreditation: str = "accredited"
    pay: str = "fee"
    biography: str = ""


@dataclass(frozen=True)
class Planned:
    """A term as it is planned on the desk."""

    name: str  # what other stories call it
    title: str
    first: Day
    time: str
    count: int
    often: str
    price: str
    capacity: int
    min_members: int
    apply_by: Day
    fee_plan: str = "term"
    minutes: int = 90
    skipped: tuple[Day, ...] = ()
    tasters: tuple[Day, ...] = ()
    guest_places: int = 0
    other_costs: str = "0"
    where: Mapping[str, str] = field(default_factory=dict)
    leaders: tuple[Leads, ...] = ()


@dataclass(frozen=True)
class Made:
    """A group as it is entered."""

    name: str
    title: str
    audience: str
    mode: str
    contact: str
    eligibility: str = ""
    joining: str = "closed"
    interview: str = "yes"
    patient_word: str = "patient"

    @property
    def slug(self) -> str:
        """The address the desk proposes for this title."""
        return self.title.lower().replace(" ", "-")


ONLINE = {"link_note": "Members get the link by mail on the day before each session."}

LANTERN = Made(
    name="lantern",
    title="Thursday Lantern Group",
    audience="Clinicians of all professions",
    mode="online",
    contact="lantern@marmalade-circle.example",
    eligibility="You see patients or clients yourself, in any profession.",
    joining="slow_open",
)
LANTERN_LEADERS = (
    Leads(people.INKWELL, biography="Family doctor; has led groups for nineteen years."),
    Leads(people.TEACUP, biography="Psychotherapist; trains leaders for the circle."),
)
LANTERN_AUTUMN = Planned(
    name="lantern-autumn",
    title="Autumn 2026",
    first=(2026, 9, 24),
    time="19:00",
    count=6,
    often="fortnightly",
    price="216",
    capacity=8,
    min_members=6,
    apply_by=(2026, 9, 14),
    tasters=((2026, 9, 3),),
    other_costs="90",
    where=ONLINE,
    leaders=LANTERN_LEADERS,
)
LANTERN_SPRING = Planned(
    name="lantern-spring",
    title="Spring 2027",
    first=(2027, 1, 14),
    time="19:00",
    count=6,
    often="fortnightly",
    price="216",
    capacity=8,
    min_members=6,
    apply_by=(2027, 1, 4),
    tasters=((2026, 12, 10),),
    guest_places=2,
    other_costs="90",
    where=ONLINE,
    leaders=LANTERN_LEADERS,
)
HARBOUR = Made(
    name="harbour",
    title="Harbour Street Circle",
    audience="GPs and practice nurses",
    mode="in_person",
    contact="harbour@marmalade-circle.example",
    interview="no",
)
HARBOUR_YEAR = Planned(
    name="harbour-year",
    title="September 2026 to June 2027",
    first=(2026, 9, 9),
    time="18:30",
    count=10,
    often="monthly",
    minutes=120,
    price="255",
    capacity=10,
    min_members=8,
    apply_by=(2026, 9, 1),
    fee_plan="year",
    other_costs="600",
    where={
        "venue": "Harbour Street Health Centre, Fictonbury ZZ99 9ZZ",
        "venue_access": "Step-free from the car park; ring at the side door after 18:00.",
    },
    leaders=(
        Leads(people.PUDDLEFOOT, rate="70", biography="GP in Fictonbury since 1998."),
        Leads(people.MARZIPAN, rate="", accreditation="in_training", pay="waived"),
    ),
)
NORTHMOOR = Made(
    name="northmoor",
    title="Northmoor Trainees",
    audience="Psychiatry and GP trainees of Northmoor Imaginary NHS Trust",
    mode="hybrid",
    contact="northmoor@marmalade-circle.example",
    interview="no",
)
NORTHMOOR_TERM = Planned(
    name="northmoor-term",
    title="2026 to 2027",
    first=(2026, 9, 2),
    time="15:00",
    count=10,
    often="fortnightly",
    skipped=((2026, 12, 23),),
    price="0",
    capacity=12,
    min_members=8,
    apply_by=(2026, 8, 31),
    fee_plan="block",
    where={**ONLINE, "venue": "Seminar room 2, Northmoor Imaginary Hospital"},
    leaders=(Leads(people.QUILL, rate="70"),),
)
DAYBREAK = Made(
    name="daybreak",
    title="Daybreak Consultants",
    audience="Coaches, organisational consultants and health leaders",
    mode="online",
    contact="daybreak@marmalade-circle.example",
    patient_word="client",
)
DAYBREAK_LEADERS = (Leads(people.THIMBLE, rate="70"), Leads(people.LIGHTHOUSE, rate="70"))
DAYBREAK_AUTUMN = Planned(
    name="daybreak-autumn",
    title="October to December 2026",
    first=(2026, 10, 13),
    time="08:00",
    count=3,
    often="monthly",
    price="95",
    capacity=9,
    min_members=7,
    apply_by=(2026, 10, 5),
    where=ONLINE,
    leaders=DAYBREAK_LEADERS,
)
DAYBREAK_WINTER = Planned(
    name="daybreak-winter",
    title="February to April 2027",
    first=(2027, 2, 9),
    time="08:00",
    count=3,
    often="monthly",
    price="95",
    capacity=9,
    min_members=7,
    apply_by=(2027, 2, 1),
    where=ONLINE,
    leaders=DAYBREAK_LEADERS,
)


def enter_group(stage: Stage, made: Made) -> None:
    """A group on the desk, with its texts and rules."""
    ada = stage.signed_in(ADA)
    path = stage.fill(
        ada,
        "/admin/groups/new",
        {
            "title": made.title,
            "audience": made.audience,
            "mode": made.mode,
            "zone": "Europe/London",
            "contact_email": made.contact,
        },
    )
    stage.places[made.name] = path
    texts = {
        "about": ABOUT,
        "eligibility": made.eligibility,
        "patient_word": made.patient_word,
        "contact_email": made.contact,
    }
    stage.fill(ada, f"{path}/texts", texts)
    rules = {"joining": made.joining, "interview_required": made.interview}
    stage.fill(ada, f"{path}/rules", rules)


def plan_term(stage: Stage, group: str, term: Planned) -> None:
    """A term on the desk, page by page, and published."""
    ada = stage.signed_in(ADA)
    group_path = stage.places[group]
    places = stage.fill(ada, f"{group_path}/terms/new", _dates(stage, term))
    path = places.removesuffix("/places")
    stage.places[term.name] = path
    stage.fill(ada, places, _places(stage, term))
    stage.fill(ada, f"{path}/where", {**term.where, "doors_open_minutes": "10"})
    for leader in term.leaders:
        stage.fill(ada, f"{path}/leaders", _leader(leader))
    for day in term.tasters:
        taster = {"date": stage.day(*day), "time": term.time, "minutes": "90", "places": "6"}
        stage.fill(ada, f"{path}/tasters", taster)
    stage.open(ada, path)
    stage.press(ada, {"do": "publish"}, "/state")


def _dates(stage: Stage, term: Planned) -> dict[str, Any]:
    return {
        "title": term.title,
        "fee_plan": term.fee_plan,
        "first_date": stage.day(*term.first),
        "local_time": term.time,
        "minutes": str(term.minutes),
        "often": term.often,
        "count": str(term.count),
        "skipped": "\n".join(stage.day(*day) for day in term.skipped),
        "do": "save",
    }


def _places(stage: Stage, term: Planned) -> dict[str, Any]:
    return {
        "capacity": str(term.capacity),
        "min_members": str(term.min_members),
        "apply_by": stage.day(*term.apply_by),
        "guest_places": str(term.guest_places),
        "price_minor": term.price,
        "other_costs_minor": term.other_costs,
    }


def _leader(leader: Leads) -> dict[str, Any]:
    return {
        "name": leader.who.name,
        "email": leader.who.email,
        "accreditation": leader.accreditation,
        "body": "the Imaginary Balint Society" if leader.accreditation != "none" else "",
        "biography": leader.biography,
        "pay": leader.pay,
        "rate_minor": leader.rate,
    }
