"""The processes that serve: everything in one (`errand serve`), or a worker alone (`errand worker`).

Says what it does while it starts. Ends cleanly on SIGINT and SIGTERM: intake stops, what runs is finished or handed back.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from bot.app import App, open_app
from bot.data_folder import hold, left_behind, prepare, serving
from bot.library import read_library
from bot.openers import surface_openers
from bot.pulse import beat
from bot.records import open_store
from bot.redis_server import RedisServer, end_left_behind
from bot.surface.host import NOT_CONNECTED
from bot.web_server import serve_web
from core.clock import SystemClock
from core.errors import ConfigError
from core.settings import Settings
from worker.task import end

Say = Callable[[str], object]
_LOOK_S = 0.2


async def serve(settings: Settings, *, has_worker: bool, say: Say) -> None:
    """Serve until told to stop. Raises ConfigError when something is not set up correctly."""
    prepare(settings.data)
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signals())
        reading = asyncio.create_task(asyncio.to_thread(read_library, settings))
        listening = _listen(settings, say)
        stack.callback(listening.close)
        host, port = listening.getsockname()[:2]
        url = settings.public_url.rstrip("/") or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104  # is compared
        redis_url = await stack.enter_async_context(_redis(settings))
        stack.enter_context(hold(settings.data, url=url, redis_url=redis_url))
        library = await reading
        say(f"· read {len(library.catalog)} templates and {len(library.steps)} step types")
        app = await stack.enter_async_context(open_app(settings, library, redis_url=redis_url, public_url=lambda: url))
        say(f"· opened the records in {settings.database_url.partition('@')[2] or settings.data}")
        if has_worker:
            await app.worker.start()
            stack.push_async_callback(app.worker.stop, settings.grace_s)
        link = await _link(app, url)
        await stack.enter_async_context(app.surfaces.open(surface_openers(settings)))
        if settings.surfaces:
            say(f"· connecting {' and '.join(map(str.capitalize, settings.surfaces))}")
            telling = [asyncio.create_task(_tell(app, name, say)) for name in settings.surfaces]
            stack.push_async_callback(end, telling)
        await stack.enter_async_context(serve_web(app, listening, redis_url))
        warming = asyncio.create_task(_warm_up(app), name="warm up")
        stack.push_async_callback(end, [warming])
        say(f"\nErrand is ready. Open this link to sign in (it works once, for an hour):\n\n  {link}\n")
        say("Stop with Ctrl-C.")
        await _until(stop, app, has_worker=has_worker)
        say("\n· stopping")
    say("· stopped; nothing was lost")


async def work(settings: Settings, *, say: Say) -> None:
    """Run workflows until told to stop."""
    if not settings.redis_url:
        raise ConfigError("A worker of its own needs ERRAND_REDIS_URL, the same as the serving process.")
    prepare(settings.data)
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signals())
        library = await asyncio.to_thread(read_library, settings)
        url = settings.public_url
        opening = open_app(settings, library, redis_url=settings.redis_url, public_url=lambda: url)
        app = await stack.enter_async_context(opening)
        await app.worker.start()
        stack.push_async_callback(app.worker.stop, settings.grace_s)
        beating = asyncio.create_task(beat(settings.data, app.clock, lambda: app.worker.is_going_round))
        stack.callback(beating.cancel)
        say(f"The worker {app.worker.owner} is ready. Stop with Ctrl-C.")
        await _until(stop, app, has_worker=True)
    say("· stopped; nothing was lost")


async def print_login_link(settings: Settings, *, account: str, say: Say) -> None:
    """Print a one-time link for the Errand that serves this data folder."""
    from bot.web.session import make_login_link

    running = serving(settings.data)
    if running is None:
        raise ConfigError(f"No Errand is serving {settings.data} now. Start it with: make run")
    store = await open_store(settings)
    try:
        link = await make_login_link(
            store=store,
            clock=SystemClock(),
            origin=running.url,
            time_zone=settings.time_zone or "UTC",
            account=account,
        )
    finally:
        await store.close()
    say(link)


def _listen(settings: Settings, say: Say) -> socket.socket:
    """Return a bound socket; when the port is taken, one on a free port."""
    for port in (settings.port, 0):
        listening = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, port))
        except OSError as error:
            listening.close()
            if not port:
                raise ConfigError(f"Nothing can listen on {settings.host}: {error.strerror}.") from error
            say(f"· port {port} is taken; looking for a free one")
        else:
            return listening
    raise AssertionError("unreachable")


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[str]:
    if settings.redis_url:
        yield settings.redis_url
        return
    if left := left_behind(settings.data):
        await end_left_behind(left.redis_url)
    server = RedisServer()
    try:
        yield await server.start()
    finally:
        await server.stop()


async def _link(app: App, url: str) -> str:
    from bot.web.session import make_login_link

    return await make_login_link(store=app.store, clock=app.clock, origin=url, time_zone=app.ground.time_zone)


async def _tell(app: App, name: str, say: Say) -> None:
    """Say what keeps a surface from being connected, each reason once, and when it is."""
    said = ""
    while problem := await app.surfaces.problem(name):
        if problem != said and not problem.startswith(NOT_CONNECTED):
            say(f"· {name.capitalize()} is not connected: {problem}")
            said = problem
        await app.clock.sleep(_LOOK_S)
    say(f"· {name.capitalize()} is connected")


async def _warm_up(app: App) -> None:
    """What is there afterwards stays: a collection that looked through all of it would hold up everybody for half a second."""
    try:
        await app.warm_up()
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Set by SIGINT or SIGTERM; a second one changes nothing, so that what stops is not interrupted.

    Both are ignored from the end on: a loop that closes would bring back the default, which ends the process at once.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


async def _until(stop: asyncio.Event, app: App, *, has_worker: bool) -> None:
    """Wait for the signal, or for a worker that broke: raises what broke it."""
    waiting: list[asyncio.Task[bool] | asyncio.Task[None]] = [asyncio.create_task(stop.wait())]
    if has_worker:
        waiting.append(asyncio.create_task(app.worker.wait()))
    done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()
