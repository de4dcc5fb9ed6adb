"""What tests of all doors share: the routes by kind, and what lies in the tables."""

from __future__ import annotations

import re
from typing import Any

import boto3

from app import app
from chalicelib.handlers.audience import OPEN
from chalicelib.handlers.doors import AUDIENCES
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules import links
from chalicelib.rules.people.access import hashed
from chalicelib.store import tables
from local.gateway import Answer
from tests.world import Browser, World

ROUTES = sorted((method, path) for path, methods in app.routes.items() for method in methods)
GUARDED = [route for route in ROUTES if AUDIENCES.get(route) not in OPEN]
OPEN_PAGES = [route for route in ROUTES if route[0] == "GET" and AUDIENCES.get(route) in OPEN]
FORMS = [
    (method, path)
    for method, path in ROUTES
    if method == "POST"
    and "application/x-www-form-urlencoded" in app.routes[path]["POST"].content_types
]
HOOKS = [route for route in ROUTES if route[0] == "POST" and route not in FORMS]


def filled(path: str) -> str:
    """A path of this route with invented parameters."""
    return re.sub(r"\{(\w+)\}", r"invented-\1", path)


def knock(browser: Browser, method: str, path: str, **more: Any) -> Answer:
    if method == "GET":
        return browser.get(filled(path), follow=False)
    return browser.post(filled(path), {}, follow=False, **more)


def everything_kept() -> dict[str, list[Any]]:
    """Every item of every table, as it lies there."""
    client = boto3.client("dynamodb")
    return {name: client.scan(TableName=f"test-{name}")["Items"] for name in tables.TABLES}


def nonce_of(world: World, browser: Browser) -> str:
    cookie = browser.cookies.get(SESSION_COOKIE, "")
    name = hashed(cookie)[:16] if cookie else "anyone"
    return links.form_nonce(
        world.outside.places.link_keys, name, world.outside.ids.secret(), world.now
    )
