"""The one way a route comes to be: a Blueprint whose routes declare their audience, and which
turns every refusal into its page in one place.

Chalice's HTTP middleware never sees a view's exception, so the view is wrapped here. A refusal is
an answer (4xx); trouble outside is a 503 that says so; anything else is a bug: it is logged with
its traceback, answers 500, and nothing was written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from chalice.app import Blueprint, Response

from chalicelib import wiring
from chalicelib.errors import (
    AlreadyAnswered,
    FreshSignInNeeded,
    InvalidForm,
    NotFound,
    NotSigned,
    Refusal,
    SignInNeeded,
    Trouble,
)
from chalicelib.flows.people import access
from chalicelib.handlers import answers, logs
from chalicelib.handlers.audience import Audience, admit
from chalicelib.handlers.visit import PARAMETER, Visit
from chalicelib.rules.forms import Answers

View = Callable[..., Response]
Answered = Callable[[Visit, str], Response]
FORM_TYPE = "application/x-www-form-urlencoded"
log = logging.getLogger("balint.doors")

AUDIENCES: dict[tuple[str, str], Audience] = {}  # (method, path) -> audience, for the matrix test


class Doors(Blueprint):
    """A blueprint of pages and forms, which knows its paths."""

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name)
        self.paths: set[str] = set()

    def _declare(self, method: str, path: str, audience: Audience) -> None:
        AUDIENCES[method, path] = audience
        self.paths.add(path)

    def page(self, path: str, audience: Audience) -> Callable[[View], View]:
        """A GET that changes nothing: `view(visit, **parameters)`."""

        def register(view: View) -> View:
            self._declare("GET", path, audience)

            def get(**parameters: str) -> Response:
                return _answer(self, audience, lambda visit: view(visit, **parameters), parameters)

            self.route(path, methods=["GET"], name=f"{view.__name__}_page")(get)
            return view

        return register

    def form(
        self,
        path: str,
        audience: Audience,
        again: View | None = None,
        answered: Answered = Visit.go,
    ) -> Callable[[View], View]:
        """A POST from one of our pages, answered once. With `again`, answers that cannot be read
        bring that page back with everything that was typed and every error at once. `answered`
        gives the first answer again: it differs where the answer sets a cookie."""

        def register(view: View) -> View:
            self._declare("POST", path, audience)

            def post(**parameters: str) -> Response:
                return _answer(
                    self,
                    audience,
                    lambda visit: _submit(visit, view, again, answered, parameters),
                    parameters,
                )

            self.route(
                path, methods=["POST"], content_types=[FORM_TYPE], name=f"{view.__name__}_form"
            )(post)
            return view

        return register

    def hook(
        self, path: str, audience: Audience, content_types: tuple[str, ...] = ("application/json",)
    ) -> Callable[[View], View]:
        """A POST from a machine that proves itself; the view checks the proof first."""

        def register(view: View) -> View:
            self._declare("POST", path, audience)

            def post(**parameters: str) -> Response:
                return _answer(self, audience, lambda visit: view(visit, **parameters), parameters)

            self.route(
                path, methods=["POST"], content_types=list(content_types), name=view.__name__
            )(post)
            return view

        return register


def _submit(
    visit: Visit,
    view: View,
    again: View | None,
    answered: Answered,
    parameters: dict[str, str],
) -> Response:
    """A form's whole way: checked, answered once, shown again when it cannot be read."""
    visit.check_origin()
    try:
        before = access.answer_of_form(visit.form_key)
        if before is not None:
            return answered(visit, before)
        visit.check_nonce()
        return view(visit, **parameters)
    except AlreadyAnswered as already:
        return answered(visit, already.location)
    except InvalidForm as invalid:
        if again is None:
            raise
        return again(visit, **parameters, answers_given=Answers.from_invalid(invalid))
    except Refusal:  # perhaps of our own first press, which was answered while we were looking
        before = access.answer_of_form(visit.form_key)
        if before is None:
            raise
        return answered(visit, before)


def _answer(
    door: Doors,
    audience: Audience,
    view: Callable[[Visit], Response],
    parameters: dict[str, str],
) -> Response:
    """Run a view and translate what it raises: the one place where errors become pages."""
    logs.begins(door.current_request.lambda_context)
    visit = Visit(door.current_request, wiring.outside())
    try:
        if not all(PARAMETER.fullmatch(value) for value in parameters.values()):
            raise NotFound
        admit(audience, None if audience in (Audience.ANYONE, Audience.STRIPE) else visit.person)
        return view(visit)
    except SignInNeeded:
        return visit.go(f"/sign-in?next={visit.path}")
    except FreshSignInNeeded as needed:
        return visit.go(f"/sign-in?fresh=yes&next={needed.facts['back']}")
    except NotSigned as error:
        log.warning("not_signed path=%s", visit.request.path)
        return answers.plain(visit.settings, f"{error}\n", error.status)
    except Refusal as refusal:
        log.info("refused code=%s path=%s", refusal.code, visit.request.path)
        return _told(visit, refusal)
    except Trouble as trouble:
        log.error("trouble code=%s path=%s", trouble.code, visit.request.path, exc_info=True)
        return _told(visit, trouble)
    except Exception:  # the outermost door: a bug is a logged 500, never a leak
        log.exception("bug path=%s", visit.request.path)
        return answers.plain(visit.settings, BUG, 500)


def _told(visit: Visit, error: Refusal | Trouble) -> Response:
    """The page of an error; a plain sentence while the store cannot even say whose page it is."""
    try:
        return visit.problem(error)
    except Trouble as trouble:
        return answers.plain(visit.settings, BUSY, trouble.status)


BUSY = "Our records do not answer. Nothing was changed. Please try again in a minute.\n"
BUG = "Something went wrong on our side. Nothing was changed. We have been told.\n"
