"""`python -m local.run`: the whole product on this machine, with demo data, without any account.

Environment: FRESH=1 forgets what was kept, DEMO=0 starts with an empty circle, PORT (8000; the
three after it are used too), STRIPE_SECRET_KEY=sk_test_... for Stripe's real test mode.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from threading import Event

from local import demo
from local.demo.stage import StoryStuck
from local.product import Product
from local.server import PortTaken

STATE = Path(__file__).resolve().parent.parent / ".state"
ADMINISTRATOR = "ada.ledger@marmalade-circle.example"


def main() -> int:
    """Run until Ctrl-C; the exit status."""
    port = int(os.environ.get("PORT") or 8000)
    key = os.environ.get("STRIPE_SECRET_KEY", "")
    if key.startswith(("sk_live_", "rk_live_")):
        print("This is a live key. The demo would take real money: use sk_test_... instead.")
        return 2
    folder = STATE / ("with-stripe" if key else "demo")  # two worlds that know nothing in common
    if os.environ.get("FRESH") == "1" or _unfinished(folder):
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    _log_to(folder / "run.log")
    stop = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    try:
        return _run(Product(folder, port, key), stop)
    except StoryStuck as stuck:
        logging.exception("the demo is stuck")
        print(f"The demo could not be played to its end: {stuck}")
        print("The next start begins afresh; DEMO=0 make run starts without it.")
        return 1
    except PortTaken as taken:
        print(f"Port {taken.args[0]} is taken by another program (an earlier run?).")
        print(f"Stop that program, or choose four free ports: PORT={port + 100} make run")
        return 2


def _run(product: Product, stop: Event) -> int:
    began = time.monotonic()
    print("Starting AWS, Stripe and the mailbox on this machine ...", flush=True)
    with product:
        print(f"  started in {time.monotonic() - began:.1f} s", flush=True)
        if os.environ.get("DEMO") != "0" and not product.kept("begun"):
            _seed(product)
        product.kept("begun", "yes")
        product.serve()
        print(f"Ready after {time.monotonic() - began:.1f} s.", flush=True)
        _tell(product)
        stop.wait()
        print("\nStopping; what was done is kept in .state/ ...", flush=True)
    print("Stopped.")
    return 0


def _seed(product: Product) -> None:
    product.kept("seeding", "yes")
    began = time.monotonic()
    print("Playing the demo's last months, once:", flush=True)
    demo.play(product, lambda story: print(f"  {story}", flush=True))
    print(f"  played in {time.monotonic() - began:.1f} s", flush=True)


def _unfinished(folder: Path) -> bool:
    """Whether an earlier first start was cut off in the middle of the demo's stories."""
    kept = folder / "kept.json"
    text = kept.read_text() if kept.exists() else ""
    if '"seeding"' in text and '"begun"' not in text:
        print("The last first start did not finish; starting afresh.")
        return True
    return False


def _tell(product: Product) -> None:
    """Where to click."""
    from chalicelib.flows.people import circle, set_up

    print(f"\nIn the demo it is {product.clock.now():%A %-d %B %Y, %H:%M} UTC.\n")
    if circle.seen(product.wired) is None:
        print(f"  Set the circle up      {set_up.set_up_link(product.wired)}")
    else:
        print(f"  Groups, as anyone      {product.base_url}/groups")
        print(f"  The administrator      {product.base_url}/sign-in")
        print(f"                         sign in as {_administrator(product)};")
        print("                         the mail with the link arrives in the mailbox")
    print(f"  Everybody's mailbox    {product.mailbox_url}")
    if product.stripe:
        print(f"  Stripe, behind it      http://127.0.0.1:{product.port + 2}/control")
    else:
        print("  Stripe's test mode is real here, and so is the clock. No webhook reaches this")
        print("  machine: the page after paying and the jobs ask Stripe instead.")
    link = _personal_link(product)
    if link:
        print(f"  {link[0]:<22} {link[1]}")
    print("\nCtrl-C stops. FRESH=1 make run begins again.", flush=True)


def _administrator(product: Product) -> str:
    return product.kept("administrator") or ADMINISTRATOR


def _personal_link(product: Product) -> tuple[str, str] | None:
    """The newest personal link that somebody can use now, out of the mailbox."""
    for name, path in (("Somebody's offer", "/offers/"), ("An application", "/applications/")):
        for mail in reversed(product.mailbox.mails):
            for link in mail.links(product.base_url + path):
                return name, link
    return None


def _log_to(path: Path) -> None:
    """Everything into a file; trouble on the screen as well."""
    logging.basicConfig(
        filename=path, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    for chatty in ("botocore", "boto3", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.ERROR)
    screen.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.getLogger("balint").addHandler(screen)


if __name__ == "__main__":
    sys.exit(main())
