"""A key or a webhook secret that is rolled at Stripe works at once, without a restart."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from chalicelib.errors import StripeRefused
from chalicelib.gateways.secrets import Secrets
from chalicelib.gateways.stripe_gateway import StripeGateway
from tests.contract.stories import checkout_params, running_shop
from tests.shop import Shop
from tests.stories import a_recruiting_term


@dataclass
class Rolled:
    """A secret that is another one when it is read again; it remembers how often it was."""

    values: list[str]
    read: list[str] = field(default_factory=list)

    def text(self) -> str:
        return self.values[0]

    def again(self) -> bool:
        if len(self.values) == 1:
            return False
        self.read.append(self.values.pop(0))
        return True


def test_a_key_that_stripe_does_not_know_any_more_is_read_again_once() -> None:
    with running_shop() as shop:
        key = Rolled(["expired_key", "sk_test_new"])
        gateway = StripeGateway(key, shop.base_url, max_network_retries=0)
        opened = gateway.open_checkout(checkout_params(shop.clock.at), "key-1")
        gateway.close()
    assert opened.status == "open"
    asked = [one.request for one in shop.fake.exchanges]
    assert [one.headers["authorization"] for one in asked] == [
        "Bearer expired_key",
        "Bearer sk_test_new",
    ]
    assert {one.key for one in asked} == {"key-1"}, "the same request, under the same key"


def test_a_key_that_stays_unknown_is_an_answer_and_no_loop() -> None:
    with running_shop() as shop:
        gateway = StripeGateway(Rolled(["bad", "worse", "worst"]), shop.base_url)
        with pytest.raises(StripeRefused, match="authentication_error"):
            gateway.balance_minor("GBP")
        gateway.close()
    assert len(shop.fake.exchanges) == 2


def test_a_key_without_the_right_is_not_read_again() -> None:
    """403 means that the key is known and may not: reading it anew would change nothing."""
    with running_shop() as shop:
        shop.fake.restrict("rk_test_narrow", "/v1/balance")
        key = Rolled(["rk_test_narrow", "sk_test_other"])
        gateway = StripeGateway(key, shop.base_url, max_network_retries=0)
        with pytest.raises(StripeRefused):
            gateway.balance_minor("GBP")
        gateway.close()
    assert key.read == []


class RolledSecrets(Secrets):
    """Webhook secrets that are others when they are read again."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__({"STRIPE_WEBHOOK_SECRETS": before}, "eu-west-2")
        self._after = after
        self.read_again = 0

    def again(self) -> bool:
        self.read_again += 1
        self._told = {"STRIPE_WEBHOOK_SECRETS": self._after}
        return self.read_again == 1


def test_a_webhook_signed_with_a_new_secret_is_heard(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    shop.pay(shop.offer(whole))
    keys = shop.world.outside.secrets
    shop.world.outside.secrets = secrets = RolledSecrets("whsec_gone", "whsec_gone,whsec_invented")
    statuses = shop.fake.deliver_all()
    assert set(statuses) == {200}
    assert secrets.read_again == 1
    shop.world.outside.secrets = keys


def test_a_forged_webhook_stays_refused(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    shop.pay(shop.offer(whole))
    keys = shop.world.outside.secrets
    shop.world.outside.secrets = RolledSecrets("whsec_gone", "whsec_other")
    event = shop.fake.outgoing[0]
    assert shop.fake.deliver(event["id"]) == [400]
    shop.world.outside.secrets = keys
