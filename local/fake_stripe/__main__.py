"""`python -m local.fake_stripe --port 8420 --state FILE --webhook URL --secret whsec_..`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from local.fake_stripe.fake import CONNECT_WEBHOOK_SECRET, WEBHOOK_SECRET, FakeStripe


def main() -> None:
    """Run the stand-in alone until interrupted."""
    parser = argparse.ArgumentParser(prog="local.fake_stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=8420)
    parser.add_argument("--state", type=Path, help="a JSON file that keeps everything")
    parser.add_argument("--webhook", help="where events are sent")
    parser.add_argument("--secret", default=WEBHOOK_SECRET, help="what signs them")
    parser.add_argument("--connect-webhook", help="where events of connected accounts are sent")
    parser.add_argument("--connect-secret", default=CONNECT_WEBHOOK_SECRET)
    parser.add_argument("--clock-offset-seconds", type=int, default=0)
    given = parser.parse_args()
    offset = timedelta(seconds=given.clock_offset_seconds)
    fake = FakeStripe(
        lambda: datetime.now(UTC) + offset,
        webhook=given.webhook,
        secret=given.secret,
        connect_webhook=given.connect_webhook,
        connect_secret=given.connect_secret,
        state_path=given.state,
    )
    base_url = fake.start(given.port)
    fake.deliver_in_background()
    print(f"A stand-in for Stripe listens at {base_url}; its control page is {base_url}/control")
    try:
        Event().wait()
    except KeyboardInterrupt:
        fake.stop()


if __name__ == "__main__":
    main()
