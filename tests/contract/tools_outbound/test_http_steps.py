"""`http.request`, `http.api_request`, `web.watch` and `rss.read` against a real server on loopback."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import (
    BlockedError,
    ConnectionNeededError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.step_context import MemoryAccounts, MemoryHttp, StepMemory, make_context
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.outbound import HttpResponse
from tools.registry import load_steps
from tools.step import Effect, Risk, StepContext

STEPS = load_steps()


async def run(name: str, context: StepContext, **with_: Any) -> dict[str, Any]:
    """Run a step as the engine does; return its result as later steps see it."""
    step_type = STEPS.find(name)
    assert step_type is not None
    result = await step_type.run(step_type.params.model_validate(with_), context)
    dumped: dict[str, Any] = result.model_dump(mode="json")  # type: ignore[union-attr]
    return dumped


class TestHttpRequest:
    async def test_a_json_body_goes_out_and_a_json_answer_comes_back(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/a", Answer(status=201, headers={"X-Id": "7"}, json={"id": 7, "ok": True}))
        query = {"q": "ä b", "n": 1, "yes": True, "none": None, "tags": ["x", "y"]}
        result = await run(
            "http.request",
            make_context(http=http),
            method="post",
            url=f"{url}?a=1#x",
            json={"b": [1, None]},
            query=query,
        )
        assert (result["status"], result["json"], result["headers"]["x-id"]) == (201, {"id": 7, "ok": True}, "7")
        assert result["text"] == '{"id":7,"ok":true}'
        [request] = service.requests
        assert (request.method, request.json) == ("POST", {"b": [1, None]})
        assert request.query == {"a": "1", "q": "ä b", "n": "1", "yes": "true", "tags": "x"}
        assert request.headers["content-type"] == "application/json"
        assert request.headers["idempotency-key"] == "key-1"
        assert result["url"].startswith(f"{url}?a=1&q=")

    async def test_forms_texts_and_nothing_are_bodies_too(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/a", Answer())
        context = make_context(http=http)
        await run("http.request", context, method="PUT", url=url, form={"a": "ä&=", "b": [1, 2]})
        await run("http.request", context, method="PATCH", url=url, text="Grüße", headers={"content-type": "text/csv"})
        await run("http.request", context, method="DELETE", url=url)
        await run("http.request", context, method="POST", url=url, json=None)
        form, text, nothing, null = service.requests
        assert (form.body, form.headers["content-type"]) == (
            b"a=%C3%A4%26%3D&b=1&b=2",
            "application/x-www-form-urlencoded",
        )
        assert (text.body.decode(), text.headers["content-type"]) == ("Grüße", "text/csv")
        assert nothing.body == b""
        assert null.body == b"null"
        assert [each.headers["idempotency-key"] for each in service.requests] == ["key-1"] * 4

    async def test_more_than_one_body_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="at most one"):
            await run("http.request", make_context(), url="https://x.example", json={}, text="a")

    async def test_failures_have_their_kind_unless_they_are_expected(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/a", Answer(status=404, body=b"no such thing", headers={"Content-Type": "text/plain"}))
        context = make_context(http=http)
        with pytest.raises(RejectedError, match=r"127\.0\.0\.1 answered 404 Not Found: no such thing"):
            await run("http.request", context, url=url)
        result = await run("http.request", context, url=url, expect_status=[200, 404])
        assert (result["status"], result["json"]) == (404, None)
        assert (await run("http.request", context, url=url, expect_status="any"))["status"] == 404
        service.route("/a", Answer(status=200))
        with pytest.raises(RejectedError):
            await run("http.request", context, url=url, expect_status=[204])

    async def test_a_service_that_asks_for_a_pause_is_heard(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/a", Answer(status=429, headers={"Retry-After": "12"}))
        with pytest.raises(RateLimitedError) as caught:
            await run("http.request", make_context(http=http), url=url)
        assert caught.value.retry_after_s == 12

    async def test_a_post_whose_line_broke_is_not_repeatable_unless_it_says_so(
        self, http: AioHttp, service: HttpService
    ) -> None:
        url = service.route("/a", Answer(drop="before"))
        context = make_context(http=http)
        with pytest.raises(OutcomeUnknownError):
            await run("http.request", context, method="POST", url=url)
        with pytest.raises(UnavailableError):
            await run("http.request", context, method="POST", url=url, idempotent=True)
        with pytest.raises(UnavailableError):
            await run("http.request", context, method="DELETE", url=url)

    @pytest.mark.parametrize(
        ("with_", "effect", "risk"),
        [
            ({"method": "GET"}, Effect.READ, Risk.NONE),
            ({"method": "HEAD"}, Effect.READ, Risk.NONE),
            ({"method": "PUT"}, Effect.IDEMPOTENT, Risk.LOW),
            ({"method": "DELETE"}, Effect.IDEMPOTENT, Risk.HIGH),
            ({"method": "POST"}, Effect.ONCE, Risk.LOW),
            ({"method": "PATCH"}, Effect.ONCE, Risk.LOW),
            ({"method": "POST", "idempotent": True}, Effect.IDEMPOTENT, Risk.LOW),
        ],
    )
    def test_effect_and_risk_follow_the_method(self, with_: dict[str, Any], effect: Effect, risk: Risk) -> None:
        step_type = STEPS.find("http.request")
        assert step_type is not None
        params = step_type.params.model_validate({"url": "https://x.example", **with_})
        assert (step_type.effect_of(params), step_type.risk_of(params)) == (effect, risk)

    def test_the_summary_says_what_is_sent_and_hides_secrets(self) -> None:
        step_type = STEPS.find("http.request")
        assert step_type is not None
        params = step_type.params.model_validate(
            {"method": "POST", "url": "https://x.example/a", "query": {"token": "abcdef"}, "json": {}}
        )
        assert step_type.summarize(params) == "POST https://x.example/a?token=••• with a JSON body"


class TestApiRequest:
    @pytest.fixture
    def accounts(self, service: HttpService) -> MemoryAccounts:
        return MemoryAccounts(
            {"http": {"base_url": f"{service.url}/api/v1/", "header": "X-Api-Key", "value": "sesame"}}
        )

    @pytest.mark.parametrize("address", ["things", "/things", "{base}/api/v1/things"])
    async def test_the_key_goes_to_the_connected_service(
        self, http: AioHttp, service: HttpService, accounts: MemoryAccounts, address: str
    ) -> None:
        service.route("/api/v1/things", Answer(json=[1]))
        context = make_context(http=http, accounts=accounts)
        url = address.replace("{base}", service.url)
        result = await run("http.api_request", context, url=url, headers={"x-api-key": "mine", "A": "b"})
        assert result["json"] == [1]
        assert (service.requests[0].headers["x-api-key"], service.requests[0].headers["a"]) == ("sesame", "b")

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/api/v1/things",
            "{base}.evil.example/api/v1/x",
            "{base}/api/v1x/things",
            "{base}/api/v1/../admin",
            "{base}/api/v1/%2e%2e/admin",
            "../admin",
            "..%2fadmin",
            "a/..\\..\\admin",
        ],
    )
    async def test_the_key_goes_nowhere_else(
        self, http: AioHttp, service: HttpService, accounts: MemoryAccounts, address: str
    ) -> None:
        context = make_context(http=http, accounts=accounts)
        with pytest.raises(BlockedError, match="not below"):
            await run("http.api_request", context, url=address.replace("{base}", service.url))
        assert not service.requests

    async def test_the_key_is_not_sent_on_to_another_origin(
        self, http: AioHttp, service: HttpService, accounts: MemoryAccounts
    ) -> None:
        async with HttpService() as other:
            other.route("/x", Answer())
            service.route("/api/v1/things", Answer(status=307, headers={"Location": f"{other.url}/x"}))
            await run("http.api_request", make_context(http=http, accounts=accounts), url="things")
            assert "x-api-key" not in other.requests[0].headers

    async def test_a_refused_key_asks_for_the_account(
        self, http: AioHttp, service: HttpService, accounts: MemoryAccounts
    ) -> None:
        service.route("/api/v1/things", Answer(status=401))
        with pytest.raises(ConnectionNeededError) as caught:
            await run("http.api_request", make_context(http=http, accounts=accounts), url="things")
        assert caught.value.connector == "http"
        with pytest.raises(ConnectionNeededError):
            await run("http.api_request", make_context(http=http), url="things")


class TestWatch:
    async def test_a_page_changes_between_runs_but_not_between_attempts_of_one_run(
        self, http: AioHttp, service: HttpService
    ) -> None:
        html = {"Content-Type": "text/html"}
        url = service.route(
            "/a",
            Answer(headers=html, body=b"<p>One</p><script>1</script>"),
            Answer(headers=html, body=b"<p>One</p><script>2</script>"),
            Answer(headers=html, body=b"<p>Two</p>"),
        )
        memory = StepMemory()
        first = await run("web.watch", make_context(http=http, memory=memory, key="1"), url=url)
        same = await run("web.watch", make_context(http=http, memory=memory, key="2"), url=url)
        changed = await run("web.watch", make_context(http=http, memory=memory, key="3"), url=url)
        again = await run("web.watch", make_context(http=http, memory=memory, key="3"), url=url)
        assert (first["first"], first["changed"], first["previous"], first["current"]) == (True, False, None, "One")
        assert (same["first"], same["changed"]) == (False, False)
        assert (changed["changed"], changed["previous"], changed["current"]) == (True, "One", "Two")
        assert again == changed, "a second attempt still sees the change"
        assert (await run("web.watch", make_context(http=http, memory=memory, key="4"), url=url))["changed"] is False

    async def test_two_addresses_or_parts_are_remembered_apart(self, http: AioHttp, service: HttpService) -> None:
        one = service.route("/1", Answer(headers={"Content-Type": "text/html"}, body=b"<b>x</b><i>y</i>"))
        two = service.route("/2", Answer(body=b"z"))
        context = make_context(http=http)
        for with_ in ({"url": one}, {"url": two}, {"url": one, "css": "b"}, {"url": one, "css": "i"}):
            assert (await run("web.watch", context, **with_))["first"]

    async def test_a_number_is_compared_as_a_number(self, http: AioHttp, service: HttpService) -> None:
        url = service.route(
            "/a",
            Answer(headers={"Content-Type": "text/html"}, body=b"<p class=price>EUR 1.299,10</p><p>3</p>"),
            Answer(headers={"Content-Type": "text/html"}, body=b"<p class=price> 1299.00 EUR</p>"),
        )
        memory = StepMemory()
        first = await run(
            "web.watch", make_context(http=http, memory=memory, key="1"), url=url, mode="number", css=".price"
        )
        second = await run(
            "web.watch", make_context(http=http, memory=memory, key="2"), url=url, mode="number", css=".price"
        )
        assert (first["number"], first["change"]) == (1299.1, None)
        assert (second["number"], second["previous_number"], second["change"]) == (1299.0, 1299.1, -0.1)
        assert second["changed"]

    async def test_patterns_and_jmespath_select_a_part(self, http: AioHttp, service: HttpService) -> None:
        page = service.route("/page", Answer(body=b"Version: 4.2 (stable)"))
        data = service.route("/data", Answer(json={"rates": [{"usd": 1.08}], "name": "x"}))
        source = service.route("/source", Answer(headers={"Content-Type": "text/html"}, body=b"<p data-v='77'>x</p>"))
        context = make_context(http=http)

        async def seen(**with_: Any) -> Any:
            return (await run("web.watch", context, **with_))["current"]

        assert await seen(url=page, pattern=r"Version: ([\d.]+)") == "4.2"
        assert await seen(url=page, pattern="stable") == "stable"
        assert await seen(url=source, pattern=r"data-v='(\d+)'") == "77"
        assert await seen(url=data, jmespath="rates[0].usd", mode="number") == "1.08"
        assert await seen(url=data, jmespath="name") == "x"
        assert await seen(url=data, jmespath="rates") == '[{"usd":1.08}]'

    @pytest.mark.parametrize(
        ("with_", "message"),
        [
            ({"css": ".none"}, "matches “.none”"),
            ({"css": "..x"}, "CSS selector"),
            ({"pattern": "none"}, "matches “none”"),
            ({"pattern": "("}, "regular expression"),
            ({"pattern": "^(x|xx)+$y"}, "takes too long"),
            ({"jmespath": "a"}, "did not answer with JSON"),
            ({"mode": "number"}, "no number"),
        ],
    )
    async def test_what_selects_nothing_or_is_wrong_is_said(self, with_: dict[str, str], message: str) -> None:
        http = MemoryHttp([HttpResponse(status=200, body=b"<p>" + b"x" * 50 + b"</p>", url="https://a.example/")])
        with pytest.raises(RejectedError, match=message):
            await run("web.watch", make_context(http=http), url="https://a.example/", **with_)

    @pytest.mark.parametrize("expression", ["a", "[", "length(@)"])
    async def test_wrong_jmespath_is_said(self, expression: str) -> None:
        http = MemoryHttp([HttpResponse(status=200, body=b"1", url="https://a.example/")])
        with pytest.raises(RejectedError):
            await run("web.watch", make_context(http=http), url="https://a.example/", jmespath=expression)

    async def test_a_site_goes_down_and_comes_up_again(self, http: AioHttp, service: HttpService) -> None:
        """Each edge is told once; how it is down does not matter."""
        ok, broken = Answer(body=b"x"), Answer(status=503)
        # A line that breaks at once is tried a second time by the client itself.
        drop = Answer(drop="before")
        url = service.route("/a", ok, broken, Answer(status=500), drop, drop, ok)
        memory = StepMemory()
        looks = []
        for number in range(5):
            context = make_context(http=http, memory=memory, key=str(number))
            looks.append(await run("web.watch", context, url=url, mode="status"))
        assert [look["up"] for look in looks] == [True, False, False, False, True]
        assert [look["went_down"] for look in looks] == [False, True, False, False, False]
        assert [look["came_up"] for look in looks] == [False, False, False, False, True]
        assert [look["status"] for look in looks] == [200, 503, 500, None, 200]
        assert looks[1]["reason"] == "127.0.0.1 answered 503 Service Unavailable."
        assert "broke the connection" in looks[3]["reason"]
        assert (looks[1]["current"], looks[1]["previous"]) == ("down", "up")

    async def test_no_network_is_a_result_that_says_why(self) -> None:
        reason = "No network: a.example cannot be resolved."
        context = make_context(http=MemoryHttp([UnavailableError(reason)]))
        look = await run("web.watch", context, url="https://a.example/", mode="status")
        assert (look["up"], look["went_down"], look["status"], look["reason"]) == (False, True, None, reason)
        with pytest.raises(UnavailableError):
            await run("web.watch", context, url="https://a.example/")

    async def test_a_forbidden_address_is_no_site_that_is_down(self, service: HttpService) -> None:
        http = AioHttp(AddressGuard([]), timeout_s=1, limit_bytes=1000)
        with pytest.raises(BlockedError):
            await run("web.watch", make_context(http=http), url=service.url, mode="status")
        await http.close()


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News &amp; more</title>{items}</channel></rss>"""
ATOM = b"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title>
<entry><id>urn:1</id><title type="html">&lt;b&gt;Bold&lt;/b&gt; move</title><link href="/1"/><updated>2026-12-01T10:00:00+02:00</updated>
<content type="html">&lt;p&gt;One&lt;/p&gt;&lt;script&gt;evil()&lt;/script&gt;</content></entry></feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><title>Old</title></channel><item rdf:about="x"><title>Item</title><link>https://x.example/1</link></item></rdf:RDF>"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">%s]><rss version="2.0"><channel><title>&j;</title>
<item><title>&j;</title></item></channel></rss>""" % b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(ord("b"), ord("k"))
)


def rss(*numbers: int) -> bytes:
    items = "".join(
        f"<item><guid>g{number}</guid><title>T{number}</title><link>https://x.example/{number}</link>"
        f"<description>&lt;p&gt;S{number}&lt;/p&gt;</description><pubDate>Tue, 01 Dec 2026 08:00:00 +0100</pubDate></item>"
        for number in numbers
    )
    return RSS.format(items=items).encode()


class TestFeed:
    async def test_an_rss_feed_is_read(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/feed", Answer(headers={"Content-Type": "application/rss+xml"}, body=rss(2, 1)))
        result = await run("rss.read", make_context(http=http), url=url)
        assert (result["title"], result["count"], result["new_count"]) == ("News & more", 2, 2)
        assert result["items"][0] == {
            "id": "g2",
            "title": "T2",
            "link": "https://x.example/2",
            "summary": "S2",
            "published": "2026-12-01T07:00:00+00:00",
        }

    async def test_atom_and_rdf_are_read_too(self, http: AioHttp, service: HttpService) -> None:
        url = service.route("/feed", Answer(body=ATOM), Answer(body=RDF))
        context = make_context(http=http)
        [atom] = (await run("rss.read", context, url=url))["items"]
        assert (atom["id"], atom["title"], atom["link"]) == ("urn:1", "Bold move", f"{service.url}/1")
        assert (atom["summary"], atom["published"]) == ("One", "2026-12-01T08:00:00+00:00")
        [rdf] = (await run("rss.read", context, url=url))["items"]
        assert (rdf["title"], rdf["published"]) == ("Item", "")

    async def test_only_what_is_new_comes_and_none_is_passed_over(self, http: AioHttp, service: HttpService) -> None:
        feeds = (rss(2, 1), rss(2, 1), rss(5, 4, 3, 2, 1))
        url = service.route("/feed", *(Answer(body=feed) for feed in feeds))
        memory = StepMemory()

        async def ids(key: str) -> list[str]:
            context = make_context(http=http, memory=memory, key=key)
            result = await run("rss.read", context, url=url, only_new=True, limit=2)
            assert result["new_count"] == result["count"] == len(result["items"])
            return [item["id"] for item in result["items"]]

        assert await ids("1") == ["g2", "g1"]
        assert await ids("2") == []
        assert await ids("3") == ["g5", "g4"]
        assert await ids("3") == ["g5", "g4"], "a second attempt sees the same"
        assert await ids("4") == ["g3"], "what did not fit comes next time"
        assert await ids("5") == []

    async def test_at_the_first_run_older_entries_beyond_the_limit_are_no_news(
        self, http: AioHttp, service: HttpService
    ) -> None:
        url = service.route("/feed", Answer(body=rss(*range(50, 0, -1))))
        memory = StepMemory()
        for key, count in (("1", 5), ("2", 0)):
            context = make_context(http=http, memory=memory, key=key)
            assert (await run("rss.read", context, url=url, only_new=True, limit=5))["count"] == count

    @pytest.mark.parametrize("body", [b"", b"<html><body>Hello</body></html>", b"\0\1\2", b"{}", b"/etc/passwd"])
    async def test_what_is_no_feed_is_said(self, http: AioHttp, service: HttpService, body: bytes) -> None:
        url = service.route("/feed", Answer(body=body))
        with pytest.raises(RejectedError, match="did not answer with a feed"):
            await run("rss.read", make_context(http=http), url=url)

    async def test_a_feed_cannot_make_its_reader_fetch_or_grow(self, http: AioHttp, service: HttpService) -> None:
        stolen = service.route("/stolen", Answer())
        entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{stolen}">]>'.encode()
        url = service.route("/feed", Answer(body=rss(1).replace(b"<rss", entity + b"<rss")), Answer(body=BOMB))
        context = make_context(http=http)
        await run("rss.read", context, url=url)
        try:
            result = await run("rss.read", context, url=url)
        except RejectedError:
            result = {"items": []}
        assert all(len(item["title"]) < 10_000 for item in result["items"])
        assert not [request for request in service.requests if request.path == "/stolen"]

    async def test_a_missing_feed_is_the_services_fault(self, http: AioHttp, service: HttpService) -> None:
        with pytest.raises(RejectedError, match="404"):
            await run("rss.read", make_context(http=http), url=f"{service.url}/none")
