"""Reads infra/: the CloudFormation that packaging merges into what Chalice generates.

Several small YAML files make one template; `x-` blocks hold YAML anchors and are dropped.
What the tables look like in a database client's words lives in local/tables.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

INFRA = Path(__file__).resolve().parent.parent / "infra"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref`, `!Sub`, `!GetAtt`, ...)."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


def load_infra(folder: Path = INFRA) -> dict[str, Any]:
    """All of infra/*.yaml as one template; raises ValueError when two files define one name."""
    merged: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yaml")):
        loaded = yaml.load(path.read_text("utf-8"), Loader=_Loader)
        for section, content in loaded.items():
            if section.startswith("x-"):
                continue
            known = merged.setdefault(section, {})
            twice = known.keys() & content.keys()
            if twice:
                raise ValueError(f"{path.name} defines {sorted(twice)} again in {section}")
            known.update(content)
    return merged
