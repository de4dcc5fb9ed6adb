"""The treasurer's doors to the books: figures, their entries, costs, the proof, the journal."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.flows.books import books, costs, journal, reports, statement
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.books.costs import KINDS, cost_form
from chalicelib.rules.books.journal import Pick, journal_form
from chalicelib.rules.books.reports import COUNTED_PROOFS
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.offer_forms import WITH_REASON

door = Doors(__name__)
TREASURER = Audience.TREASURER
BOOKS = "/admin/books"
BOOK = "/admin/books/{book}"
PICKED = ("account", "term_id", "fund", "month", "cause", "currency")
PAGES_MAX = 9999


@door.page(BOOKS, TREASURER)
def show_books(visit: Visit) -> Response:
    """All books in one table, and whether they are proven."""
    return visit.page("admin_books", here="books", **reports.show_overview(visit.outside))


@door.page(f"{BOOKS}/proof", TREASURER)
def show_proof(visit: Visit, answers_given: Answers | None = None) -> Response:
    """What the last proof found, by name."""
    return visit.page(
        "admin_books_proof",
        here="books",
        counted=COUNTED_PROOFS,
        answers_given=answers_given,
        **reports.last_proofs(),
    )


@door.form(f"{BOOKS}/prove", TREASURER, again=show_proof)
def prove(visit: Visit) -> Response:
    """Ask for a proof; it is made within minutes, where every row may be read."""
    caller = visit.caller(f"{BOOKS}/proof")
    books.ask(visit.outside, caller)
    return visit.go(caller.location)


@door.page(f"{BOOKS}/journal", TREASURER)
def show_journal(visit: Visit, answers_given: Answers | None = None) -> Response:
    """Which days and books to export."""
    return visit.page(
        "admin_books_journal", here="books", books=journal.books(), answers_given=answers_given
    )


@door.form(f"{BOOKS}/journal", TREASURER, again=show_journal)
def export_journal(visit: Visit) -> Response:
    """Make the file; its link is on the page that follows."""
    visit.require_fresh()
    wanted = visit.read(journal_form(list(journal.books())))
    export_id = visit.outside.ids.new("export")
    caller = visit.caller(f"{BOOKS}/journal/{export_id}")
    journal.export(visit.outside, caller, wanted, export_id)
    return visit.go(caller.location)


@door.page(f"{BOOKS}/journal/{{export_id}}", TREASURER)
def show_export(visit: Visit, export_id: str) -> Response:
    """A short link to the file."""
    visit.require_fresh()
    url = journal.export_link(visit.outside, export_id)
    return visit.page("admin_books_export", here="books", url=url)


@door.page(BOOK, TREASURER)
def show_book(visit: Visit, book: str) -> Response:
    """One book: how it stands, its terms, its months."""
    facts = reports.show_book(visit.outside, book, visit.query.get("month", ""))
    return visit.page("admin_books_book", here="books", **facts)


@door.page(f"{BOOK}/lines", TREASURER)
def show_lines(visit: Visit, book: str) -> Response:
    """The lines that make a figure."""
    pick = Pick(**{name: visit.query.get(name, "") for name in PICKED})
    facts = reports.show_lines(visit.outside, book, pick, _page(visit))
    return visit.page("admin_books_lines", here="books", **facts)


@door.page(f"{BOOK}/owed", TREASURER)
def show_owed(visit: Visit, book: str) -> Response:
    """What the one figure is made of, debt by debt."""
    facts = reports.show_owed(visit.outside, book)
    return visit.page("admin_books_owed", here="books", **facts)


@door.page(f"{BOOK}/entry", TREASURER)
def show_entry(visit: Visit, book: str) -> Response:
    """One entry: its lines, what it says of its cause, and the way there."""
    facts = reports.show_entry(visit.outside, book, visit.query.get("id", ""))
    return visit.page("admin_books_entry", here="books", **facts)


@door.page(f"{BOOK}/costs", TREASURER)
def show_costs(visit: Visit, book: str, answers_given: Answers | None = None) -> Response:
    """A cost to be recorded."""
    return visit.page(
        "admin_books_cost",
        here="books",
        book=reports.book(book),
        kinds=KINDS,
        currency=costs.currency(),
        answers_given=answers_given,
    )


@door.form(f"{BOOK}/costs", TREASURER, again=show_costs)
def record_cost(visit: Visit, book: str) -> Response:
    """Book what the bank has paid."""
    visit.require_fresh()
    terms = [one.term_id for one in reports.book(book).terms]
    form = cost_form(terms, costs.currency(), costs.today(visit.outside))
    values = visit.read(form)
    cost_id = visit.outside.ids.new("cost")
    caller = visit.caller(f"{BOOKS}/{book}/costs/{cost_id}")
    costs.record(visit.outside, caller, book, cost_id, values)
    return visit.go(caller.location)


@door.page(f"{BOOK}/costs/{{cost_id}}", TREASURER)
def show_cost(
    visit: Visit, book: str, cost_id: str, answers_given: Answers | None = None
) -> Response:
    """The entry of a cost, which can be taken back here."""
    facts = reports.show_entry(visit.outside, book, f"cost#{cost_id}")
    return visit.page("admin_books_entry", here="books", answers_given=answers_given, **facts)


@door.form(f"{BOOK}/costs/{{cost_id}}", TREASURER, again=show_cost)
def take_back(visit: Visit, book: str, cost_id: str) -> Response:
    """Take a cost back by an entry that is its mirror."""
    visit.require_fresh()
    reason = visit.read(WITH_REASON)["reason"]
    caller = visit.caller(f"{BOOKS}/{book}/costs/{cost_id}")
    costs.take_back(visit.outside, caller, book, cost_id, reason)
    return visit.go(caller.location)


@door.page(f"{BOOK}/terms/{{term_id}}", TREASURER)
def show_statement(visit: Visit, book: str, term_id: str) -> Response:
    """Where the money of a term goes, as its members see it."""
    shown = statement.for_desk(visit.outside, book, term_id)
    back = f"{BOOKS}/{book}"
    return visit.page("money_statement", here="books", shown=shown, back_to=back)


def _page(visit: Visit) -> int:
    """Which page of a list; NotFound for what no page of ours leads to."""
    text = visit.query.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= PAGES_MAX):
        raise NotFound
    return int(text)
