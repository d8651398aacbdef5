"""What the web surface needs from the rest of Errand, handed to it by the composition root. Builds nothing itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from agent.inbound import Inbound
from agent.live_text import LiveText
from agent.reply import Reply, TracePart
from bot.surface.host import HostState
from bot.surface.port import Ingress
from catalog.workflow import Template
from core.clock import Clock
from core.rate import Rate
from store.port import EventBus, Store
from store.record import JsonObject, Message, Person, Run
from tools.new_file import FilesFolder
from worker.gate import RateLimiter
from worker.resume import Delivered
from worker.webhook import Hook


class Signer(Protocol):
    """Signs short values so that nobody else can make them up (`store.vault.Vault`)."""

    def sign(self, purpose: str, value: str) -> str:
        """Return a token fit for a cookie."""
        ...

    def verify(self, purpose: str, token: str, max_age_s: int) -> str | None:
        """Return the value of a token made for this purpose at most so long ago; None for anything else."""
        ...


class Webhooks(Protocol):
    """Starts the runs of webhook triggers (`worker.webhook.Webhooks`)."""

    async def find(self, secret: str) -> Hook | None:
        """Return the hook of an address; None when nothing may be started by it now."""
        ...

    def check(self, hook: Hook, headers: Mapping[str, str], body: bytes) -> str | None:
        """Return the delivery key that the signature vouches for. Raises SignatureError."""
        ...

    def make(self, hook: Hook, payload: JsonObject, delivery_key: str | None, *, is_awaited: bool = False) -> Run:
        """Return the run of a delivery, the same one for the same key. `payload` is `{"body", "query", "headers"}`."""
        ...

    async def start(self, run: Run) -> bool:
        """False when it was started before."""
        ...


class Resumes(Protocol):
    """Takes events for waiting runs (`worker.resume.Resumes`)."""

    async def deliver(self, token: str, event: str, body: JsonValue) -> Delivered:
        """Return what became of the event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices:
    """The ports and settings of the web surface.

    `render` gives one reply for each message that can be shown, parts made anew from the records. `trace` gives the trace
    of a run, none when there is none for this person to see. `templates` gives all that are known now, `live` what is being
    written at the moment, shown as it comes. `checks` are named
    readiness checks: each returns the problem, or the empty string; `side_checks` are of what is missed but not needed. `public_origin` is the address people type
    (`https://errand.example.com`), none: whatever the Host header says. `embed_origins` are other origins whose pages
    may hold `<errand-chat>` or a frame. `ingress` gives the addresses of outside surfaces, `surfaces` how they are, none: there are none. `hook_rate` is how often one webhook address may be called. A socket that takes no data for `slow_reader_s` is closed.
    """

    handle_turn: Callable[[Inbound], Awaitable[list[Reply]]]
    render: Callable[[list[Message], Person], Awaitable[list[Reply]]]
    trace: Callable[[str, Person], Awaitable[TracePart | None]]
    store: Store
    bus: EventBus
    clock: Clock
    signer: Signer
    files: FilesFolder
    webhooks: Webhooks
    resumes: Resumes
    limiter: RateLimiter
    hook_rate: Rate
    templates: Callable[[], Awaitable[Sequence[Template]]]
    live: LiveText = field(default_factory=LiveText)
    checks: Mapping[str, Callable[[], Awaitable[str]]] = field(default_factory=dict)
    side_checks: Mapping[str, Callable[[], Awaitable[str]]] = field(default_factory=dict)
    ingress: Callable[[], Mapping[str, Sequence[Ingress]]] = dict
    surfaces: Callable[[], Awaitable[HostState]] | None = None
    public_origin: str = ""
    embed_origins: Sequence[str] = ()
    upload_limit_bytes: int = 25_000_000
    slow_reader_s: float = 10.0
    beat_s: float = 20.0
