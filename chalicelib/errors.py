"""Every refusal of the product, as one tree. A class name is the code, `status` the HTTP answer.

Refusal                         the caller asked for something that cannot be; nothing was changed
├── InvalidForm             422 answers on a form that cannot be read; carries every error at once
├── NotFound                404 no such thing, or not for this caller
├── SignInNeeded            401 the page is for signed-in people
├── FreshSignInNeeded       401 the act needs a sign-in of the last minutes
├── NotAllowed              403 signed in, but not for this page
├── ForeignForm             403 a form that did not come from our own pages
├── LinkNotValid            410 a personal link that was cut, replaced or forged
│   └── SignInEnded             a sign-in link or code that was used, or is too old
├── TooManyTries            429 a rate limit
├── Conflict                409 the thing is no longer in the state the act needs
│   ├── MoveNotDeclared         a state cannot follow that state
│   ├── StateChanged            somebody else changed it between reading and writing
│   ├── NoSeatLeft              the term is full
│   ├── NoGuestPlaceLeft        the session has no guest place left
│   ├── AlreadyBooked           the same person already holds this place
│   ├── AlreadyCounted          the same money fact was counted before; not an error to Stripe
│   ├── EnrolmentExists         the person holds a seat in this term already
│   ├── PaymentOnItsWay         a delayed payment for the same debt is not settled yet
│   ├── AlreadyApplied          a newer application of the same address stands in this group
│   ├── InterviewOutcomeMissing no offer before an interview that ended well
│   ├── OfferStands             the applicant has an offer; that has to end first
│   ├── OfferNotOpen            the offer was taken, declined, withdrawn or has expired
│   ├── PayerChanged            somebody else is asked to pay than when the page was opened
│   ├── TermNotOpen             the term does not recruit (any more)
│   ├── NothingOwed             everything of this debt is paid, or nothing is asked for
│   ├── DebtNotOpen             money by hand cannot be put to this debt (any more)
│   ├── MatchTooMuch            more than is left of the money, or than is owed
│   ├── RefundNotPossible       more than was paid, or reserved already
│   ├── BursaryNotOpen          the bursary code was used or withdrawn
│   ├── FundTooSmall            the bursary fund does not hold that much
│   ├── DisputeOpen             a dispute keeps the payment from being given back
│   ├── ReleaseWaits            a release of this debt waits for a second person already
│   ├── SecondPersonNeeded      who asked for a release cannot be the one who approves it
│   ├── NothingToPay            no leader can be paid anything now
│   ├── RunOpen                 a run of payouts is under way already
│   └── SwitchedOff             the circle has switched this act off
├── PublishChecksFailed     409 a group or term lacks what publication needs
└── PriceNotSellable        422 a price Stripe cannot charge
AlreadyAnswered                 not a refusal: the form was answered before; carries that answer
Trouble                     503 something outside did not answer; safe to try again
├── StoreBusy                   DynamoDB refused for load or conflict after our own retries
├── StripeUnknown               no answer or an unclear one: the outcome is unknown
├── StripeRefused           502 Stripe answered no, for good
├── MailUnknown                 SES gave no clear answer
└── MailRefused             502 SES answered no, for good
NotSigned                   400 a webhook whose signature or body does not hold

This module imports nothing of ours. The sentences a person reads live in templates/words/,
under the class name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """The caller asked for something that cannot be. Keyword facts fill the sentence shown."""

    status = 409

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__, facts)
        self.facts = facts

    @property
    def code(self) -> str:
        """The name by which pages, programs and tests know this refusal."""
        return type(self).__name__


class InvalidForm(Refusal):
    """Answers that cannot be read: field name -> error code, and what was typed."""

    status = 422

    def __init__(self, errors: Mapping[str, str], typed: Mapping[str, Any], **facts: Any) -> None:
        super().__init__(errors=dict(errors), **facts)
        self.errors = dict(errors)
        self.typed = dict(typed)


class NotFound(Refusal):
    """No such thing, or not for this caller: the two are not told apart."""

    status = 404


class SignInNeeded(Refusal):
    """The page is for signed-in people."""

    status = 401


class FreshSignInNeeded(Refusal):
    """The act moves money or personal data and needs a sign-in of the last minutes."""

    status = 401


class NotAllowed(Refusal):
    """Signed in, but without the role this page needs."""

    status = 403


class ForeignForm(Refusal):
    """A POST that did not come from one of our own pages."""

    status = 403


class LinkNotValid(Refusal):
    """A personal link that was cut off in a mail, replaced by a newer one, or forged."""

    status = 410


class SignInEnded(LinkNotValid):
    """A sign-in link or code that was used, is too old, or had too many wrong codes."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**{"back": "/sign-in", **facts})


