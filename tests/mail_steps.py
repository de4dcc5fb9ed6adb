"""Steps of stories in which SES tells what became of a mail: through the real entry of the
function, in the event of SNS.

What does not live here: SES's own shapes (local/ses_events.py).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.handlers import jobs
from chalicelib.rules.mail import Mail, name_in_path
from chalicelib.rules.people.addresses import Address
from chalicelib.store import outbox
from chalicelib.store.people import addresses
from local import ses_events
from local.ses_events import SentMail
from tests.world import World


def row(key: str) -> Mail:
    """The mail as it is now."""
    found = outbox.mail(key)
    assert found is not None
    return found


def known(email: str) -> Address:
    """What is known of an address."""
    found = addresses.by_email(email)
    assert found is not None
    return found


def at_ses(key: str, message_id: str = "") -> SentMail:
    """The mail as SES knows it."""
    mail = row(key)
    name = message_id or mail.message_id or "ses-unknown"
    to = mail.sent_to or mail.to
    return SentMail(name, to, name_in_path(key), mail.queued_at, mail.subject)


def event(world: World, key: str, what: str, seconds: float = 1, message_id: str = "") -> Any:
    """What SES tells of it, so many seconds from now."""
    mail, at = at_ses(key, message_id), world.now + timedelta(seconds=seconds)
    match what:
        case "bounced":
            return ses_events.bounced(mail, at)
        case "not_now":
            return ses_events.bounced(mail, at, "Transient", "MailboxFull")
        case "complained":
            return ses_events.complained(mail, at)
        case "rejected":
            return ses_events.rejected(mail)
        case _:
            return ses_events.delivered(mail, at)


def tell(*events: Any) -> dict[str, Any]:
    """SNS brings them to the function; what the function says."""
    told: dict[str, Any] = jobs.hear_mails(ses_events.brought(*events), None)
    return told


def ses_tells(world: World, key: str, what: str, seconds: float = 1) -> str:
    """SES tells one thing of a mail; the word for what it was to us."""
    told = tell(event(world, key, what, seconds))
    (word,) = told["0"]
    return str(word)
