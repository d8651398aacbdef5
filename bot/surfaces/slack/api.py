"""Calls Slack's Web API: one try for each call, answered with what Slack said or with an error of ours. Decides nothing.

Slack's own client would wait and repeat within the call. Here a repetition is the deliverer's, which knows whether a message
may be there already; so what may have happened (`TimedOutError`) is told from what has not (`UnavailableError`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp
from pydantic import JsonValue
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.surface.vitals import Vitals
from core.errors import (
    ClosedError,
    ErrandError,
    GoneError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
    UnavailableError,
)
from store.record import JsonObject

CALL_S = 10.0
_PAGE = 200
_MOST_PAGES = 25
_MISSING = {
    *("channel_not_found", "cant_update_message", "thread_not_found", "user_not_found", "file_not_found"),
    *("not_in_channel", "users_not_found", "user_not_in_channel", "no_permission", "file_deleted"),
    *("user_disabled", "user_not_visible", "cannot_dm_bot", "messages_tab_disabled"),
}
_CLOSED = {
    *("is_archived", "restricted_action", "restricted_action_thread_locked", "restricted_action_read_only_channel"),
    *("restricted_action_non_threadable_channel", "restricted_action_thread_only_channel"),
}
_OVER = {"message_not_in_streaming_state", "message_not_owned_by_app"}
_PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
_REVOKED = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required"}
_MANY = 429
_BROKEN = 500


class AuthError(RejectedError):
    """Slack does not take the token."""

    advice = "Install the app again and set ERRAND_SLACK_BOT_TOKEN to its bot token."


class MissingScopeError(RejectedError):
    """The app was not given what this needs."""

    advice = "Add the scope to the app, install it again, and restart."


class StreamOverError(RejectedError):
    """This message is not streaming any more."""


class SlackApi:
    """The Web API, with the bot's token. What comes to nothing is counted in `vitals`, by Slack's word for it."""

    def __init__(self, client: AsyncWebClient, vitals: Vitals | None = None) -> None:
        self.client = client
        self._vitals = vitals or Vitals()

    async def call(self, method: str, **arguments: object) -> JsonObject:
        """Call a method with its arguments in the body. Raises what `bot.surface.port` says of a surface's calls."""
        return _data(await self._call(method, "POST", {"json": _given(arguments)}))

    async def read(self, method: str, **arguments: object) -> JsonObject:
        """Call a method that only reads: its arguments are a form's, since not all of those take JSON."""
        return _data(await self._call(method, "POST", {"data": _given(arguments)}))

    async def pages(self, method: str, name: str, **arguments: str) -> AsyncIterator[JsonValue]:
        """What a method lists under this name, page by page."""
        cursor: JsonValue = None
        for _ in range(_MOST_PAGES):
            answer = await self.read(method, limit=str(_PAGE), cursor=cursor, **arguments)
            listed, more = answer.get(name), answer.get("response_metadata")
            for one in listed if isinstance(listed, list) else ():
                yield one
            cursor = more.get("next_cursor") if isinstance(more, dict) else None
            if not cursor:
                return

    async def headers(self, method: str) -> tuple[JsonObject, Mapping[str, str]]:
        """An answer and its headers, lower case."""
        answer = await self._call(method, "POST", {"data": {}})
        return _data(answer), {str(name).lower(): str(value) for name, value in answer.headers.items()}

    async def _call(self, method: str, verb: str, how: Mapping[str, Mapping[str, object]]) -> AsyncSlackResponse:
        try:
            return await self.client.api_call(method, http_verb=verb, **how)  # type: ignore[arg-type]  # one of json, data
        except SlackApiError as error:
            self._vitals.miss(_reason(error))
            raise _error(method, error) from error
        except aiohttp.ClientConnectorError as error:
            self._vitals.miss("unreachable")
            raise UnavailableError(f"Slack cannot be reached: {error}") from error
        except (TimeoutError, aiohttp.ClientError, SlackClientError, ValueError, OSError) as error:
            self._vitals.miss("no_answer")
            raise TimedOutError(f"Slack gave no answer to {method}: {type(error).__name__}") from error


def _given(arguments: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in arguments.items() if value is not None}


def _data(answer: AsyncSlackResponse) -> JsonObject:
    return answer.data if isinstance(answer.data, dict) else {}


def _error(method: str, error: SlackApiError) -> ErrandError:  # noqa: PLR0911  # one for each kind of refusal
    answer, status, reason = error.response, _status(error), _reason(error)
    data = answer.data if isinstance(getattr(answer, "data", None), dict) else {}
    if status == _MANY or reason in ("ratelimited", "rate_limited"):
        return RateLimitedError(retry_after_s=_pause(answer.headers))
    if status >= _BROKEN or reason in _PASSING or not data:
        return TimedOutError(f"Slack failed at {method}: {reason}")
    if reason in _REVOKED:
        return AuthError(f"Slack does not take the token: {reason}")
    if reason == "message_not_found":
        return GoneError(f"{method}: {reason}")
    if reason in _CLOSED:
        return ClosedError(f"{method}: {reason}")
    if reason in _MISSING:
        return NotFoundError(f"{method}: {reason}")
    if reason in _OVER:
        return StreamOverError()
    if reason == "missing_scope":
        return MissingScopeError(f"The Slack app lacks the scope {data.get('needed')}, which {method} needs.")
    said = data.get("response_metadata")
    details = said.get("messages") if isinstance(said, dict) else None
    return RejectedError(f"{method}: {reason}{f' ({details})' if details else ''}")


def _status(error: SlackApiError) -> int:
    return int(getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0))


def _reason(error: SlackApiError) -> str:
    """Slack's word for what is wrong, or the status where it has none."""
    data = getattr(error.response, "data", None)
    return str((data.get("error") if isinstance(data, dict) else None) or _status(error))


def _pause(headers: Mapping[str, str]) -> float:
    written = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    return max(1.0, float(written)) if written.replace(".", "", 1).isdigit() else 1.0
