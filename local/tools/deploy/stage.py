"""What a deployment is: stages/NAME.toml as one frozen dataclass, with all its faults at once.

What does not live here: secrets, which are in no file (secrets.py).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

STAGES = Path(__file__).resolve().parent.parent.parent.parent / "stages"
PATTERNS = {
    "name": r"[a-z][a-z0-9-]{0,19}",
    "region": r"[a-z]{2}(-[a-z]+)+-\d",
    "prefix": r"[a-z][a-z0-9-]{1,29}",
    "mail_identity": r"([a-z0-9-]+\.)+[a-z]{2,}",
    "mail_sender": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "alarm_mail": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "stripe_mode": r"test|live",
    "domain": r"|([a-z0-9-]+\.)+[a-z]{2,}",
    "certificate": r"|arn:[a-z-]+:acm:\S+",
}


class StageFaulty(ValueError):
    """What is wrong with a stage's file: one sentence a line."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One deployment in one account."""

    name: str
    region: str
    prefix: str
    mail_identity: str
    mail_sender: str
    alarm_mail: str
    stripe_mode: str
    domain: str = ""
    certificate: str = ""

    @property
    def stack(self) -> str:
        """The name of its CloudFormation stack."""
        return f"balint-{self.name}"

    @property
    def address(self) -> str:
        """Its public address, empty while only the gateway's own is known."""
        return f"https://{self.domain}" if self.domain else ""

    def parameters(self, address: str) -> dict[str, str]:
        """What the template asks for, by name."""
        return {
            "Stage": self.name,
            "TablePrefix": self.prefix,
            "BaseUrl": address,
            "MailIdentity": self.mail_identity,
            "MailSender": self.mail_sender,
            "AlarmMail": self.alarm_mail,
            "StripeMode": self.stripe_mode,
            "DomainName": self.domain,
            "CertificateArn": self.certificate,
        }


def read(name: str, folder: Path = STAGES) -> Stage:
    """A stage by its name; StageFaulty says everything that is wrong with its file."""
    path = folder / f"{name}.toml"
    if not re.fullmatch(PATTERNS["name"], name) or name == "example":
        raise StageFaulty(f"STAGE={name} is no name for a deployment: take prod or trial.")
    if not path.is_file():
        raise StageFaulty(
            f"There is no stages/{name}.toml: copy stages/example.toml and change it."
        )
    try:
        told: dict[str, Any] = {"name": name, **tomllib.loads(path.read_text("utf-8"))}
    except tomllib.TOMLDecodeError as error:
        raise StageFaulty(f"stages/{name}.toml cannot be read: {error}") from error
    faults = _faults(told)
    if faults:
        raise StageFaulty("\n".join(f"stages/{name}.toml: {fault}" for fault in faults))
    return Stage(**told)


def _faults(told: dict[str, Any]) -> list[str]:
    known = {field.name for field in fields(Stage)}
    faults = [f"nothing is called {name}" for name in told if name not in known]
    for name, pattern in PATTERNS.items():
        value = told.get(name, "")
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            faults.append(f"{name} is missing" if name not in told else f"{name} is not one")
    sender, identity = str(told.get("mail_sender", "")), str(told.get("mail_identity", ""))
    if not sender.endswith((f"@{identity}", f".{identity}")):
        faults.append("mail_sender is not an address of mail_identity")
    if ".example" in f"{sender}.{told.get('alarm_mail', '')}.{told.get('domain', '')}.":
        faults.append("it still holds the names of the example")
    if bool(told.get("domain")) != bool(told.get("certificate")):
        faults.append("domain and certificate go together")
    return faults
