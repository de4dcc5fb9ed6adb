"""A request's parameters: decoding nested form names, and refusing what Stripe does not know.

What does not live here: what an endpoint makes of its parameters.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from local.fake_stripe.contract import Contract, Fault
from local.fake_stripe.description import played
from local.fake_stripe.refusals import Refused

Json = dict[str, Any]
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
CONTRACT = Contract({})


def decoded(form: str) -> Json:
    """`a[b][0]=c` as `{"a": {"b": {"0": "c"}}}`; lists become lists when the schema types them."""
    tree: Json = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        match = NAME.fullmatch(name)
        if not match:
            raise Refused(f"Invalid parameter name: {name}", param=name)
        _put(tree, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], value)
    return tree


def _put(tree: Json, keys: list[str], value: str) -> None:
    *branches, leaf = keys
    for key in branches:
        below = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(below, dict):
            raise Refused(f"Invalid parameter: {keys[0]} is given twice", param=keys[0])
        tree = below
    tree[leaf or str(len(tree))] = value


def checked(endpoint: str, form: Json) -> Json:
    """The parameters typed by Stripe's description of `endpoint`; raises Stripe's 400."""
    schema = played()[endpoint]
    typed: Json = CONTRACT.typed(schema, form)
    for fault in CONTRACT.faults(schema, typed):
        raise _as_stripe_says(fault)
    return typed


def _as_stripe_says(fault: Fault) -> Refused:
    path, detail = fault.path, fault.detail
    if fault.kind == "unknown":
        text = f"Received unknown parameter: {path}"
        return Refused(text, code="parameter_unknown", param=path)
    if fault.kind == "missing":
        return Refused(f"Missing required param: {path}.", code="parameter_missing", param=path)
    if fault.kind == "type" and detail.endswith("integer"):
        return Refused(f"Invalid integer: {path}", code="parameter_invalid_integer", param=path)
    return Refused(f"Invalid {path}: {detail}", param=path)
