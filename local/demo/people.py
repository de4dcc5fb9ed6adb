"""The people of the demo: all invented (PRODUCT section 6)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Somebody:
    """A person of the demo; `profession` as the form offers it, or `other` with words."""

    name: str
    profession: str = ""
    zone: str = "Europe/London"
    profession_in_words: str = ""

    @property
    def email(self) -> str:
        """first.last@example.org, without titles and marks."""
        words = [word for word in self.name.split() if word not in ("Dr", "Nurse")]
        return ".".join(words).lower().replace("’", "") + "@example.org"


ADA = "ada.ledger@marmalade-circle.example"  # the administrator
# What she answers when the circle is founded.
CIRCLE = {
    "name": "Marmalade Circle",
    "email": "hello@marmalade-circle.example",
    "zone": "Europe/London",
    "preset": "society",
    "currency": "GBP",
    "seller_name": "Marmalade Circle",
    "seller_address": "1 Preserve Lane\nFictonbury ZZ99 9ZZ",
    "seller_statement": "A fictional charity, number 0000000. No VAT is charged.",
    "administrator_name": "Ada Ledger",
    "administrator_email": ADA,
}
INKWELL = Somebody("Dr Imelda Inkwell")
TEACUP = Somebody("Barnaby Teacup")
PUDDLEFOOT = Somebody("Dr Percival Puddlefoot")
MARZIPAN = Somebody("Nurse Clover Marzipan")
QUILL = Somebody("Dr Araminta Quill")
THIMBLE = Somebody("Odalys Thimble", zone="Australia/Hobart")
LIGHTHOUSE = Somebody("Fergus Lighthouse")

BUTTONWOOD = Somebody("Dr Pip Buttonwood", "General practitioner")
UMBRELLA = Somebody("Saffron Umbrella", "Mental health nurse")
FEATHERSTONE = Somebody("Ludo Featherstone-Kite", "Psychologist")
CLOCKHOUSE = Somebody("Dr Maribel Clockhouse", "Psychiatrist")
SAUCEPAN = Somebody("Juniper Saucepan", "Counsellor")
WHEELBARROW = Somebody("Dr Otis Wheelbarrow", "Doctor in training")
RAINBARREL = Somebody("Tansy Rainbarrel", "Social worker")
DOORBELL = Somebody("Caspian Doorbell", "Coach or consultant", zone="Australia/Brisbane")
STARCH = Somebody("Bettina Starch", "Vet")
WATERCRESS = Somebody("Primrose Watercress", "Counsellor")  # was erased since, as she asked
COACHING = Somebody("Fictonbury Coaching Company")  # pays for one of its coaches
WANDERER = Somebody("Sample Person 46", "Coach or consultant", zone="Australia/Brisbane")


def sample(number: int, profession: str) -> Somebody:
    """Sample Person 01 and up, for the seats nobody has a story about."""
    return Somebody(f"Sample Person {number:02d}", profession)
