"""Fixtures of the tests of doors."""

from __future__ import annotations

import pytest

from local.browser import Browser
from tests.handlers.the_house import (
    House,
    Kept,
    a_house,
    clear_tables,
    keep_house,
    same_house,
)
from tests.people import signed_in
from tests.stories import a_circle
from tests.world import World


@pytest.fixture
def desk(world: World) -> Browser:
    """The browser of an administrator of a circle that is set up."""
    a_circle(world)
    return signed_in(world)


_kept: list[Kept] = []


@pytest.fixture
def house(world: World) -> House:
    """A house with every form of the product, as it was built once for all tests."""
    if not _kept:
        _kept.append(keep_house(a_house(world)))
        clear_tables()
    return same_house(_kept[0], world)
