"""Sends e-mail by SMTP and reads it by IMAP. The only module that imports aiosmtplib; reading is in `tools.imap`."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress

import aiosmtplib

from core.clock import Clock
from core.errors import (
    ConnectionNeededError,
    OutcomeUnknownError,
    RejectedError,
    StepError,
    TimedOutError,
    UnavailableError,
)
from core.ids import new_id
from tools.guard import AddressGuard
from tools.imap import Place, search
from tools.message import Envelope, compose
from tools.outbound import Confirm, Mail, MailSearch, ReceivedMail

_PERMANENT = 500
_WANTS_LOGIN = frozenset((530, 534, 535, 538))  # RFC 4954, 6


class SmtpImapMailBox:
    """The `MailBox` port. `timeout_s` bounds each exchange with a server; `tls` verifies servers, by default like a browser."""

    def __init__(
        self, guard: AddressGuard, *, timeout_s: float, clock: Clock, tls: ssl.SSLContext | None = None
    ) -> None:
        self._guard = guard
        self._timeout_s = timeout_s
        self._clock = clock
        self._tls = tls

    async def send(self, mail: Mail, account: Mapping[str, str]) -> str:
        """Send to all recipients or to none: one that the server refuses stops the message before it is handed over."""
        sender = account.get("sender") or account.get("username", "")
        domain = sender.rpartition("@")[2].strip("> ") or "errand.invalid"
        envelope = compose(mail, sender=sender, now=self._clock.now(), fallback_id=f"<{new_id('eml')}@{domain}>")
        place = _place(account, "smtp")
        client = aiosmtplib.SMTP(
            hostname=place.host,
            port=None,
            timeout=self._timeout_s,
            use_tls=place.security == "tls",
            start_tls=place.security == "starttls",
            tls_context=self._tls_context() if place.security != "none" else None,
        )
        try:
            await self._connect(client, place)
            await _login(client, account)
            await _deliver(client, envelope, mail.confirm)
            with suppress(aiosmtplib.SMTPException, OSError):  # it is delivered, whatever the farewell
                await client.quit()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise _translate(error, place) from error
        finally:
            client.close()
        return envelope.message_id

    async def search(self, query: MailSearch, account: Mapping[str, str]) -> list[ReceivedMail]:
        place = _place(account, "imap")
        addresses = await self._guard.resolve(place.host, place.port)
        tls = self._tls_context() if place.security != "none" else None
        return await asyncio.to_thread(
            search, query, account, place, addresses=addresses, tls=tls, timeout_s=self._timeout_s
        )

    async def _connect(self, client: aiosmtplib.SMTP, place: Place) -> None:
        """Connect to an address that the guard passed, and to no other."""
        connected = await self._socket(place)
        local = connected.getsockname()[0]
        # Naming this machine by its address spares a look-up of its name, which may take seconds.
        client.local_hostname = f"[IPv6:{local}]" if ":" in local else f"[{local}]"
        try:
            await client.connect(sock=connected)
        except BaseException:
            connected.close()
            raise

    async def _socket(self, place: Place) -> socket.socket:
        last: Exception | None = None
        for address in await self._guard.resolve(place.host, place.port):
            attempt = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            attempt.setblocking(False)
            try:
                async with asyncio.timeout(self._timeout_s):
                    await asyncio.get_running_loop().sock_connect(attempt, (address, place.port))
            except (OSError, TimeoutError) as error:
                attempt.close()
                last = error
            except BaseException:
                attempt.close()
                raise
            else:
                return attempt
        if isinstance(last, ConnectionRefusedError):
            raise UnavailableError(f"{place} refused the connection.") from last
        if isinstance(last, TimeoutError):
            raise TimedOutError(f"{place} did not take the connection in time.") from last
        raise UnavailableError(f"No network: {place} cannot be reached.") from last

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def _place(account: Mapping[str, str], connector: str) -> Place:
    try:
        return Place.of(account, connector)
    except ValueError as error:
        raise ConnectionNeededError(
            f"The {connector} account is not complete: {error}.", connector=connector
        ) from error


async def _login(client: aiosmtplib.SMTP, account: Mapping[str, str]) -> None:
    username = account.get("username", "")
    if not username:
        return
    try:
        await client.login(username, account.get("password", ""))
    except aiosmtplib.SMTPResponseException as error:
        if error.code < _PERMANENT:
            raise
        raise ConnectionNeededError(f"The mail server refused the login of {username}.", connector="smtp") from error
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
        raise
    except (aiosmtplib.SMTPException, UnicodeError) as error:  # it offers no way to log in that is known here
        raise ConnectionNeededError(f"The mail server takes no login of {username}.", connector="smtp") from error


async def _deliver(client: aiosmtplib.SMTP, envelope: Envelope, confirm: Confirm | None) -> None:
    """Hand over the message, if it still may be. Raises OutcomeUnknownError when the line broke before the server said what it did."""
    options = []
    if envelope.needs_utf8:
        if not client.supports_extension("smtputf8"):
            raise RejectedError("The mail server takes no addresses with characters beyond ASCII.")
        options.append("SMTPUTF8")
    encoding = "utf-8" if envelope.needs_utf8 else "ascii"
    await client.mail(envelope.sender, options=options, encoding=encoding)
    refused: list[aiosmtplib.SMTPRecipientRefused] = []
    for recipient in envelope.recipients:
        try:
            await client.rcpt(recipient, encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused.append(error)
    if refused:
        raise _refused(refused, len(envelope.recipients))
    if confirm is not None:
        await confirm()
    try:
        await client.data(envelope.content)
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
        raise OutcomeUnknownError(
            "The line to the mail server broke while the message was handed over: it may have been sent."
        ) from error


def _refused(refused: list[aiosmtplib.SMTPRecipientRefused], count: int) -> StepError:
    listed = "; ".join(f"{error.recipient} ({error.code} {_short(error.message)})" for error in refused[:5])
    more = f" and {len(refused) - 5} more" if len(refused) > 5 else ""  # noqa: PLR2004  as many as are listed
    if any(error.code in _WANTS_LOGIN for error in refused):
        return ConnectionNeededError(f"The mail server wants a login first: {listed}.", connector="smtp")
    message = f"Nothing was sent: the mail server refused {len(refused)} of {count} recipients: {listed}{more}."
    if any(error.code >= _PERMANENT for error in refused):
        return RejectedError(message, advice="Correct or remove these addresses and run it again.")
    return UnavailableError(message)


def _translate(error: Exception, place: Place) -> StepError:
    """Return the step error for what happened before the message was handed over, or for the server's answer to it."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = f"{place} answered {error.code}: {_short(error.message)}"
        if error.code in _WANTS_LOGIN:
            return ConnectionNeededError(said, connector="smtp")
        kind: type[StepError] = RejectedError if error.code >= _PERMANENT else UnavailableError
        return kind(said)
    if isinstance(error.__cause__ or error, ssl.SSLError):
        return RejectedError(
            f"{place} has no valid certificate for a secure connection.", advice="Check server, port and security."
        )
    if isinstance(error, TimeoutError):
        return TimedOutError(f"{place} did not answer in time.")
    if isinstance(error, (OSError, aiosmtplib.SMTPServerDisconnected)):
        return UnavailableError(f"{place} broke the connection.")
    return RejectedError(f"{place}: {_short(str(error))}", advice="Check server, port and security of the account.")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004  one line on a card
