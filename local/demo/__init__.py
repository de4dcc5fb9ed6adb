"""The Marmalade Circle (PRODUCT section 6), told by driving the real routes with the clock moved
back; no row is ever inserted.

    stage.py    browsers, clock, mailbox      groups.py   what the desk's forms are filled with
    people.py   who is who                    stories.py  what happened, in order
"""

from __future__ import annotations

from collections.abc import Callable

from local.demo.people import ADA
from local.demo.stage import Stage
from local.demo.stories import STORIES
from local.product import Product


def play(product: Product, say: Callable[[str], None]) -> None:
    """Tell every story, then let the clock go on from the demo's today. `say` hears of each."""
    stage = Stage(product, say)
    for story in STORIES:
        say((story.__doc__ or story.__name__).splitlines()[0])
        story(stage)
    stage.clock.stand_at(stage.today)
    stage.work()
    product.night()
    stage.clock.run_from(stage.today)
    product.kept("administrator", ADA)
