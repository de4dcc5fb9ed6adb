"""What each mail is to its reader, as data: how bad it is when it does not arrive, and by which
of SES's two configuration sets it leaves.

What does not live here: what a mail says (templates/emails), when it leaves (sending.py).
"""

from __future__ import annotations

from collections.abc import Mapping

# Somebody stands before a closed door without it, or does not know what was decided or paid: when
# it does not arrive, a person is told at once (N16).
CRITICAL = "critical"
# Somebody waits for it, or should know it today.
NEEDED = "needed"
# Reminders and reports that nobody waits for: they leave by a configuration set of their own, so
# that how they are received is counted apart from everything above.
NEWS = "news"

KINDS: Mapping[str, str] = {
    "address_changed": NEEDED,
    "application_again": NEEDED,
    "application_decision": CRITICAL,
    "application_left": NEEDED,
    "application_received": NEEDED,
    "application_started": NEEDED,
    "enrolment_confirmation": CRITICAL,  # holds the way into the meetings
    "erasure": NEEDED,
    "instalment_due": NEWS,
    "instalment_missed": CRITICAL,
    "interview_invitation": CRITICAL,
    "late_money": NEEDED,
    "leader_cancelled": CRITICAL,
    "leader_clawback": NEWS,
    "leader_details_changed": NEEDED,
    "leader_paid": NEWS,
    "leader_split": NEWS,
    "leader_unpaid": NEEDED,
    "left_term": NEEDED,
    "mail_check": NEEDED,
    "member_left": NEWS,
    "member_unreachable": NEEDED,
    "offer": CRITICAL,
    "offer_expired": NEEDED,
    "offer_withdrawn": CRITICAL,
    "payer_asked": CRITICAL,
    "payer_failed": CRITICAL,
    "payer_named": NEEDED,
    "payer_refunded": NEEDED,
    "payment_failed": CRITICAL,
    "payment_on_its_way": NEEDED,
    "payout_account_trouble": NEEDED,
    "payout_onboarding": NEEDED,
    "receipt": CRITICAL,
    "refund_failed": CRITICAL,
    "refund_paid_by_hand": NEEDED,
    "refund_started": NEEDED,
    "session_cancelled": CRITICAL,
    "sign_in": NEEDED,
    "taster_again": NEEDED,
    "taster_cancelled": CRITICAL,
    "taster_confirmation": CRITICAL,
    "term_cancelled": CRITICAL,
    "term_cancelled_waiting": NEEDED,
    "welcome_officer": NEEDED,
}


def kind_of(template: str) -> str:
    """The kind of a mail; one whose template is gone counts as needed."""
    return KINDS.get(template, NEEDED)


def is_critical(message_key: str) -> bool:
    """Whether a mail, by its key (template, `#`, what it is about), must not be missed."""
    return kind_of(message_key.partition("#")[0]) == CRITICAL
