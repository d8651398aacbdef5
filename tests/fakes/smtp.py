"""A mail server on loopback that takes messages by SMTP (RFC 5321), checks the order of commands, and records."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import re
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal, Self


@dataclass(frozen=True, kw_only=True)
class Delivered:
    sender: str
    recipients: list[str]
    content: bytes
    user: str
    is_encrypted: bool

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)


@dataclass
class SmtpServer:
    """`async with SmtpServer() as server:`. `refuse` maps recipients to reply lines; `login` is the only accepted one;
    `drop` breaks the line before the greeting, or after the message was taken.
    """

    login: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    security: Literal["none", "starttls", "tls"] = "none"
    refuse: dict[str, str] = field(default_factory=dict)
    drop: Literal["greeting", "data"] | None = None
    data_reply: str = "250 2.0.0 taken"
    delay_s: float = 0
    mails: list[Delivered] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    port: int = 0

    async def __aenter__(self) -> Self:
        tls = self.tls if self.security == "tls" else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    def account(self, **fields: str) -> dict[str, str]:
        """Return the fields of a connected account for this server."""
        user, password = self.login or ("", "")
        return {
            "host": "127.0.0.1",
            "port": str(self.port),
            "security": self.security,
            "username": user,
            "password": password,
            "sender": "bot@acme.io",
            **fields,
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()


class _Session:
    def __init__(self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.user = ""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.is_encrypted = server.security == "tls"

    async def say(self, *lines: str) -> None:
        for position, line in enumerate(lines):
            code, _, text = line.partition(" ")
            self.writer.write(f"{code}{'-' if position < len(lines) - 1 else ' '}{text}\r\n".encode())
        await self.writer.drain()

    async def run(self) -> None:
        await asyncio.sleep(self.server.delay_s)
        if self.server.drop == "greeting":
            return
        await self.say("220 fake ESMTP")
        while line := (await self.reader.readline()).decode("utf-8", "surrogateescape").rstrip("\r\n"):
            self.server.commands.append(line)
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                await self.say("221 bye")
                return
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler is None:
                await self.say("502 unknown command")
            elif await handler(rest) is False:
                return

    async def on_ehlo(self, _: str) -> None:
        offers = ["250 fake", "250 8BITMIME", "250 SIZE 10000000"]
        if self.server.security == "starttls" and not self.is_encrypted:
            offers.append("250 STARTTLS")
        elif self.server.login:
            offers.append("250 AUTH PLAIN LOGIN")
        await self.say(*offers)

    async def on_rset(self, _: str) -> None:
        self.sender, self.recipients = None, []
        await self.say("250 ok")

    async def on_starttls(self, _: str) -> None:
        assert self.server.tls is not None
        await self.say("220 go ahead")
        await self.writer.start_tls(self.server.tls)
        self.is_encrypted = True

    async def on_auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            user = base64.b64decode(initial or await self._asked("334 VXNlcm5hbWU6")).decode()
            password = base64.b64decode(await self._asked("334 UGFzc3dvcmQ6")).decode()
        if (user, password) != self.server.login:
            await self.say("535 5.7.8 wrong user name or password")
            return
        self.user = user
        await self.say("235 2.7.0 welcome")

    async def _asked(self, prompt: str) -> bytes:
        await self.say(prompt)
        return (await self.reader.readline()).strip()

    async def on_mail(self, rest: str) -> None:
        if self.server.login and not self.user:
            await self.say("530 5.7.0 authentication required")
            return
        self.sender, self.recipients = _path(rest), []
        await self.say("250 ok")

    async def on_rcpt(self, rest: str) -> None:
        recipient = _path(rest)
        if self.sender is None:
            await self.say("503 MAIL first")
        elif recipient in self.server.refuse:
            await self.say(self.server.refuse[recipient])
        else:
            self.recipients.append(recipient)
            await self.say("250 ok")

    async def on_data(self, _: str) -> bool:
        if not self.recipients:
            await self.say("503 RCPT first")
            return True
        await self.say("354 end with a dot")
        lines = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                return False
            assert line.endswith(b"\r\n"), "a bare line end reached the server"
            lines.append(line[1:] if line.startswith(b"..") else line)
        if self.server.data_reply.startswith("2"):
            self.server.mails.append(
                Delivered(
                    sender=self.sender or "",
                    recipients=self.recipients,
                    content=b"".join(lines),
                    user=self.user,
                    is_encrypted=self.is_encrypted,
                )
            )
        if self.server.drop == "data":
            self.writer.transport.abort()
            return False
        await self.say(self.server.data_reply)
        return True


def _path(rest: str) -> str:
    found = re.match(r"(?:FROM|TO):<([^<>\s]*)>", rest, re.IGNORECASE)
    assert found, f"not a path: {rest}"
    return found[1]
