"""The way to a deployment over HTTP: the browser of the journeys, with a real gateway behind it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import requests

from local.gateway import Answer
from tests.world import Browser

LINK_KEY = "0123456789abcdef0123456789abcdef-rehearsal"


class RemoteGateway:
    """Takes requests to a deployment; paths are ours, with or without the stage before them."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.base_path = parts.path

    def handle(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        address: str = "127.0.0.1",
    ) -> Answer:
        """One request, no redirect followed; `address` is what it is: our own."""
        path = target.removeprefix(self.base_path)
        asked = {"accept": "text/html", **(headers or {})}
        got = requests.request(
            method,
            f"{self.base_url}{path}",
            headers=asked,
            data=body,
            allow_redirects=False,
            timeout=60,
        )
        return Answer(got.status_code, list(got.raw.headers.items()), got.content)


class RemoteBrowser(Browser):
    """The browser of the journeys, on a deployment."""

    def __init__(self, base_url: str) -> None:
        self.street = RemoteGateway(base_url)
        super().__init__(self.street)  # type: ignore[arg-type] # the same door, further away

    def post(
        self,
        path: str,
        values: dict[str, Any],
        follow: bool = True,
        origin: str | None = None,
    ) -> Answer:
        """Send a form, as a page of the deployment would."""
        return super().post(path, values, follow, origin or self.street.origin)

    def links_in(self, text: str) -> list[str]:
        """The paths of the deployment's own links in a mail's text, in order."""
        found = re.findall(re.escape(self.street.base_url) + r"(/[^\s)>\]]+)", text)
        return [path.rstrip(".,") for path in found]
