"""The outbound HTTP client against a real server on loopback."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Sequence

import pytest
import uvloop

from core.errors import BlockedError, OutcomeUnknownError, RejectedError, StaleError, TimedOutError, UnavailableError
from tests.fakes.certificate import server_tls
from tests.fakes.http_service import Answer, HttpService
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.outbound import HttpRequest


def get(url: str, **fields: object) -> HttpRequest:
    return HttpRequest(method="GET", url=url, **fields)  # type: ignore[arg-type]


def named(guard_allows: Sequence[str], addresses: Sequence[str], *, limit_bytes: int = 100_000) -> AioHttp:
    """A client whose name service knows one answer."""

    async def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    return AioHttp(AddressGuard(guard_allows, lookup=lookup), timeout_s=5.0, limit_bytes=limit_bytes)


async def free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_an_answer_arrives_whole_with_lower_case_headers(http: AioHttp, service: HttpService) -> None:
    url = service.route("/a", Answer(status=404, headers={"X-Thing": "1"}, json={"b": 1}))
    response = await http.send(get(f"{url}?q=1#part"))
    assert (response.status, response.headers["x-thing"], response.body) == (404, "1", b'{"b":1}')
    assert response.url == f"{url}?q=1"
    assert service.requests[0].query == {"q": "1"}


async def test_a_request_says_who_sends_it_and_carries_no_cookies(http: AioHttp, service: HttpService) -> None:
    url = service.route("/a", Answer(headers={"Set-Cookie": "session=1"}))
    await http.send(get(url))
    await http.send(get(url))
    assert service.requests[1].headers["user-agent"].startswith("Errand/")
    assert "cookie" not in service.requests[1].headers


async def test_a_body_and_headers_are_sent_as_given(http: AioHttp, service: HttpService) -> None:
    url = service.route("/a", Answer())
    await http.send(HttpRequest(method="POST", url=url, headers={"Content-Type": "text/x"}, body="é".encode()))
    assert service.requests[0].body == "é".encode()
    assert service.requests[0].headers["content-type"] == "text/x"


async def test_connections_are_kept_alive(http: AioHttp, service: HttpService) -> None:
    url = service.route("/a", Answer(body=b"x"))
    await asyncio.gather(*(http.send(get(url)) for _ in range(50)))
    assert len(service.requests) == 50


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate"])
async def test_compressed_answers_are_decompressed(http: AioHttp, service: HttpService, encoding: str) -> None:
    text = b"hello " * 100
    packer = zlib.compressobj(wbits=-15)
    body = {
        "gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "raw deflate": packer.compress(text) + packer.flush(),
    }[encoding]
    url = service.route("/a", Answer(headers={"Content-Encoding": encoding.rsplit(maxsplit=1)[-1]}, body=body))
    response = await http.send(get(url))
    assert response.body == text
    assert "content-encoding" not in response.headers
    assert service.requests[0].headers["accept-encoding"] == "gzip, deflate"


async def test_a_gzip_bomb_is_refused_at_the_limit(http: AioHttp, service: HttpService) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    url = service.route("/a", Answer(headers={"Content-Encoding": "gzip"}, body=bomb))
    with pytest.raises(RejectedError, match="larger than 100,000 bytes"):
        await http.send(get(url))


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"x" * 1000)[:-12]], ids=["none", "cut"])
async def test_a_broken_compression_is_an_error(http: AioHttp, service: HttpService, body: bytes) -> None:
    url = service.route("/a", Answer(headers={"Content-Encoding": "gzip"}, body=body))
    with pytest.raises((RejectedError, UnavailableError), match="compressed"):
        await http.send(get(url))


async def test_an_answer_is_refused_by_its_declared_and_by_its_true_size(http: AioHttp, service: HttpService) -> None:
    declared = service.route("/declared", Answer(body=b"x" * 100_001))
    endless = service.route("/endless", Answer(body=b"x" * 10_000, repeat=1_000_000))
    fits = service.route("/fits", Answer(body=b"x" * 100_000))
    for url in (declared, endless):
        with pytest.raises(RejectedError, match="larger than"):
            await http.send(get(url))
    assert len((await http.send(get(fits))).body) == 100_000


async def test_a_slow_answer_times_out(http: AioHttp, service: HttpService) -> None:
    url = service.route("/a", Answer(delay_s=2))
    with pytest.raises(TimedOutError, match=r"did not answer within 0\.1 s"):
        await http.send(get(url, timeout_s=0.1))


@pytest.mark.parametrize("drop", ["before", "during"])
async def test_a_broken_line_is_temporary_or_unknown(http: AioHttp, service: HttpService, drop: str) -> None:
    """A request that must happen once may have happened when the line broke after it was sent."""
    url = service.route("/a", Answer(body=b"x", drop=drop))  # type: ignore[arg-type]
    with pytest.raises(UnavailableError, match="broke the connection"):
        await http.send(HttpRequest(method="POST", url=url, body=b"1"))
    with pytest.raises(OutcomeUnknownError, match="may have been carried out"):
        await http.send(HttpRequest(method="POST", url=url, body=b"1", once=True))


async def test_no_answer_in_time_to_a_once_request_is_unknown(http: AioHttp, service: HttpService) -> None:
    url = service.route("/a", Answer(delay_s=2))
    with pytest.raises(OutcomeUnknownError):
        await http.send(HttpRequest(method="POST", url=url, timeout_s=0.1, once=True))


async def test_a_refused_connection_is_temporary_even_for_a_once_request(http: AioHttp) -> None:
    port = await free_port()
    with pytest.raises(UnavailableError, match=f"127.0.0.1:{port} refused the connection"):
        await http.send(get(f"http://127.0.0.1:{port}/", once=True))


async def test_an_unknown_name_is_said_as_no_network(service: HttpService) -> None:
    async def lookup(host: str, port: int) -> Sequence[str]:
        raise OSError("name or service not known")

    client = AioHttp(AddressGuard([], lookup=lookup), timeout_s=5.0, limit_bytes=1000)
    with pytest.raises(UnavailableError, match=r"No network: nowhere\.example cannot be resolved"):
        await client.send(get("https://nowhere.example/", once=True))
    await client.close()


async def test_a_server_that_speaks_no_http_is_an_error(http: AioHttp) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(RejectedError, match="not HTTP"):
        await http.send(get(f"http://127.0.0.1:{port}/"))
    server.close()
    await server.wait_closed()


async def test_a_certificate_that_nobody_vouches_for_is_refused(http: AioHttp) -> None:
    async with HttpService(server_tls()) as service:
        with pytest.raises(RejectedError, match="no valid certificate"):
            await http.send(get(service.route("/a", Answer())))
        assert not service.requests


class TestGuard:
    async def test_private_addresses_are_refused_before_connecting(self, service: HttpService) -> None:
        client = AioHttp(AddressGuard([]), timeout_s=5.0, limit_bytes=1000)
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "localhost", "0"):
            with pytest.raises(BlockedError):
                await client.send(get(f"http://{host}:{service.port}/"))
        await client.close()
        assert not service.requests

    async def test_a_name_that_leads_to_a_private_address_is_refused(self, service: HttpService) -> None:
        client = named([], ["93.184.216.34", "127.0.0.1"])
        with pytest.raises(BlockedError, match=r"innocent\.example leads to 127\.0\.0\.1"):
            await client.send(get(f"http://innocent.example:{service.port}/"))
        await client.close()
        assert not service.requests

    async def test_the_checked_address_is_the_one_connected_to(self, service: HttpService) -> None:
        client = named(["intranet.example"], ["127.0.0.1"])
        service.route("/a", Answer(body=b"inside"))
        response = await client.send(get(f"http://intranet.example:{service.port}/a"))
        assert response.body == b"inside"
        assert service.requests[0].headers["host"] == f"intranet.example:{service.port}"
        await client.close()

    async def test_a_redirect_to_a_private_address_is_refused(self, service: HttpService) -> None:
        """The first host is allowed by name; where it redirects to is checked anew."""
        client = named(["open.example"], ["127.0.0.1"])
        for target in (f"http://127.0.0.1:{service.port}/secret", "http://169.254.169.254/latest/", "//[::1]/"):
            service.route("/a", Answer(status=302, headers={"Location": target}))
            with pytest.raises(BlockedError):
                await client.send(get(f"http://open.example:{service.port}/a"))
        assert {request.path for request in service.requests} == {"/a"}
        await client.close()

    @pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/", "http://", "javascript:alert(1)"])
    async def test_a_redirect_leads_only_to_web_addresses(
        self, http: AioHttp, service: HttpService, target: str
    ) -> None:
        url = service.route("/a", Answer(status=302, headers={"Location": target}))
        with pytest.raises(RejectedError):
            await http.send(get(url))


class TestRedirects:
    @pytest.mark.parametrize(
        ("status", "method", "then"),
        [
            (301, "POST", "GET"),
            (302, "POST", "GET"),
            (303, "PUT", "GET"),
            (303, "HEAD", "HEAD"),
            (301, "PUT", "PUT"),
            (307, "POST", "POST"),
            (308, "DELETE", "DELETE"),
        ],
    )
    async def test_the_method_follows_the_standard(
        self, http: AioHttp, service: HttpService, status: int, method: str, then: str
    ) -> None:
        url = service.route("/a", Answer(status=status, headers={"Location": "b?x=1"}))
        service.route("/b", Answer())
        body = None if method == "HEAD" else b"{}"
        headers = {} if body is None else {"Content-Type": "application/json"}
        response = await http.send(HttpRequest(method=method, url=url, headers=headers, body=body))
        second = service.requests[1]
        assert (second.method, second.query) == (then, {"x": "1"})
        assert second.body == (b"{}" if then == method and body else b"")
        assert ("content-type" in second.headers) == (then == method and body is not None)
        assert response.url == f"{service.url}/b?x=1"

    async def test_credentials_stay_at_their_origin(self, http: AioHttp, service: HttpService) -> None:
        async with HttpService() as other:
            other.route("/b", Answer())
            url = service.route("/a", Answer(status=307, headers={"Location": f"{other.url}/b"}))
            headers = {
                "Authorization": "Bearer 1",
                "X-Api-Key": "2",
                "X-Odd": "3",
                "Cookie": "4",
                "Accept": "text/html",
            }
            await http.send(get(url, headers=headers, secret_headers=frozenset({"x-odd"})))
            kept = other.requests[0].headers
            assert kept["accept"] == "text/html"
            assert not {"authorization", "x-api-key", "x-odd", "cookie"} & set(kept)

    async def test_credentials_are_kept_within_an_origin(self, http: AioHttp, service: HttpService) -> None:
        service.route("/b", Answer())
        url = service.route("/a", Answer(status=307, headers={"Location": "/b"}))
        await http.send(get(url, headers={"Authorization": "Bearer 1"}))
        assert service.requests[1].headers["authorization"] == "Bearer 1"

    async def test_a_redirect_that_never_ends_is_an_error(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/a", Answer(status=302, headers={"Location": "/a"}))
        with pytest.raises(RejectedError, match="redirects more than 5 times"):
            await http.send(get(url))
        assert len(service.requests) == 6

    async def test_a_once_request_that_was_redirected_to_nowhere_is_unknown(
        self, http: AioHttp, service: HttpService
    ) -> None:
        port = await free_port()
        url = service.route("/a", Answer(status=303, headers={"Location": f"http://127.0.0.1:{port}/"}))
        with pytest.raises(OutcomeUnknownError):
            await http.send(HttpRequest(method="POST", url=url, once=True))

    async def test_all_hops_share_one_time_limit(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/a", Answer(status=302, headers={"Location": "/a"}, delay_s=0.15))
        with pytest.raises(TimedOutError):
            await http.send(get(url, timeout_s=0.3))


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://example.com/", "http://", "http:///x", "https://[::1", "http://a b/", "http://x:99999/"],
)
async def test_what_is_no_web_address_is_refused(http: AioHttp, url: str) -> None:
    with pytest.raises(RejectedError):
        await http.send(get(url))


async def test_credentials_in_an_address_are_refused(http: AioHttp) -> None:
    with pytest.raises(RejectedError, match="holds credentials") as caught:
        await http.send(get("https://ann:sesame@example.com/"))
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nEvil: 1"},
        {"X\r\nEvil": "1"},
        {"X": "a\0b"},
        {"": "1"},
        {"Host": "other.example"},
        {"Content-Length": "0"},
        {"transfer-encoding": "chunked"},
    ],
)
async def test_headers_cannot_reshape_the_request(http: AioHttp, service: HttpService, headers: dict[str, str]) -> None:
    with pytest.raises(RejectedError, match="header"):
        await http.send(get(service.route("/a", Answer()), headers=headers))
    assert not service.requests


@pytest.mark.parametrize("body", [None, b"{}"])
async def test_who_sends_is_asked_once_more_when_the_line_is_there(
    http: AioHttp, service: HttpService, body: bytes | None
) -> None:
    """On a new connection and on one that is used again: what is refused then never leaves."""
    method = "GET" if body is None else "POST"
    url = service.route("/a", Answer())
    asked: list[int] = []

    async def confirm() -> None:
        asked.append(len(service.requests))
        if is_lost:
            raise StaleError

    for is_lost in (True, False, True, False):
        request = HttpRequest(method=method, url=url, body=body, once=True, confirm=confirm)
        if is_lost:
            with pytest.raises(StaleError):
                await http.send(request)
        else:
            await http.send(request)
    assert set(asked) == {0, 1}
    assert len(service.requests) == 2


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_what_was_confirmed_is_on_the_line_before_the_loop_does_anything_else(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """A process that is stopped after its last look must not send when it goes on: nothing may lie in between."""
    arrived: list[bool] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        received = threading.Event()

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.recv(10_000)
                received.set()
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        async def confirm() -> None:
            asyncio.get_running_loop().call_soon(lambda: arrived.append(received.wait(1.0)))

        async def post() -> int:
            client = AioHttp(AddressGuard(["127.0.0.0/8"]), timeout_s=10.0, limit_bytes=1000)
            url = f"http://127.0.0.1:{server.getsockname()[1]}/"
            try:
                return (await client.send(HttpRequest(method="POST", url=url, body=b"{}", confirm=confirm))).status
            finally:
                await client.close()

        answering = threading.Thread(target=answer)
        answering.start()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            assert runner.run(post()) == 200
        answering.join()
    assert arrived[-1], "the body was written in the turn in which it was confirmed"
