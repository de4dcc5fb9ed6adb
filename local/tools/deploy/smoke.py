"""The first visit to a deployment: does it answer, and where does its first administrator begin?

What does not live here: the journeys (tests/), the checks before (checks.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import requests

from chalicelib.rules import links
from local.tools.deploy.checks import Check

TIMES = (5, 35)  # the first request of a new function is slow
HEALTH = (requests.codes.ok, requests.codes.service_unavailable)
PAGES = (("/healthz", "ok"), ("/", "<html"))


def visit(address: str) -> Iterator[Check]:
    """The pages that everybody meets first."""
    for path, words in PAGES:
        what = f"{address}{path}"
        try:
            answer = requests.get(what, timeout=TIMES)
        except requests.RequestException as error:
            yield Check(what, False, f"It did not answer ({type(error).__name__}).")
            continue
        well = answer.status_code == requests.codes.ok and words in answer.text
        yield Check(what, well, f"It answered {answer.status_code}: look into its log group.")


def answers(address: str) -> bool:
    """Whether a deployment of ours can be reached at an address already."""
    try:
        answer = requests.get(f"{address}/healthz", timeout=TIMES, allow_redirects=False)
    except requests.RequestException:
        return False
    plain = answer.headers.get("content-type", "").startswith("text/plain")
    return answer.status_code in HEALTH and plain


def set_up_link(address: str, link_keys: str) -> str | None:
    """The address at which the circle is founded and its first administrator named; None once
    that is done. Whoever has the link can do it, so it is printed and sent nowhere."""
    keys = dict(part.split(":", 1) for part in link_keys.replace(",", " ").split())
    link = address + links.link_path(keys, "set-up", "circle", 1)
    answer = requests.get(link, timeout=TIMES)
    return link if answer.status_code == requests.codes.ok else None
