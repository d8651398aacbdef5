"""The web as templates' samples imagine it: `https://shop.example.com/chair` becomes a page of a service on loopback."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import JsonValue

from tests.fakes.http_service import Answer, HttpService

_ADDRESS = re.compile(r"https?://([\w.-]+\.example\.\w+|example\.\w+)(/[^\s\"']*)?")

PEOPLE: list[JsonValue] = [{"name": "Ada", "city": "London"}, {"name": "Grace", "city": "New York"}]


def feed(*entries: str) -> Answer:
    """An RSS feed with these titles, newest first."""
    items = "".join(
        f"<item><guid>{title}</guid><title>{title}</title><link>https://news.example.com/{len(title)}</link>"
        f"<description>{title}, in short.</description></item>"
        for title in entries
    )
    body = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"
    return Answer(headers={"Content-Type": "application/rss+xml"}, body=body.encode())


def page(text: str) -> Answer:
    return Answer(
        headers={"Content-Type": "text/html; charset=utf-8"}, body=f"<html><body>{text}</body></html>".encode()
    )


_BY_ENDING: dict[str, Answer] = {
    "/stats": Answer(json={"queue": {"size": 120}}),
    "/users": Answer(json={"data": {"items": PEOPLE}}),
    "/export": Answer(json={"settings": {"theme": "dark"}}),
    "/status": Answer(json={"status": "fine"}),
    "/feed": feed("Second entry", "First entry"),
    "/rss": feed("A sample of what is new", "Something else"),
    "/chair": page("<h1>Chair no. 14</h1><span class='price'>€ 75.00</span>"),
    "/jobs": page("<h1>Jobs</h1><p>We look for a baker.</p>"),
}


@dataclass
class Web:
    """Gives every address a page when it is first heard of."""

    service: HttpService

    def local(self, value: JsonValue) -> JsonValue:
        """Return a value in which each web address is one of the service's."""
        if isinstance(value, dict):
            return {key: self.local(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.local(item) for item in value]
        return (
            _ADDRESS.sub(lambda found: self.address(found[1], found[2] or "/"), value)
            if isinstance(value, str)
            else value
        )

    def address(self, host: str, path: str) -> str:
        answer = next((one for ending, one in _BY_ENDING.items() if path.endswith(ending)), page("<h1>Welcome</h1>"))
        return self.service.route(f"/{host}{path}", answer)

    def shows(self, path: str, *answers: Answer) -> None:
        """Change what an address answers, e.g. `/example.com/jobs`."""
        self.service.route(path, *answers)

    @property
    def seen(self) -> list[tuple[str, str]]:
        """The method and address of each request."""
        return [(request.method, f"{self.service.url}{request.path}") for request in self.service.requests]
