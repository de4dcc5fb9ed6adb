"""`python -m tests.browser.running FOLDER PORT`: an empty product for a browser, until SIGTERM.

Prints the set-up link when browsers can come. What does not live here: what `make run` adds to
it, the demo's stories and the words on the screen (local/run.py).
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from threading import Event

from local.product import Product


def main(folder: Path, port: int) -> None:
    """Serve from `folder`, where run.log tells what went wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=folder / "run.log", format="%(levelname)s %(name)s %(message)s")
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with Product(folder, port) as product:
        from chalicelib.flows.people.set_up import set_up_link  # only now it has its settings

        product.serve()
        sys.stdout.write(f"{set_up_link(product.wired)}\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
