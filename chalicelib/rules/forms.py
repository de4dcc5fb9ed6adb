"""Forms as data: fields, checks across fields, and the answers a page shows again.

A form reads everything typed at once and either returns values or raises InvalidForm with every
error and with what was typed. Nothing depends on what a browser checks. What does not live here:
the parsers (parsers, day_parsers), the sentences (templates/words/), the inputs
(templates/pages/_forms.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.errors import InvalidForm
from chalicelib.rules.typed_text import Parser, Unreadable, harmless, visible

Typed = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Field:
    """One question. `words` names its label and sentences where the name itself is generated."""

    name: str
    parser: Parser
    required: bool = True
    words: str = ""

    def read(self, typed: Typed) -> Any:
        """The value, or the parser's empty one. Raises Unreadable."""
        raws = [raw for raw in self.typed_here(typed) if visible(raw)]
        if raws:
            return self.parser.read(raws)
        if self.required:
            raise Unreadable(self.parser.when_missing)
        return self.parser.empty

    def typed_here(self, typed: Typed) -> list[str]:
        """Every string sent for this question; the boxes of a date count as one."""
        boxes = [_strings(typed, name)[-1:] for name in self.box_names]
        if any(visible(part) for box in boxes for part in box):
            return [" ".join(part.strip() for box in boxes for part in box)]
        return _strings(typed, self.name)

    @property
    def box_names(self) -> list[str]:
        """Names of the inputs when the question is asked in parts: `start-day`, ..."""
        return [f"{self.name}-{box}" for box in self.parser.boxes]


@dataclass(frozen=True)
class Check:
    """A rule across fields, asked once all it `needs` could be read; returns {field: code}."""

    needs: tuple[str, ...]
    rule: Callable[[Mapping[str, Any]], Mapping[str, str]]


@dataclass(frozen=True)
class Form:
    """A named list of questions; the name finds its own words in templates/words/."""

    name: str
    fields: tuple[Field, ...]
    checks: tuple[Check, ...] = ()

    def read(self, typed: Typed) -> dict[str, Any]:
        """Every field's value by name. Raises InvalidForm with all errors; ignores other names."""
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        found: dict[str, Mapping[str, Any]] = {}
        for question in self.fields:
            try:
                values[question.name] = question.read(typed)
            except Unreadable as refusal:
                errors[question.name] = refusal.code
                found[question.name] = refusal.facts
        for check in self.checks:
            if all(name in values for name in check.needs):
                errors.update(check.rule(values))
        if errors:
            raise self.invalid(typed, errors, found)
        return values

    def invalid(
        self,
        typed: Typed,
        errors: Mapping[str, str],
        found: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> InvalidForm:
        """The refusal of this form: errors in the order of the questions, and what was typed."""
        names = [question.name for question in self.fields if question.name in errors]
        ordered = {name: errors[name] for name in [*names, *errors]}
        details = {
            question.name: {
                **question.parser.facts,
                **(found or {}).get(question.name, {}),
                "words": question.words or question.name,
            }
            for question in self.fields
            if question.name in errors
        }
        return InvalidForm(ordered, self._kept(typed), form=self.name, details=details)

    def write(self, values: Mapping[str, Any]) -> dict[str, str | list[str]]:
        """Values as a person would have typed them; None and absent ones are left blank."""
        return {
            question.name: question.parser.write(values[question.name])
            for question in self.fields
            if values.get(question.name) is not None
        }

    def offering(self, **parsers: Parser) -> Form:
        """The same form with parsers known only now, such as a choice of the free slots."""
        fields = tuple(
            replace(one, parser=parsers.get(one.name, one.parser)) for one in self.fields
        )
        return replace(self, fields=fields)

    def _kept(self, typed: Typed) -> dict[str, Any]:
        names = [name for one in self.fields for name in (one.name, *one.box_names)]
        kept = {name: [harmless(raw) for raw in _strings(typed, name)] for name in names}
        return {name: raws[0] if len(raws) == 1 else raws for name, raws in kept.items() if raws}


@dataclass(frozen=True)
class Answers:
    """What a page shows in its inputs: what was typed, and the code of each error.

    `details` holds, by field, the bounds that the sentences name.
    """

    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    form: str = ""
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Answers:
        """A form nobody has filled in yet."""
        return cls()

    @classmethod
    def of(cls, form: Form, values: Mapping[str, Any]) -> Answers:
        """A form that already knows some of its values."""
        return cls(typed=form.write(values), form=form.name)

    @classmethod
    def from_invalid(cls, invalid: InvalidForm, typed: Typed | None = None) -> Answers:
        """A refused form; `typed` serves refusals of a flow, which never saw what was typed."""
        return cls(
            typed=invalid.typed or typed or {},
            errors=invalid.errors,
            form=invalid.facts.get("form", ""),
            details=invalid.facts.get("details", {}),
        )

    def value(self, name: str) -> str:
        """The last string typed under the name, or nothing."""
        return "".join(_strings(self.typed, name)[-1:])

    def values(self, name: str) -> list[str]:
        """Every string typed under the name: the ticked boxes."""
        return _strings(self.typed, name)


def _strings(typed: Typed, name: str) -> list[str]:
    sent = typed.get(name, [])
    return [sent] if isinstance(sent, str) else list(sent)
