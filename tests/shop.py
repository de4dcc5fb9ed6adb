"""The money side of the tests' world: the stand-in for Stripe behind the real SDK, offers, jobs.

At the end of every story the books are proven and every word spoken with Stripe is held against
its own description.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chalicelib.flows.books import books
from chalicelib.flows.joining import offers
from chalicelib.flows.money import checkout
from chalicelib.flows.running import registers
from chalicelib.flows.running.registers import Which
from chalicelib.gateways.stripe_connect import StripeConnect
from chalicelib.gateways.stripe_gateway import StripeGateway
from chalicelib.handlers import jobs
from chalicelib.rules.changes import Caller, Change, Create
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.links import personal_link
from chalicelib.rules.mail import Mail
from chalicelib.rules.money import wishes
from chalicelib.rules.money.payments import Payment, Refund
from chalicelib.rules.people.people import Person, email_hash
from chalicelib.rules.running.groups import Term, WholeTerm
from chalicelib.rules.running.register import as_kept
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import WholeDebt, whole_debt
from local.fake_stripe import FakeStripe, conformity
from tests.world import World

ADMIN = Caller(actor="person-admin")
SECRET = "whsec_invented"
CONNECT_SECRET = "whsec_invented_connect"


@dataclass(frozen=True)
class Offered:
    """An offer in somebody's hand: the ids, and the token of the mailed link."""

    application_id: str
    offer_id: str
    token: str

    @property
    def which(self) -> offers.OfferId:
        return offers.OfferId(application_id=self.application_id, offer_id=self.offer_id)


