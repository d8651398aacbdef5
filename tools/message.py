"""Turns a `Mail` into the bytes of an e-mail, with every address and header checked. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from email_validator import EmailNotValidError, validate_email

from core.errors import RejectedError
from tools.outbound import Attachment, Mail

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_NAMED = re.compile(r"([^<>]*)<([^<>]*)>")
_MESSAGE_ID = re.compile(r"<[^\s<>@]+@[^\s<>@]+>")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What SMTP is told, and the message. `needs_utf8`: a mailbox name is not ASCII (RFC 6531)."""

    sender: str
    recipients: Sequence[str]
    content: bytes
    message_id: str
    needs_utf8: bool


def compose(mail: Mail, *, sender: str, now: datetime, fallback_id: str) -> Envelope:
    """Return the envelope of a mail from `sender`. Raises RejectedError for anything that could not be sent as it is."""
    author = _address(sender, "sender")
    to, cc, bcc = (_addresses(texts, name) for texts, name in ((mail.to, "to"), (mail.cc, "cc"), (mail.bcc, "bcc")))
    recipients = list(dict.fromkeys(address.addr_spec for address in (*to, *cc, *bcc)))
    if not recipients:
        raise RejectedError("The e-mail has no recipient.")
    message_id = mail.message_id or fallback_id
    if not _MESSAGE_ID.fullmatch(message_id):
        raise RejectedError(f"“{message_id[:100]}” is not a message id.")
    message = EmailMessage(policy=SMTP)
    message["From"] = author
    message["To"] = to
    if cc:
        message["Cc"] = cc
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to, "reply_to")
    message["Subject"] = _header(mail.subject, "subject")
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message.set_content(_encodable(mail.text))
    if mail.html is not None:
        message.add_alternative(_encodable(mail.html), subtype="html")
    for attachment in mail.attachments:
        _attach(message, attachment)
    shown = [author, *to, *cc]
    needs_utf8 = not all(text.isascii() for text in (author.addr_spec, *recipients))
    has_utf8_header = not all(address.addr_spec.isascii() for address in shown)
    # Seven bits pass everywhere; only a non-ASCII mailbox name needs more.
    policy = SMTPUTF8 if has_utf8_header else SMTP.clone(cte_type="7bit")
    return Envelope(
        sender=author.addr_spec,
        recipients=recipients,
        content=message.as_bytes(policy=policy),
        message_id=message_id,
        needs_utf8=needs_utf8,
    )


def _addresses(texts: Sequence[str], field: str) -> list[Address]:
    return [_address(text, field) for text in texts]


def _address(text: str, field: str) -> Address:
    """Return e.g. "Ann <ann@acme.io>" as an address whose domain is in ASCII."""
    line = _header(text.strip(), field)
    named = _NAMED.fullmatch(line)
    name, spec = (named[1].strip(' "'), named[2]) if named else ("", line)
    try:
        checked = validate_email(spec, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise RejectedError(f"“{text[:100]}” in {field} is not an e-mail address.") from error
    return Address(display_name=name, username=checked.local_part, domain=checked.ascii_domain)


def _header(text: str, field: str) -> str:
    """Line ends would start another header: they are refused, not repaired."""
    if _CONTROL.search(text):
        raise RejectedError(f"The {field} of an e-mail is one line without control characters.")
    return _encodable(text)


def _encodable(text: str) -> str:
    """Half characters (lone surrogates) have no form in UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    media_type = attachment.media_type if _MEDIA_TYPE.fullmatch(attachment.media_type) else "application/octet-stream"
    maintype, _, subtype = media_type.partition("/")
    if maintype in ("multipart", "message"):  # these would be taken as a part of this message
        maintype, subtype = "application", "octet-stream"
    message.add_attachment(
        attachment.content, maintype=maintype, subtype=subtype, filename=_header(attachment.name, "attachment's name")
    )
