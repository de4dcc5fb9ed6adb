"""The Marmalade Circle (PRODUCT section 6), told by driving the real routes with the clock moved
back; no row is ever inserted.

    stage.py    browsers, clock, mailbox      stories.py   what happened, in order,
    people.py   who is who                    autumn.py    registers, leaving, banks, and
    groups.py   what the desk's forms are     november.py  what makes the desk of today
                filled with
    joining.py, paying.py  the steps that many stories share
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from local.demo.people import ADA
from local.demo.stage import Stage
from local.demo.stories import STORIES
from local.product import Product


def play(product: Product, say: Callable[[str], None]) -> None:
    """Tell every story, then let the clock go on from the demo's today. `say` hears of each."""
    stage = Stage(product, say)
    with collecting_later(), product.stripe.saving_later() if product.stripe else nullcontext():
        for story in STORIES:
            say((story.__doc__ or story.__name__).splitlines()[0])
            story(stage)
        stage.clock.stand_at(stage.today)
        stage.work()
        product.night()
    stage.clock.run_from(stage.today)
    product.kept("administrator", ADA)


@contextmanager
def collecting_later() -> Iterator[None]:
    """Leave garbage in cycles lying meanwhile: looking for it is a tenth of the demo's work."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
