"""A mailbox on loopback that is read by IMAP (RFC 3501): as much of it as reading needs. It records every command."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Literal, Self

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s()]+)')


@dataclass
class ImapServer:
    """`async with ImapServer() as server:`. `add` puts a message into the folder; `drop` breaks the line at a command."""

    login: tuple[str, str] = ("ann", "sesame")
    tls: ssl.SSLContext | None = None
    security: Literal["none", "starttls", "tls"] = "none"
    folder: str = "INBOX"
    validity: int = 7
    drop: str | None = None
    delay_s: float = 0
    messages: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
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
        user, password = self.login
        place = {"host": "127.0.0.1", "port": str(self.port), "security": self.security}
        return {**place, "username": user, "password": password, **fields}

    def add(self, content: bytes, *, seen: bool = False) -> int:
        uid = max(self.messages, default=10) + 1
        self.messages[uid] = content
        if seen:
            self.seen.add(uid)
        return uid

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay_s)
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode("utf-8", "surrogateescape").rstrip("\r\n"):
            tag, _, command = line.partition(" ")
            self.commands.append(command)
            if self.drop and command.upper().startswith(self.drop):
                writer.transport.abort()
                return
            for answer in self._answers(tag, command):
                writer.write(answer + b"\r\n")
            await writer.drain()
            if command.upper() == "LOGOUT":
                return
            if command.upper() == "STARTTLS":
                assert self.tls is not None
                await writer.start_tls(self.tls)

    def _answers(self, tag: str, command: str) -> Iterator[bytes]:
        words = [found[1] if found[2] is None else found[2] for found in _WORD.finditer(command)]
        words = [re.sub(r"\\(.)", r"\1", word) for word in words]
        verb = words[0].upper()
        status = "OK done"
        if verb == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1" + (b" STARTTLS" if self.security == "starttls" else b"")
        elif verb == "LOGIN":
            status = status if tuple(words[1:3]) == self.login else "NO [AUTHENTICATIONFAILED] wrong"
        elif verb in ("SELECT", "EXAMINE"):
            if words[1] == self.folder:
                yield f"* {len(self.messages)} EXISTS".encode()
                yield f"* OK [UIDVALIDITY {self.validity}] valid".encode()
                status = "OK [READ-ONLY] done" if verb == "EXAMINE" else status
            else:
                status = "NO no such folder"
        elif verb == "UID" and words[1].upper() == "SEARCH":
            yield b"* SEARCH " + " ".join(map(str, self._search(words[2:]))).encode()
        elif verb == "UID" and words[1].upper() == "FETCH":
            yield from self._fetch(words[2], command)
        elif verb == "LOGOUT":
            yield b"* BYE"
        elif verb != "STARTTLS":
            status = "BAD unknown command"
        yield f"{tag} {status}".encode()

    def _search(self, words: list[str]) -> list[int]:
        found = sorted(self.messages)
        while words:
            key = words.pop(0).upper()
            if key == "CHARSET":
                words.pop(0)
            elif key == "UNSEEN":
                found = [uid for uid in found if uid not in self.seen]
            elif key in ("FROM", "TO", "SUBJECT"):
                wanted = words.pop(0).lower()
                found = [uid for uid in found if wanted in self._header(uid, key)]
            elif key == "UID":
                first = int(words.pop(0).partition(":")[0])
                found = [uid for uid in found if uid >= first] or found[-1:]
            else:
                assert key == "ALL", f"unknown search key {key}"
        return found

    def _header(self, uid: int, name: str) -> str:
        return str(make_header(decode_header(message_from_bytes(self.messages[uid])[name] or ""))).lower()

    def _fetch(self, uids: str, command: str) -> Iterator[bytes]:
        if ".PEEK" not in command:
            self.seen.update(map(int, uids.split(",")))
        for number, uid in enumerate(sorted(self.messages), start=1):
            if str(uid) in uids.split(","):
                content = self.messages[uid]
                head = f"* {number} FETCH (UID {uid} FLAGS () RFC822.SIZE {len(content)} BODY[] {{{len(content)}}}"
                yield head.encode() + b"\r\n" + content + b")"
