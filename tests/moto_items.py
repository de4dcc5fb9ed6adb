"""Items in moto's answers as they are: its serializer asks each value of each item for some sixty
names it might have, which was four tenths of the time of these tests.

Registered where moto looks for serializers of a single service. Only for values that are in
DynamoDB's own words already; everything else is moto's.
"""

from __future__ import annotations

from typing import Any

from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer


class PlainItems(JSONSerializer):
    """Moto's serializer for DynamoDB, but `{"S": "text"}` is `{"S": "text"}`."""

    def _serialize(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and isinstance(value, dict):
            self._default_serialize(serialized, value, shape, key)
        else:
            super()._serialize(serialized, value, shape, key)


def register() -> None:
    """From now on, in this process."""
    SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": PlainItems}
