"""Steps of stories in which somebody else pays: a member names the payer, the payer pays."""

from __future__ import annotations

from chalicelib.flows.money import checkout, payers
from chalicelib.rules.changes import Caller
from chalicelib.rules.links import link_path, personal_link
from chalicelib.rules.money import wishes
from chalicelib.rules.money.payers import Named
from tests.shop import Offered, Shop

TRUST = "Fictonbury Health Trust"
ACCOUNTS = "accounts@fictonbury-trust.example"
REFERENCE = "COST CENTRE 4711"
MEMBER = Caller(actor="applicant")


def member_of(offered: Offered) -> payers.Member:
    """The member with her own link."""
    return payers.Member(application_id=offered.application_id, offer_id=offered.offer_id)


def named_payer(shop: Shop, offered: Offered, name: str = TRUST, email: str = ACCOUNTS) -> str:
    """The member names who pays; the path of the payer's page."""
    who = Named(full_name=name, email=email, reference=REFERENCE)
    payers.name_payer(shop.world.outside, MEMBER, member_of(offered), who)
    return payer_path(shop, offered)


def payer_path(shop: Shop, offered: Offered) -> str:
    """The page of the payer who is asked now, or was last."""
    owed = shop.debt(offered).obligation
    keys = shop.world.outside.places.link_keys
    return link_path(keys, "payer", owed.obligation_id, owed.payer_links)


def begin_as_payer(shop: Shop, offered: Offered, all_of_it: bool = False) -> str:
    """The payer presses Pay; the id of the session that is open now."""
    owed = shop.debt(offered).obligation
    keys = shop.world.outside.places.link_keys
    wish = wishes.DebtWish(
        obligation_id=owed.obligation_id,
        token=personal_link(keys, "payer", owed.obligation_id, owed.payer_links),
        all_of_it=all_of_it,
        payer_link=owed.payer_links,
    )
    return shop.session_of(checkout.pay_as_payer(shop.world.outside, Caller(actor="payer"), wish))


def pay_as_payer(shop: Shop, offered: Offered, all_of_it: bool = False) -> str:
    """The payer pays with a card that works, and we hear of it."""
    session_id = begin_as_payer(shop, offered, all_of_it)
    shop.fake.pay(session_id)
    shop.hear_all()
    return session_id
