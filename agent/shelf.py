"""The templates that are known here: the catalog's and those that people saved, with the words that were learned for
them. Follows the store, which all processes share; writes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from pydantic import ValidationError

from catalog.retrieval.port import Entry
from catalog.workflow import Template
from store.port import Records

_log = logging.getLogger(__name__)


Changes = Mapping[str, Entry | None]
"""Templates by id as they are now; none: there is no such template any more."""


class Shelf(Mapping[str, Template]):
    """All templates by id. `refresh` before reading; whoever follows is told what became different."""

    def __init__(self, catalog: Mapping[str, Template], *, uses_words: bool = True) -> None:
        self._catalog = catalog
        self._templates = dict(catalog)
        self._known: dict[str, Entry] = {}
        self._uses_words = uses_words
        self._followers: list[Callable[[Changes], None]] = []
        self._revision = 0
        self._reading = asyncio.Lock()

    def __getitem__(self, template_id: str) -> Template:
        return self._templates[template_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    def is_saved(self, template_id: str) -> bool:
        """Whether people made it; the catalog's are there for everybody."""
        return template_id in self._templates and template_id not in self._catalog

    def follow(self, follower: Callable[[Changes], None]) -> None:
        """Have it told what is known besides the catalog, now and whenever that changes."""
        self._followers.append(follower)
        if self._known:
            follower(dict(self._known))

    async def refresh(self, records: Records) -> None:
        """Take over what any process changed since the last time: one small read when nothing did."""
        if await records.shelf.revision() <= self._revision:
            return
        async with self._reading:
            revision = await records.shelf.revision()
            if revision <= self._revision:
                return
            changes = await self._read(records, await records.shelf.changed(self._revision))
            self._take(changes)
            self._revision = revision
        for follower in self._followers:
            follower(changes)

    async def _read(self, records: Records, ids: list[str]) -> dict[str, Entry | None]:
        saved = {one.id: _template(one.content) for one in await records.shelf.saved(ids)}
        words: dict[str, list[str]] = defaultdict(list)
        for ask in await records.shelf.asks(ids) if self._uses_words else ():
            words[ask.template_id].append(ask.words)
        templates = {one: self._catalog.get(one) or saved.get(one) for one in ids}
        return {
            one: Entry(template=template, learned=tuple(words[one]), is_saved=one in saved) if template else None
            for one, template in templates.items()
        }

    def _take(self, changes: Changes) -> None:
        for template_id, known in changes.items():
            self._known.pop(template_id, None)
            self._templates.pop(template_id, None)
            if known is not None:
                self._known[template_id] = known
                self._templates[template_id] = known.template


def _template(content: object) -> Template | None:
    """A saved template; none for one that this version of Errand cannot read."""
    try:
        return Template.model_validate(content)
    except ValidationError as error:
        _log.warning("a saved template cannot be read: %s", error)
        return None
