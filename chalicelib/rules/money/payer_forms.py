"""The forms around a payer apart from the member: naming one, and paying as one (N12)."""

from __future__ import annotations

from chalicelib.rules.forms import Field, Form
from chalicelib.rules.joining.offer_forms import ACCEPT_AND_PAY
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.parsers import choice, email, text, tick

REFERENCE_MAX = 60

_WHO = (
    Field("payer_name", text(80)),
    Field("payer_email", email()),
    Field("payer_reference", text(REFERENCE_MAX), required=False),
)
NAME_PAYER = Form("name_payer", (*_WHO, *ACCEPT_AND_PAY.fields))
CHANGE_PAYER = Form("name_payer", _WHO)
NAME_FOR_MEMBER = Form("name_payer", (*_WHO, Field("asked_for", tick())))
PAY_FOR = Form("pay_for", (Field("what", choice("asked", "all")),))
AGREE = Form("agree", (Field("agree", tick()),))


def naming(offer: Offer) -> Form:
    """What a member is asked who names a payer: the first time what she accepts with it."""
    return CHANGE_PAYER if offer.agreed_at else NAME_PAYER
