"""Fixtures of the tests of doors."""

from __future__ import annotations

import pytest

from local.browser import Browser
from tests.people import signed_in
from tests.stories import a_circle
from tests.world import World


@pytest.fixture
def desk(world: World) -> Browser:
    """The browser of an administrator of a circle that is set up."""
    a_circle(world)
    return signed_in(world)
