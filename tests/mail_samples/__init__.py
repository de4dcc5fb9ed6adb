"""Sample facts of every mail: one NAME.toml for each folder of templates/emails.

    [facts]            what the flow gives to rules.mail.mail (plain data; TOML's own date-times
                       with their offset stand for instants)
    [links]            name = "purpose" of each personal link, as in rules/links.PATHS
    [facts.calendar]   if a calendar part goes with it

Several shapes of one mail: NAME.toml, NAME.other.toml, ...
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from chalicelib.rules.mail import LinkTo
from chalicelib.store.codec import to_plain
from chalicelib.wording import TEMPLATES

HERE = Path(__file__).resolve().parent


def template_names() -> list[str]:
    """Every mail there is."""
    return sorted(one.name for one in (TEMPLATES / "emails").iterdir() if one.is_dir())


def sample_names() -> list[str]:
    """Every sample: `offer`, `offer.sponsored`, ..."""
    return sorted(one.name.removesuffix(".toml") for one in HERE.glob("*.toml"))


def sample(name: str) -> tuple[dict[str, Any], dict[str, LinkTo]]:
    """The facts, as they come back from the outbox, and the links of a sample."""
    read = tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))
    links = {
        key: LinkTo(purpose=purpose, subject=f"{purpose}-1")
        for key, purpose in read.get("links", {}).items()
    }
    return to_plain(read.get("facts", {})), links
