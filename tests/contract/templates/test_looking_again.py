"""Templates that look at the same thing again and again say what is new, once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import JsonValue

from catalog.mailed import mailed
from store.record import RunState, WorkflowRecord
from tests.contract.templates.library import template, values_of
from tests.contract.templates.office import Office
from tests.contract.templates.web import feed, page
from tests.fakes.http_service import Answer


@dataclass
class Watch:
    """An approved, scheduled template. `look` lets its time come and returns what was posted by that."""

    office: Office
    workflow: WorkflowRecord

    async def look(self) -> list[str]:
        before = len(await self.office.posts())
        ended = await self.office.happen(self.workflow)
        assert ended.run.state is RunState.SUCCEEDED, ended.run.failure
        return (await self.office.posts())[before:]


async def watch(office: Office, template_id: str, **given: JsonValue) -> Watch:
    chosen = template(template_id)
    values = {name: office.web.local(value) for name, value in values_of(chosen, **given).items()}
    return Watch(office, await office.approve(chosen, values, trigger="schedule"))


async def test_a_site_that_goes_down_and_comes_back_is_told_once_each(office: Office) -> None:
    watched = await watch(office, "web.site-down")
    up, down = page("Welcome"), Answer(status=503)
    office.web.shows("/example.com/", up, down, down, down, up, up)
    assert await watched.look() == []
    [gone] = await watched.look()
    assert "is down" in gone
    assert "503" in gone
    assert await watched.look() == []
    assert await watched.look() == []
    [back] = await watched.look()
    assert "is back" in back
    assert await watched.look() == []


async def test_a_site_that_is_down_from_the_start_is_told(office: Office) -> None:
    watched = await watch(office, "web.site-down", url="http://127.0.0.1:9/")
    [gone] = await watched.look()
    assert "is down" in gone
    assert await watched.look() == []


async def test_a_page_that_changes_is_told_once_each_time(office: Office) -> None:
    watched = await watch(office, "web.page-changed")
    office.web.shows("/example.com/jobs", *map(page, ("A baker", "A baker", "A cook", "A cook", "A baker")))
    assert [await watched.look() for _ in range(2)] == [[], []]
    [changed] = await watched.look()
    assert "A cook" in changed
    assert await watched.look() == []
    assert len(await watched.look()) == 1


async def test_only_the_watched_part_of_a_page_counts(office: Office) -> None:
    watched = await watch(office, "web.page-changed", css="#news")
    pages = [f"<p>{number}</p><p id='news'>{news}</p>" for number, news in ((1, "Old"), (2, "Old"), (3, "New"))]
    office.web.shows("/example.com/jobs", *map(page, pages))
    assert [len(await watched.look()) for _ in pages] == [0, 0, 1]


async def test_a_price_is_told_whenever_it_falls_to_the_limit(office: Office) -> None:
    watched = await watch(office, "web.price-watch", limit=80)
    prices = (95, 80, 75, 90, 79.5)
    office.web.shows("/shop.example.com/chair", *(page(f"<b class='price'>{price:.2f} €</b>") for price in prices))
    posts = [await watched.look() for _ in prices]
    assert [len(one) for one in posts] == [0, 1, 0, 0, 1]
    assert "**80**" in posts[1][0]
    assert "**79.5**" in posts[4][0]


async def test_a_value_is_told_whenever_it_rises_above_the_limit(office: Office) -> None:
    watched = await watch(office, "web.value-alert")
    sizes = (100, 101, 150, 20, 120)
    office.web.shows("/api.example.com/stats", *(Answer(json={"queue": {"size": size}}) for size in sizes))
    assert [len(await watched.look()) for _ in sizes] == [0, 1, 0, 0, 1]


async def test_an_entry_of_a_feed_is_posted_once_and_the_oldest_first(office: Office) -> None:
    watched = await watch(office, "web.rss-to-chat")
    office.web.shows(
        "/blog.example.com/feed", feed("Two", "One"), feed("Two", "One"), feed("Four", "Three", "Two", "One")
    )
    assert [post.splitlines()[0] for post in await watched.look()] == ["**One**", "**Two**"]
    assert await watched.look() == []
    assert [post.splitlines()[0] for post in await watched.look()] == ["**Three**", "**Four**"]


async def test_only_entries_that_mention_the_word_are_posted(office: Office) -> None:
    watched = await watch(office, "web.rss-keyword", word="python")
    office.web.shows(
        "/news.example.com/rss", feed("Python 4 is out", "Snakes"), feed("More PYTHON", "Python 4 is out", "Snakes")
    )
    assert [post.splitlines()[0] for post in await watched.look()] == ["**Python 4 is out** mentions “python”"]
    assert [post.splitlines()[0] for post in await watched.look()] == ["**More PYTHON** mentions “python”"]
    assert await watched.look() == []


async def test_a_digest_by_mail_is_sent_only_when_something_is_new(office: Office) -> None:
    watched = await watch(office, "email.feed-digest")
    office.web.shows("/blog.example.com/feed", feed("One"), feed("One"), feed("Two", "One"))
    for sent in (1, 1, 2):
        await watched.look()
        assert len(office.smtp.mails) == sent
    body = office.smtp.mails[1].message.get_content()
    assert "Two" in body
    assert "One" not in body


async def test_a_mail_is_posted_once_and_the_oldest_first(office: Office) -> None:
    watched = await watch(office, "email.inbox-to-chat", sender=None)
    office.receive("ann@example.com", "One", "First.")
    assert [post.splitlines()[0] for post in await watched.look()] == ["**One** from ann@example.com"]
    assert await watched.look() == []
    office.receive("ben@example.com", "Two", "Second.")
    office.receive("ann@example.com", "Three", "Third.")
    posts = await watched.look()
    assert [post.splitlines()[0] for post in posts] == [
        "**Two** from ben@example.com",
        "**Three** from ann@example.com",
    ]
    assert await watched.look() == []


async def test_mail_of_others_is_not_posted(office: Office) -> None:
    watched = await watch(office, "email.inbox-to-chat", sender="boss@example.com", subject="urgent")
    office.receive("boss@example.com", "Lunch", "At noon?")
    office.receive("ann@example.com", "Urgent", "Call me.")
    assert await watched.look() == []
    office.receive("boss@example.com", "URGENT: numbers", "Now.")
    assert len(await watched.look()) == 1


async def test_attachments_are_saved_once(office: Office) -> None:
    watched = await watch(office, "email.save-attachments")
    office.receive("billing@example.com", "Invoice 7", "Here.", a_pdf=b"%PDF-7")
    await watched.look()
    first = office.contents()
    await watched.look()
    assert office.contents() == first
    office.receive("billing@example.com", "Invoice 8", "Here.", a_pdf=b"%PDF-8")
    await watched.look()
    assert sorted(office.contents().values()) == [b"%PDF-7", b"%PDF-8"]


@pytest.mark.parametrize("template_id", ["files.snapshot", "web.backup-api"])
async def test_each_copy_is_a_file_of_its_own(office: Office, template_id: str) -> None:
    watched = await watch(office, template_id)
    for count in (1, 2, 3):
        await watched.look()
        assert len(office.contents()) == count
    assert len(set(office.contents().values())) == 1


async def test_a_watch_that_tells_by_mail_mails_once_and_posts_nothing(office: Office) -> None:
    chosen = mailed(template("web.site-down"), beside_chat=False)
    values = {name: office.web.local(value) for name, value in values_of(chosen, mail_to=["ops@example.com"]).items()}
    watched = Watch(office, await office.approve(chosen, values, trigger="schedule"))
    office.web.shows("/example.com/", page("Welcome"), Answer(status=503), Answer(status=503))
    assert [await watched.look() for _ in range(3)] == [[], [], []]
    [mail] = (one.message for one in office.smtp.mails)
    assert "is down" in mail["Subject"]
    assert mail["To"] == "ops@example.com"
