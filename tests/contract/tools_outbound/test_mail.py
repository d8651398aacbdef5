"""Sending and reading e-mail against servers on loopback."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import pytest

from core.errors import (
    BlockedError,
    ConnectionNeededError,
    OutcomeUnknownError,
    RejectedError,
    StaleError,
    StepError,
    TimedOutError,
    UnavailableError,
)
from tests.fakes.certificate import client_tls, server_tls
from tests.fakes.clock import FixedClock
from tests.fakes.imap import ImapServer
from tests.fakes.smtp import SmtpServer
from tools.guard import AddressGuard
from tools.mail import SmtpImapMailBox
from tools.outbound import Attachment, Mail, MailSearch


@pytest.fixture
def box(guard: AddressGuard, clock: FixedClock) -> SmtpImapMailBox:
    return SmtpImapMailBox(guard, timeout_s=3.0, clock=clock, tls=client_tls())


def mail(**fields: object) -> Mail:
    return Mail(**{"to": ["ann@acme.io"], "subject": "Notes", "text": "Hello.", **fields})  # type: ignore[arg-type]


def letter(subject: str = "Hi", sender: str = "Bob <bob@acme.io>", text: str = "Body.") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "ann@acme.io", subject
    message["Date"] = "Wed, 02 Dec 2026 09:30:00 +0100"
    message.set_content(text)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


class TestSending:
    async def test_a_message_arrives_as_it_was_given(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer(login=("bot", "sesame")) as server:
            sent = mail(
                to=["Ann Ünal <ann@acme.io>", "bob@bücher.example"],
                cc=["cy@acme.io"],
                bcc=["dee@acme.io", "ann@acme.io"],
                subject="Stand-up “notes” — ✓" + " long" * 40,
                text="Grüße\n.\n..dots and a very long line " + "x" * 2000,
                html="<p>Grüße</p>",
                reply_to="desk@acme.io",
                attachments=[
                    Attachment(name="Bericht ä.pdf", content=b"%PDF\r\n\x00\n.", media_type="application/pdf")
                ],
                message_id="<abc@acme.io>",
            )
            assert await box.send(sent, server.account(sender="Errand <bot@acme.io>")) == "<abc@acme.io>"
        [delivered] = server.mails
        assert delivered.sender == "bot@acme.io"
        assert delivered.recipients == ["ann@acme.io", "bob@xn--bcher-kva.example", "cy@acme.io", "dee@acme.io"]
        assert delivered.user == "bot"
        message = delivered.message
        assert message["Subject"] == sent.subject
        assert message["From"] == "Errand <bot@acme.io>"
        assert "Ann Ünal" in message["To"]
        assert (message["Cc"], message["Bcc"], message["Reply-To"]) == ("cy@acme.io", None, "desk@acme.io")
        assert message["Message-ID"] == "<abc@acme.io>"
        assert message["Date"] == "Wed, 02 Dec 2026 10:00:00 +0000"
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == sent.text
        assert html is not None
        assert html.get_content().rstrip("\r\n") == sent.html
        [attached] = message.iter_attachments()
        assert attached.get_filename() == "Bericht ä.pdf"
        assert attached.get_content() == b"%PDF\r\n\x00\n."
        assert delivered.content.isascii()
        assert server.commands[-1] == "QUIT"

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    async def test_the_line_is_encrypted_as_the_account_says(self, box: SmtpImapMailBox, security: str) -> None:
        async with SmtpServer(tls=server_tls(), security=security, login=("bot", "sesame")) as server:  # type: ignore[arg-type]
            await box.send(mail(), server.account())
        assert (server.mails[0].is_encrypted, server.mails[0].user) == (True, "bot")

    async def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, guard: AddressGuard, clock: FixedClock
    ) -> None:
        box = SmtpImapMailBox(guard, timeout_s=3.0, clock=clock)
        for security in ("tls", "starttls"):
            async with SmtpServer(tls=server_tls(), security=security) as server:
                with pytest.raises(RejectedError, match="no valid certificate"):
                    await box.send(mail(), server.account())
            assert not server.mails

    async def test_no_password_goes_over_a_line_that_should_be_encrypted(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer(login=("bot", "sesame")) as server:
            with pytest.raises(StepError):
                await box.send(mail(), server.account(security="starttls"))
        assert not any(command.startswith("AUTH") for command in server.commands)

    async def test_a_wrong_password_asks_for_the_account(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer(login=("bot", "sesame")) as server:
            with pytest.raises(ConnectionNeededError) as caught:
                await box.send(mail(), server.account(password="wrong-one"))
        assert caught.value.connector == "smtp"
        assert "wrong-one" not in str(caught.value)

    async def test_a_missing_login_asks_for_the_account(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer(login=("bot", "sesame")) as server:
            with pytest.raises(ConnectionNeededError, match="530"):
                await box.send(mail(), server.account(username="", password=""))
        async with SmtpServer() as open_server:
            with pytest.raises(ConnectionNeededError, match="takes no login"):
                await box.send(mail(), open_server.account(username="bot", password="sesame"))

    async def test_one_refused_recipient_stops_the_whole_message(self, box: SmtpImapMailBox) -> None:
        """So that a corrected repetition reaches nobody twice."""
        async with SmtpServer(refuse={"bob@acme.io": "550 5.1.1 no such user"}) as server:
            with pytest.raises(RejectedError, match=r"Nothing was sent: .*1 of 2 recipients: bob@acme\.io \(550"):
                await box.send(mail(to=["ann@acme.io", "bob@acme.io"]), server.account())
        assert not server.mails

    async def test_what_may_no_longer_be_sent_is_not_handed_over(self, box: SmtpImapMailBox) -> None:
        async def confirm() -> None:
            raise StaleError

        async with SmtpServer() as server:
            with pytest.raises(StaleError):
                await box.send(mail(confirm=confirm), server.account())
        assert not server.mails

    async def test_a_recipient_refused_for_now_is_temporary(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer(refuse={"ann@acme.io": "450 4.7.1 greylisted"}) as server:
            with pytest.raises(UnavailableError, match="greylisted"):
                await box.send(mail(), server.account())

    @pytest.mark.parametrize(
        ("reply", "kind"), [("554 5.7.1 spam", RejectedError), ("451 4.3.0 try later", UnavailableError)]
    )
    async def test_a_refused_message_is_said(self, box: SmtpImapMailBox, reply: str, kind: type[StepError]) -> None:
        async with SmtpServer(data_reply=reply) as server:
            with pytest.raises(kind, match=reply[4:]):
                await box.send(mail(), server.account())

    async def test_a_line_that_breaks_after_the_message_leaves_the_outcome_unknown(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer(drop="data") as server:
            with pytest.raises(OutcomeUnknownError, match="may have been sent"):
                await box.send(mail(), server.account())
        assert len(server.mails) == 1

    async def test_a_line_that_breaks_before_is_temporary(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer(drop="greeting") as server:
            with pytest.raises(UnavailableError, match="broke the connection"):
                await box.send(mail(), server.account())

    async def test_a_silent_server_times_out(self, guard: AddressGuard, clock: FixedClock) -> None:
        box = SmtpImapMailBox(guard, timeout_s=0.1, clock=clock)
        async with SmtpServer(delay_s=0.5) as server:
            with pytest.raises(TimedOutError):
                await box.send(mail(), server.account())
            await asyncio.sleep(0.5)

    async def test_a_closed_port_is_a_refused_connection(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer() as server:
            account = server.account()
        with pytest.raises(UnavailableError, match="refused the connection"):
            await box.send(mail(), account)

    async def test_private_servers_are_refused(self, clock: FixedClock) -> None:
        box = SmtpImapMailBox(AddressGuard([]), timeout_s=3.0, clock=clock)
        async with SmtpServer() as server:
            with pytest.raises(BlockedError):
                await box.send(mail(), server.account())
            with pytest.raises(BlockedError):
                await box.search(MailSearch(), server.account())
        assert not server.commands

    @pytest.mark.parametrize(
        "fields",
        [
            {"subject": "Hi\r\nBcc: eve@evil.example"},
            {"subject": "Hi\nX: 1"},
            {"to": ["ann@acme.io\r\nRCPT TO:<eve@evil.example>"]},
            {"to": ["ann@acme.io> SIZE=1"]},
            {"to": ["no address"]},
            {"to": []},
            {"cc": ["a@acme.io, b@acme.io"]},
            {"reply_to": "x\n@acme.io"},
            {"message_id": "<a@b>\r\nX: 1"},
            {"attachments": [Attachment(name="a\r\nX: 1", content=b"")]},
        ],
    )
    async def test_nothing_can_be_smuggled_into_headers_or_commands(
        self, box: SmtpImapMailBox, fields: dict[str, object]
    ) -> None:
        async with SmtpServer() as server:
            with pytest.raises(RejectedError):
                await box.send(mail(**fields), server.account())
        assert not server.commands

    async def test_half_characters_and_odd_media_types_do_no_harm(self, box: SmtpImapMailBox) -> None:
        attachment = Attachment(name="a.eml", content=b"\xff", media_type="message/rfc822; x")
        async with SmtpServer() as server:
            await box.send(mail(subject="a\ud800b", text="\ud800", attachments=[attachment]), server.account())
        assert server.mails[0].message["Subject"] == "a?b"

    async def test_a_mailbox_name_beyond_ascii_needs_a_server_that_takes_it(self, box: SmtpImapMailBox) -> None:
        async with SmtpServer() as server:
            with pytest.raises(RejectedError, match="beyond ASCII"):
                await box.send(mail(to=["jürgen@acme.io"]), server.account())

    @pytest.mark.parametrize("fields", [{"host": ""}, {"port": "0"}, {"port": "x"}, {"security": "ssl"}])
    async def test_an_incomplete_account_is_said(self, box: SmtpImapMailBox, fields: dict[str, str]) -> None:
        account = SmtpServer().account(port="25") | fields
        with pytest.raises(ConnectionNeededError, match="not complete"):
            await box.send(mail(), account)


class TestReading:
    async def test_messages_come_newest_first_and_stay_unread(self, box: SmtpImapMailBox) -> None:
        message = EmailMessage()
        message["From"], message["To"] = "Jörg <joerg@acme.io>", "ann@acme.io, bob@acme.io"
        message["Subject"] = "Übersicht ✓"
        message.set_content("Grüße\nzwei")
        message.add_alternative("<p>Grüße</p>", subtype="html")
        message.add_attachment(b"\0\1", maintype="application", subtype="pdf", filename="Bericht ä.pdf")
        async with ImapServer() as server:
            server.add(letter("old"))
            server.add(message.as_bytes())
            newest, oldest = await box.search(MailSearch(), server.account())
        assert (newest.subject, newest.sender, list(newest.to)) == (
            "Übersicht ✓",
            "joerg@acme.io",
            ["ann@acme.io", "bob@acme.io"],
        )
        assert newest.text == "Grüße\nzwei"
        assert newest.attachments == [Attachment(name="Bericht ä.pdf", content=b"\0\1", media_type="application/pdf")]
        assert (oldest.subject, oldest.date, oldest.uid) == ("old", "2026-12-02T09:30:00+01:00", "7-11")
        assert not server.seen
        assert any(command.startswith("EXAMINE") for command in server.commands)
        assert server.commands[-1] == "LOGOUT"

    async def test_a_message_without_plain_text_is_read_from_its_html(self, box: SmtpImapMailBox) -> None:
        message = EmailMessage()
        message["From"], message["Subject"] = "bob@acme.io", "x"
        message.set_content("<style>p{}</style><p>One</p><p>two</p>", subtype="html")
        async with ImapServer() as server:
            server.add(message.as_bytes())
            [found] = await box.search(MailSearch(), server.account())
        assert found.text == "One\ntwo"

    async def test_searches_are_answered_by_the_server(self, box: SmtpImapMailBox) -> None:
        async with ImapServer() as server:
            server.add(letter("Invoice 1"), seen=True)
            server.add(letter('Invoice "2" \\ x'))
            server.add(letter("Rechnung für Öl", sender="Eve <eve@other.example>"))
            account = server.account()

            async def subjects(**fields: object) -> list[str]:
                found = await box.search(MailSearch(**fields), account)  # type: ignore[arg-type]
                return [each.subject for each in found]

            assert await subjects(unseen=True) == ["Rechnung für Öl", 'Invoice "2" \\ x']
            assert await subjects(sender="eve@other") == ["Rechnung für Öl"]
            assert await subjects(recipient="nobody@") == []
            assert len(await subjects(recipient="@")) == 3
            assert await subjects(subject='"2" \\') == ['Invoice "2" \\ x']
            assert await subjects(subject="öl") == ["Rechnung für Öl"]
            assert await subjects(limit=1) == ["Rechnung für Öl"]
            assert await subjects(subject="nothing") == []

    async def test_after_a_known_message_only_later_ones_come_and_none_is_passed_over(
        self, box: SmtpImapMailBox
    ) -> None:
        async with ImapServer() as server:
            for number in range(5):
                server.add(letter(f"n{number}"))
            account = server.account()
            later = await box.search(MailSearch(after="7-12", limit=2), account)
            assert [each.subject for each in later] == ["n3", "n2"]
            assert await box.search(MailSearch(after="7-15"), account) == []
            anew = await box.search(MailSearch(after="6-99"), account)
            assert len(anew) == 5, "a mailbox that was made anew counts anew"

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    async def test_the_line_is_encrypted_as_the_account_says(self, box: SmtpImapMailBox, security: str) -> None:
        async with ImapServer(tls=server_tls(), security=security) as server:  # type: ignore[arg-type]
            server.add(letter())
            assert len(await box.search(MailSearch(), server.account())) == 1

    async def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, guard: AddressGuard, clock: FixedClock
    ) -> None:
        box = SmtpImapMailBox(guard, timeout_s=3.0, clock=clock)
        for security in ("tls", "starttls"):
            async with ImapServer(tls=server_tls(), security=security) as server:
                with pytest.raises(RejectedError, match="no valid certificate"):
                    await box.search(MailSearch(), server.account())
            assert not any(command.startswith("LOGIN") for command in server.commands)

    async def test_a_wrong_password_asks_for_the_account(self, box: SmtpImapMailBox) -> None:
        async with ImapServer() as server:
            with pytest.raises(ConnectionNeededError) as caught:
                await box.search(MailSearch(), server.account(password="wrong-one"))
        assert caught.value.connector == "imap"
        assert "wrong-one" not in str(caught.value)

    async def test_an_unknown_folder_is_said(self, box: SmtpImapMailBox) -> None:
        async with ImapServer() as server:
            with pytest.raises(RejectedError, match="no such folder"):
                await box.search(MailSearch(folder="Nope"), server.account())

    @pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"])
    async def test_a_line_that_breaks_is_temporary(self, box: SmtpImapMailBox, command: str) -> None:
        async with ImapServer(drop=command) as server:
            server.add(letter())
            with pytest.raises(UnavailableError, match="broke the connection"):
                await box.search(MailSearch(), server.account())

    async def test_a_silent_server_times_out(self, guard: AddressGuard, clock: FixedClock) -> None:
        box = SmtpImapMailBox(guard, timeout_s=0.1, clock=clock)
        async with ImapServer(delay_s=0.4) as server:
            with pytest.raises(TimedOutError):
                await box.search(MailSearch(), server.account())
            await asyncio.sleep(0.4)

    @pytest.mark.parametrize("field", ["folder", "sender", "subject"])
    async def test_no_command_can_be_smuggled_in(self, box: SmtpImapMailBox, field: str) -> None:
        async with ImapServer() as server:
            with pytest.raises(RejectedError, match="one line"):
                await box.search(MailSearch(**{field: 'a"\r\nA1 DELETE x'}), server.account())  # type: ignore[arg-type]
        assert not server.commands

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xfe\x00",
            b"Subject: =?nope?q?x?=\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff",
            b"From: \xff\xff <\r\nDate: yesterday\r\nContent-Type: multipart/mixed\r\n\r\nx",
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n",
        ],
    )
    async def test_a_broken_message_does_not_block_the_mailbox(self, box: SmtpImapMailBox, content: bytes) -> None:
        async with ImapServer() as server:
            server.add(letter("fine"))
            server.add(content)
            found = await box.search(MailSearch(), server.account())
        assert len(found) == 2
        assert found[1].subject == "fine"
