"""Money at Stripe that bears our mark and whose debt nobody knows: as after an older copy of
everything was brought back.
"""

from __future__ import annotations

import copy
from typing import Any

from chalicelib.store.tasks import open_tasks
from tests.shop import Offered, Shop


def lost_payment(shop: Shop, like: Offered, amount_minor: int = 21600) -> str:
    """Somebody has paid for a place of which no row is left; the id of the checkout. It is made
    after the payment that `like` begins."""
    shop.begin(like)
    params: dict[str, Any] = copy.deepcopy(dict(shop.debt(like).payments[-1].params))
    params["line_items"][0]["price_data"]["unit_amount"] = amount_minor
    ids = {"obligation_id": "debt-lost", "payment_id": "pay-lost"}
    for metadata in (params["metadata"], params["payment_intent_data"]["metadata"]):
        metadata.update(ids)
    session = shop.gateway.open_checkout(params, f"lost-{shop.world.now}-{amount_minor}")
    shop.fake.pay(session.id)
    shop.hear_all()
    return session.id


def intent_of(shop: Shop, checkout_id: str) -> str:
    """Its payment at Stripe."""
    return str(shop.gateway.checkout(checkout_id).payment_intent_id)


def asked() -> set[str]:
    """What a person is asked about money, by code."""
    found = {task.code for task in open_tasks()}
    return found & {"unknown_payment", "movement_missing", "movement_unknown"}
