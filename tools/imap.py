"""Reads a mailbox by IMAP, read-only, in a thread of its own. The only module that imports imap_tools and imaplib."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from typing import Self

import imap_tools
from imap_tools.errors import MailboxFolderSelectError, MailboxLoginError

from core.errors import ConnectionNeededError, RejectedError, StepError, TimedOutError, UnavailableError
from tools.markup import text_of
from tools.outbound import Attachment, MailSearch, ReceivedMail

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LIMIT_BYTES = 50_000_000
_SECURITY = ("tls", "starttls", "none")
_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a mail server is, and how the line to it is secured: `tls`, `starttls` or `none`."""

    host: str
    port: int
    security: str

    @classmethod
    def of(cls, account: Mapping[str, str], connector: str) -> Self:
        """Raises ValueError that says what is wrong with an account's fields."""
        defaults = {"smtp": ("587", "starttls"), "imap": ("993", "tls")}[connector]
        host, port = account.get("host", "").strip(), account.get("port") or defaults[0]
        security = account.get("security") or defaults[1]
        if not host:
            raise ValueError("it has no server")
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= _HIGHEST_PORT):
            raise ValueError(f"“{port}” is no port")
        if security not in _SECURITY:
            raise ValueError(f"“{security}” is none of {', '.join(_SECURITY)}")
        return cls(host=host, port=int(port), security=security)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class _PinnedClient(imaplib.IMAP4):
    """An IMAP client that connects to addresses already checked; the host's name is used for its certificate."""

    def __init__(self, place: Place, addresses: Sequence[str], tls: ssl.SSLContext | None, timeout_s: float) -> None:
        self._place, self._addresses, self._tls = place, addresses, tls
        super().__init__(place.host, place.port, timeout_s)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        last: OSError | None = None
        for address in self._addresses:
            try:
                connected = socket.create_connection((address, self._place.port), timeout)
            except OSError as error:
                last = error
            else:
                return self._secured(connected)
        raise last or OSError("no address")

    def _secured(self, connected: socket.socket) -> socket.socket:
        if self._tls is None or self._place.security != "tls":
            return connected
        try:
            return self._tls.wrap_socket(connected, server_hostname=self._place.host)
        except BaseException:
            connected.close()
            raise


class _MailBox(imap_tools.BaseMailBox):
    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return self._client


def search(
    query: MailSearch,
    account: Mapping[str, str],
    place: Place,
    *,
    addresses: Sequence[str],
    tls: ssl.SSLContext | None,
    timeout_s: float,
) -> list[ReceivedMail]:
    """Return what a query finds, newest first. Blocks; each exchange takes at most `timeout_s`. Raises step errors."""
    for field in ("folder", "sender", "recipient", "subject"):
        text = getattr(query, field)
        if text is not None and _CONTROL.search(text):
            raise RejectedError(f"The {field} to search for is one line without control characters.")
    if any(_CONTROL.search(account.get(field, "")) for field in ("username", "password")):
        raise ConnectionNeededError("User name and password hold control characters.", connector="imap")
    client: imaplib.IMAP4 | None = None
    try:
        client = _PinnedClient(place, addresses, tls, timeout_s)
        if place.security == "starttls":
            client.starttls(tls)
        return _found(_MailBox(client), query, account)
    except (imap_tools.ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        raise _translate(error, place, account) from error
    finally:
        if client is not None:
            _leave(client)


def _found(box: _MailBox, query: MailSearch, account: Mapping[str, str]) -> list[ReceivedMail]:
    username, password = account.get("username", ""), account.get("password", "")
    login = box.login if (username + password).isascii() else box.login_utf8
    login(username, password, initial_folder=None)
    box.folder.set(query.folder, readonly=True)
    validity = _validity(box)
    uids = sorted(map(int, _uids(box, query, validity)))
    # Later than a known one: the oldest first, so that none is passed over; else the newest.
    chosen = uids[: query.limit] if query.after else uids[-query.limit :]
    mails: list[ReceivedMail] = []
    size = 0
    for uid in chosen if query.after else reversed(chosen):
        for message in box.fetch(uid_list=str(uid), mark_seen=False):
            size += message.size_rfc822
            if size > _LIMIT_BYTES and query.after and mails:
                return mails[::-1]  # the rest is later than these and comes with the next search
            if size > _LIMIT_BYTES and not query.after:
                raise RejectedError(f"These e-mails are larger than {_LIMIT_BYTES:,} bytes.", advice="Ask for fewer.")
            mails.append(_received(message, f"{validity}-{uid}"))
    return mails[::-1] if query.after else mails


def _uids(box: _MailBox, query: MailSearch, validity: str) -> list[str]:
    last = 0
    if query.after:
        known, _, uid = query.after.partition("-")
        # A mailbox that was made anew counts its messages anew (RFC 3501, 2.3.1.1).
        last = int(uid) if known == validity and uid.isdigit() else 0
    condition = imap_tools.AND(
        all=True,
        seen=False if query.unseen else None,
        from_=query.sender or None,
        to=query.recipient or None,
        subject=query.subject or None,
        uid=imap_tools.U(str(last + 1), "*") if last else None,
    )
    is_ascii = "".join(filter(None, (query.sender, query.recipient, query.subject))).isascii()
    # `n:*` always holds the last message, so the answer is filtered once more.
    return [uid for uid in box.uids(condition, charset=None if is_ascii else "UTF-8") if int(uid) > last]


def _validity(box: _MailBox) -> str:
    _, data = box.client.response("UIDVALIDITY")
    return data[0].decode() if data and data[0] else "0"


def _received(message: imap_tools.MailMessage, uid: str) -> ReceivedMail:
    """Return a message; one that its sender broke is returned with what can be read, so that it blocks no others."""
    try:
        return ReceivedMail(
            uid=uid,
            sender=message.from_,
            to=list(message.to),
            subject=" ".join(message.subject.split()),
            date=message.date.isoformat() if message.date_str else "",
            text=(message.text or text_of(message.html)).replace("\r\n", "\n").strip(),
            attachments=[
                Attachment(name=part.filename or "unnamed", content=part.payload, media_type=part.content_type)
                for part in message.attachments
            ],
        )
    except (ValueError, LookupError, TypeError, AttributeError, MessageError):
        return ReceivedMail(uid=uid, sender="", to=[], subject="(unreadable)", date="", text="")


def _leave(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):  # the line is gone already
        with suppress(OSError):
            client.shutdown()


def _translate(error: Exception, place: Place, account: Mapping[str, str]) -> StepError:
    if isinstance(error, MailboxLoginError):
        message = f"{place} refused the login of {account.get('username', '')}."
        return ConnectionNeededError(message, connector="imap")
    if isinstance(error, MailboxFolderSelectError):
        return RejectedError(f"{place} has no such folder, or it cannot be read.")
    if isinstance(error, ssl.SSLError):
        advice = "Check server, port and security."
        return RejectedError(f"{place} has no valid certificate for a secure connection.", advice=advice)
    if isinstance(error, TimeoutError):
        return TimedOutError(f"{place} did not answer in time.")
    if isinstance(error, (OSError, imaplib.IMAP4.abort)):
        did = "refused" if isinstance(error, ConnectionRefusedError) else "broke"
        return UnavailableError(f"{place} {did} the connection.")
    return RejectedError(f"{place} did not understand: {' '.join(str(error).split())[:200]}")
