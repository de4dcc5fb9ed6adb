"""Fixtures every tier shares: dummy credentials, moto's tables, an empty world for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.update(
    AWS_ACCESS_KEY_ID="invented",
    AWS_SECRET_ACCESS_KEY="invented",
    AWS_DEFAULT_REGION="eu-west-2",
    AWS_ACCOUNT_ID_ENDPOINT_MODE="disabled",
)

import boto3
import pytest
from moto import mock_aws
from moto.backends import get_backend
from moto.core.model_instances import reset_model_data

from chalicelib import wiring
from local.tables import create_tables
from tests import moto_items
from tests.dynamodb_local_fixtures import dynamodb_local, local_tables, local_world  # noqa: F401
from tests.quick_moto import quick_transactions
from tests.shop import Shop, a_shop
from tests.tiers import pytest_terminal_summary  # noqa: F401
from tests.world import World


@pytest.fixture(scope="session")
def _aws() -> Iterator[None]:
    """moto for the whole session: clients outlive a single mock."""
    moto_items.register()
    with mock_aws():
        create_tables(boto3.client("dynamodb"), "test")
        with quick_transactions():
            yield


@pytest.fixture
def world(_aws: None) -> Iterator[World]:
    """An empty world at its first moment."""
    tables = get_backend("dynamodb")["123456789012"]["eu-west-2"].tables
    for table in tables.values():
        table.items.clear()
    reset_model_data()  # moto remembers every item it ever made or copied, and slows down
    yield World()
    wiring.uninstall()


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    """A world with a Stripe of its own; at the end its books are proven."""
    with a_shop(world) as open_shop:
        yield open_shop
