"""Whether a value fits a schema of Stripe's OpenAPI description, with every object closed.

Stripe leaves its nested objects open; here a name the description does not know is a fault at
every depth, so that a misspelt parameter or an invented field cannot pass. `typed` turns the
strings of a form into what the schema says before they are checked.
What does not live here: where the description comes from (description.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
Json = Mapping[str, Any]

# Every keyword the description uses. One that is in neither set is an error, not a blind spot.
CHECKED = {
    "$ref", "additionalProperties", "anyOf", "enum", "items", "maxLength", "nullable", "pattern",
    "properties", "required", "type",
}  # fmt: skip
DESCRIBING = {
    "description", "format", "title", "x-expandableFields", "x-expansionResources",
    "x-resourceId", "x-stripeBypassValidation",
}  # fmt: skip
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Fault:
    """One thing that does not fit; `path` reads as Stripe writes it: `line_items[0][quantity]`."""

    path: str
    kind: str  # unknown | missing | type | enum | length | pattern
    detail: str

    def __str__(self) -> str:
        return f"{self.path or '(the whole)'}: {self.kind}: {self.detail}"


class Contract:
    """Checks values against schemas whose references lead into `components`."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def faults(self, schema: Schema, value: Any, path: str = "") -> list[Fault]:
        """Everything about `value` that `schema` does not allow; an empty list when it fits."""
        return list(self._faults(schema, value, path))

    def typed(self, schema: Schema, value: Any) -> Any:
        """A decoded form value as the schema types it; what does not convert stays as it is."""
        schema = self._followed(schema)
        if "anyOf" in schema:
            options = [(option, self.typed(option, value)) for option in schema["anyOf"]]
            fitting = [given for option, given in options if not self.faults(option, given)]
            return fitting[0] if fitting else options[0][1]
        if isinstance(value, dict):
            return self._typed_branch(schema, value)
        return _typed_leaf(schema.get("type"), value)

    def _typed_branch(self, schema: Schema, value: dict[str, Any]) -> Any:
        if schema.get("type") == "array" and all(key.isdigit() for key in value):
            return [self.typed(schema["items"], value[key]) for key in sorted(value, key=int)]
        known = schema.get("properties", {})
        return {key: self.typed(known[key], v) if key in known else v for key, v in value.items()}

    def _followed(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return self._components[schema["$ref"].rsplit("/", 1)[1]]
        strange = schema.keys() - CHECKED - DESCRIBING
        if strange:
            raise NotImplementedError(f"the validator does not know {sorted(strange)}")
        return schema

    def _faults(self, schema: Schema, value: Any, path: str) -> Iterator[Fault]:
        schema = self._followed(schema)
        if value is None:
            if not schema.get("nullable"):
                yield Fault(path, "type", "null is not allowed")
        elif "anyOf" in schema:
            yield from self._closest(schema["anyOf"], value, path)
        elif not _is_a(schema.get("type"), value):
            yield Fault(path, "type", f"{value!r} is no {schema['type']}")
        elif isinstance(value, dict):
            yield from self._object_faults(schema, value, path)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield from self._faults(schema["items"], item, f"{path}[{place}]")
        else:
            yield from _leaf_faults(schema, value, path)

    def _closest(self, options: list[Schema], value: Any, path: str) -> list[Fault]:
        """No fault when one option fits; else those of the option that goes wrong deepest."""
        tried = [self.faults(option, value, path) for option in options]
        if not all(tried):
            return []
        return max(tried, key=lambda faults: (faults[0].path != path, -len(faults)))

    def _object_faults(self, schema: Schema, value: Json, path: str) -> Iterator[Fault]:
        known, others = schema.get("properties"), schema.get("additionalProperties")
        if known is None and others is None:
            return  # the description says no more than "an object"
        for name in schema.get("required", ()):
            if name not in value:
                yield Fault(_under(path, name), "missing", "is required")
        for name, given in value.items():
            if known is not None and name in known:
                yield from self._faults(known[name], given, _under(path, name))
            elif isinstance(others, Mapping):
                yield from self._faults(others, given, _under(path, name))
            else:
                yield Fault(_under(path, name), "unknown", "is not in the description")


def _under(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _is_a(kind: str | None, value: Any) -> bool:
    if kind is None:
        return True
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _leaf_faults(schema: Schema, value: Any, path: str) -> Iterator[Fault]:
    if "enum" in schema and value not in schema["enum"]:
        yield Fault(path, "enum", f"{value!r} is none of {', '.join(schema['enum'])}")
    if len(str(value)) > schema.get("maxLength", 1_000_000):
        yield Fault(path, "length", f"is longer than {schema['maxLength']} characters")
    if "pattern" in schema and not re.search(schema["pattern"], str(value)):
        yield Fault(path, "pattern", f"{value!r} does not match {schema['pattern']}")


def _typed_leaf(kind: str | None, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if kind == "integer" and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]+)?", value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
