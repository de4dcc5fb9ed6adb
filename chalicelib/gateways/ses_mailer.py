"""SES v2: one letter, one call, one address. Nothing is retried here: SES has no idempotency
token, so that only the outbox decides whether a mail is sent again.

What does not live here: what a mail says, when it is tried again.
"""

from __future__ import annotations

from email.utils import formataddr, getaddresses
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from chalicelib.errors import MailRefused, MailUnknown
from chalicelib.rules.mail import Attachment, Letter, name_in_path

TIMES = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"total_max_attempts": 1},
)
THROTTLED = 429


class SesMailer:
    """Sends letters. With `sender`, mails leave from that verified address under the letter's
    own name, and answers go to the letter's `reply_to`. Letters that nobody waits for leave by
    the configuration set `news`, where there is one, so that complaints are counted apart."""

    def __init__(
        self,
        region: str,
        configuration_set: str = "",
        sender: str = "",
        endpoint: str | None = None,
        news: str = "",
    ) -> None:
        self._client = boto3.client(
            "sesv2", region_name=region, endpoint_url=endpoint, config=TIMES
        )
        self._configuration_set = configuration_set
        self._news = news or configuration_set
        self._sender = sender

    def send(self, letter: Letter) -> str:
        """SES's message id. MailRefused when SES or the address says no; MailUnknown for no
        answer, a 5xx or a throttle: the mail may have left."""
        try:
            answer = self._client.send_email(**self._asked(letter))
        except ClientError as error:
            raise _meaning(error) from error
        except (HTTPClientError, NotConnected) as error:
            raise MailUnknown(type(error).__name__) from error
        return str(answer["MessageId"])

    def _asked(self, letter: Letter) -> dict[str, Any]:
        name, address = getaddresses([letter.sender])[0]
        asked: dict[str, Any] = {
            "FromEmailAddress": _from(name, self._sender or address),
            "Destination": {"ToAddresses": [one_address(letter.to)]},
            "ReplyToAddresses": [one_address(letter.reply_to)],
            "Content": {"Simple": _content(letter)},
            "EmailTags": [{"Name": "mail", "Value": name_in_path(letter.reference)}],
        }
        configuration_set = self._news if letter.is_news else self._configuration_set
        if configuration_set:
            asked["ConfigurationSetName"] = configuration_set
        return asked


def one_address(text: str) -> str:
    """The text, when it is exactly one plain address; MailRefused otherwise: `a@b, x@y` would
    be two people."""
    found = getaddresses([text])
    plain = text.isascii() and text.isprintable() and " " not in text
    if not plain or len(found) != 1 or found[0] != ("", text) or text.count("@") != 1:
        raise MailRefused("not exactly one address")
    return text


def _from(name: str, address: str) -> str:
    """A sender with its name in a form that survives any letter (RFC 2047)."""
    return formataddr((name, one_address(address)), "utf-8")


def _content(letter: Letter) -> dict[str, Any]:
    content: dict[str, Any] = {
        "Subject": _text(letter.subject),
        "Body": {"Text": _text(letter.text), "Html": _text(letter.html)},
        "Headers": [
            {"Name": "X-Entity-Ref-ID", "Value": name_in_path(letter.reference)},
            {"Name": "Auto-Submitted", "Value": "auto-generated"},
            *({"Name": name, "Value": value} for name, value in letter.headers),
        ],
    }
    if letter.attachments:
        content["Attachments"] = [_part(one) for one in letter.attachments]
    return content


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}


def _part(attachment: Attachment) -> dict[str, Any]:
    return {
        "FileName": attachment.name,
        "ContentType": attachment.content_type,
        "ContentDisposition": "ATTACHMENT",
        "ContentTransferEncoding": "BASE64",
        "RawContent": attachment.body,
    }


def _meaning(error: ClientError) -> MailRefused | MailUnknown:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    told = error.response.get("Error", {})
    kind = MailRefused if 400 <= status < 500 and status != THROTTLED else MailUnknown
    return kind(told.get("Code", ""), told.get("Message", ""))