class Shop:
    """A world with a Stripe of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fake = FakeStripe(
            world.clock.now,
            webhook=self.receive,
            secret=SECRET,
            connect_webhook=self.receive_connect,
            connect_secret=CONNECT_SECRET,
            seed=1,
        )
        self.base_url = self.fake.start()
        self.gateway = StripeGateway("sk_test_invented", self.base_url, max_network_retries=0)
        self.connect = StripeConnect("sk_test_invented", self.base_url, max_network_retries=0)
        world.outside.stripe = self.gateway
        world.outside.connect = self.connect
        self.browser = world.browser("198.51.100.7")

    def close(self) -> None:
        """Let the stand-in go."""
        self.gateway.close()
        self.connect.close()
        self.fake.stop()

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        """Our webhook door, as Stripe meets it."""
        answer = self.browser.gateway.handle("POST", "/webhooks/stripe", headers, body)
        return answer.status

    def receive_connect(self, body: bytes, headers: dict[str, str]) -> int:
        """Our door for events of leaders' accounts."""
        path = "/webhooks/stripe/connect"
        return self.browser.gateway.handle("POST", path, headers, body).status

    # Before the money

    def application(self, whole: WholeTerm, name: str, email: str = "") -> Application:
        """An accepted application."""
        mailbox = email or f"{name.lower().replace(' ', '.')}@example.org"
        row = Application(
            application_id=self.world.outside.ids.new("application"),
            group_id=whole.group.group_id,
            term_id=whole.term.term_id,
            state="accepted",
            interview="suits",
            full_name=name,
            email=mailbox,
            email_hash=email_hash(mailbox),
            profession="gp",
            created_at=self.world.now,
            submitted_at=self.world.now,
        )
        commit(Change.of(Create(row)))
        return row

    def offer(self, whole: WholeTerm, name: str = "Pip Buttonwood", days: int = 7) -> Offered:
        """An open offer to somebody new."""
        return self.offer_to(self.application(whole, name), days)

    def offer_to(self, application: Application, days: int = 7) -> Offered:
        """An open offer for an application that is there."""
        offer_id = self.world.outside.ids.new("offer")
        offers.make_offer(self.world.outside, ADMIN, application.application_id, offer_id, days)
        keys = self.world.outside.places.link_keys
        token = personal_link(keys, "offer", f"{application.application_id}_{offer_id}", 1)
        return Offered(application.application_id, offer_id, token)

    # Paying

    def press_pay(self, offered: Offered) -> str:
        """Press Pay; where the browser goes."""
        wish = wishes.Wish(
            application_id=offered.application_id,
            offer_id=offered.offer_id,
            token=offered.token,
            start_at_once=False,
        )
        return checkout.pay(self.world.outside, Caller(actor="applicant"), wish)

    def session_of(self, url: str) -> str:
        """The session id in a hosted page's address."""
        return url.split("/c/pay/")[1].split("?")[0].split("#")[0]

    def begin(self, offered: Offered) -> str:
        """Press Pay; the id of the session that is open now."""
        return self.session_of(self.press_pay(offered))

    def pay(self, offered: Offered) -> str:
        """Press Pay and pay with a card that works; no event is delivered yet."""
        session_id = self.begin(offered)
        self.fake.pay(session_id)
        return session_id

    def hear_all(self) -> None:
        """Deliver every event Stripe has for us, once, in its order."""
        self.fake.deliver_all()

    def work(self) -> None:
        """Let the jobs run until a round of them does nothing more."""
        for _ in range(3):
            told = jobs.tick({}, None) | jobs.send_refunds({}, None) | jobs.send_payouts({}, None)
            heard, letters = self.fake.deliver_all(), len(self.world.postbox.letters)
            jobs.send_mails({}, None)
            if not (any(told.values()) or heard or len(self.world.postbox.letters) > letters):
                return

    def settle_down(self) -> None:
        """Everything heard, every job done, a quarter of an hour later too."""
        self.hear_all()
        self.work()
        self.world.clock.move(minutes=15)
        self.work()

    # Sessions

    def close_register(
        self, whole: WholeTerm, number: int, outcome: str = "held", **answers: Any
    ) -> None:
        """The register of a session that has begun is closed or corrected by an administrator;
        `answers` differ from what its form says at first."""
        world, session = self.world, whole.sessions[number - 1]
        which = Which(session.group_id, session.term_id, session.session_id)
        me = Person(
            person_id=ADMIN.actor,
            full_name="Ada Ledger",
            email="ada.ledger@marmalade-circle.example",
            roles=("administrator",),
            created_at=world.now,
        )
        shown = registers.show_register(world.outside, me, which)
        values = {**as_kept(shown), "outcome": outcome, **answers}
        seen = str(shown.session.revision)
        registers.close(world.outside, ADMIN, me, which, seen, values)

    def hold(self, whole: WholeTerm, number: int, **answers: Any) -> None:
        """It is the end of the session with this number, everybody came, its register is closed."""
        ends_at = whole.sessions[number - 1].ends_at
        self.world.clock.at = max(self.world.now, ends_at)
        self.close_register(whole, number, **answers)

    # Looking

    def offer_row(self, offered: Offered) -> Offer:
        return offers.load(offered.which)[1]

    def debt(self, offered: Offered) -> WholeDebt:
        debt = whole_debt(self.offer_row(offered).obligation_id)
        assert debt is not None
        return debt

    def payment(self, offered: Offered) -> Payment:
        """The only payment of an offer."""
        (payment,) = self.debt(offered).payments
        return payment

    def refunds(self, offered: Offered) -> list[Refund]:
        return list(self.debt(offered).refunds)

    def roster(self, whole: WholeTerm) -> list[Enrolment]:
        return reads.under(tables.Enrolments, whole.term.term_id)

    def term(self, whole: WholeTerm) -> Term:
        term = reads.reread(whole.term)
        assert term is not None
        return term

    def mails(self, template: str = "") -> list[Mail]:
        """Queued or sent mails of one kind."""
        every = [one for one in reads.everything(tables.Outbox) if isinstance(one, Mail)]
        return [one for one in every if not template or one.template == template]

    def prove(self, with_stripe: bool = True) -> None:
        """The books agree with themselves, the roster and Stripe."""
        findings = books.prove(self.world.outside, with_stripe)
        assert findings == [], findings
        assert conformity.faults_of(self.fake) == []


@contextmanager
def a_shop(world: World) -> Iterator[Shop]:
    """A shop whose books are proven when the story ends."""
    shop = Shop(world)
    try:
        yield shop
        shop.settle_down()
        shop.prove()
    finally:
        shop.close()