class TooManyTries(Refusal):
    """A rate limit; `minutes` says how long to wait."""

    status = 429


class Conflict(Refusal):
    """The thing is no longer in the state the act needs."""


class MoveNotDeclared(Conflict):
    """A state cannot follow that state: facts `kind`, `old`, `new`."""


class StateChanged(Conflict):
    """Somebody changed it between our reading and our writing; look again."""


class NoSeatLeft(Conflict):
    """The term is full."""


class NoGuestPlaceLeft(Conflict):
    """The session has no guest place left."""


class AlreadyBooked(Conflict):
    """The same person already holds this place."""


class AlreadyCounted(Conflict):
    """The same money fact was counted before: a replay, and nothing is left to do."""


class EnrolmentExists(Conflict):
    """The person holds a seat in this term already."""


class PaymentOnItsWay(Conflict):
    """A delayed payment for the same debt is not settled yet; paying again would be twice."""


class AlreadyApplied(Conflict):
    """A newer application of the same address stands in this group (A1)."""


class InterviewOutcomeMissing(Conflict):
    """The group asks for an interview, and none has ended well yet (R51)."""


class OfferStands(Conflict):
    """The applicant has an offer; it has to be declined or withdrawn first."""


class OfferNotOpen(Conflict):
    """The offer was taken, declined or withdrawn, or has expired: fact `state`."""


class PayerChanged(Conflict):
    """Somebody else is asked to pay than when the page was opened (N12)."""


class TermNotOpen(Conflict):
    """The term does not recruit, or not any more."""


class NothingOwed(Conflict):
    """Everything of this debt is paid, or nothing is asked for (any more)."""


class DebtNotOpen(Conflict):
    """Money that came by hand cannot be put to this debt (any more): fact `state` says why."""


class MatchTooMuch(Conflict):
    """More than is left of the money, or than the debt asks for: fact `most`."""


class RefundNotPossible(Conflict):
    """More than was paid, or reserved already: fact `refundable`."""


class DisputeOpen(Conflict):
    """The bank is looking at the payment; giving it back as well would be paying twice."""


class ReleaseWaits(Conflict):
    """Something of this debt waits for a second person already; that one first."""


class SecondPersonNeeded(Conflict):
    """Who asked for a release cannot approve it."""


class BursaryNotOpen(Conflict):
    """The bursary code was used or withdrawn, or there is none."""


class FundTooSmall(Conflict):
    """The bursary fund has not so much that is not promised yet: fact `free`."""


class NothingToPay(Conflict):
    """No leader has anything that can be paid now: all of it is held back, or nothing is open."""


class RunOpen(Conflict):
    """Another run of payouts waits for its second person, or is being approved: fact `period`."""


class SwitchedOff(Conflict):
    """The circle has switched this act off: fact `switch`."""


class PublishChecksFailed(Refusal):
    """A group or term lacks what publication needs: fact `missing`, a list of codes."""


class PriceNotSellable(Refusal):
    """A price that Stripe cannot charge: fact `minimum_minor`."""

    status = 422


class AlreadyAnswered(Exception):
    """The same form was answered before; `location` is where that answer led."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class Trouble(Exception):
    """Something outside did not answer; trying again is safe."""

    status = 503

    @property
    def code(self) -> str:
        """The name by which pages, programs and tests know this trouble."""
        return type(self).__name__


class StoreBusy(Trouble):
    """DynamoDB refused for load or conflict, after our own retries."""


class StripeUnknown(Trouble):
    """Stripe gave no answer or an unclear one: the outcome is unknown, the same key finds out."""


class StripeRefused(Trouble):
    """Stripe answered no, for good: `args` hold its code and message."""

    status = 502


class MailUnknown(Trouble):
    """SES gave no clear answer: the mail may or may not have left."""


class MailRefused(Trouble):
    """SES answered no, for good."""

    status = 502


class NotSigned(Exception):
    """A webhook whose signature, age or body does not hold."""

    status = 400
