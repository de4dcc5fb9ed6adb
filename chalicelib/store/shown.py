"""What indexes see of rows, in the words that all rows share.

What does not live here: which row shows what (rows.py, money_rows.py).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.store.codec import instant_text
from chalicelib.store.keeping import Shown


def due(shard: str, at: datetime | None) -> Shown:
    """What the due index sees: nothing once nothing is due."""
    if at is None:
        return {"due_shard": None, "due_at": None}
    return {"due_shard": shard, "due_at": at}


def stamp(at: datetime | None) -> str:
    """An instant as sortable text; empty for none."""
    return instant_text(at) if at else ""
