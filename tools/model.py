"""The language model behind an OpenAI-compatible address. The only module that imports its library, and only when it is used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import JsonValue, SecretStr

from core.errors import RateLimitedError, RejectedError, StepError, TimedOutError, UnavailableError
from tools.outbound import PromptLine, Structured, TokenUse
from tools.redact import Redactor

if TYPE_CHECKING:
    import openai
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

_ADVICE = "Ask the operator to set ERRAND_MODEL_NAME and ERRAND_MODEL_KEY (and ERRAND_MODEL_URL for another service)."
_LONGEST_ANSWER = 200_000  # characters; more is not read
_CHARACTERS_PER_TOKEN = 4


class NoModel:
    """Stands where no language model is set."""

    async def generate(
        self,
        prompt: str,  # noqa: ARG002  the port's form
        *,
        system: str = "",  # noqa: ARG002  as above
        limit_tokens: int = 800,  # noqa: ARG002  as above
    ) -> str:
        raise RejectedError("No language model is set, so this step cannot write.", advice=_ADVICE)


class OpenAIModel:
    """The ports `Model` and `TalkModel`. `url` ends before `/chat/completions`; an empty `key` suits services that want none.

    An answer within a schema is asked for as the call of a tool, which more services know than response formats.
    """

    def __init__(self, name: str, url: str, key: str, timeout_s: float) -> None:
        self._name = name
        self._url = url
        self._key = key
        self._timeout_s = timeout_s
        self._chat: ChatOpenAI | None = None
        self._loading = asyncio.Lock()
        self._starting: asyncio.Task[ChatOpenAI] | None = None

    @property
    def name(self) -> str:
        return self._name

    def start(self) -> None:
        """Begin to import what the first question would otherwise wait for. Returns at once."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._opened(), name="import the model's library")

    async def generate(self, prompt: str, *, system: str = "", limit_tokens: int = 800) -> str:
        chat = await self._opened()
        messages = [("system", system)] if system else []
        with self._translated(self._timeout_s):
            async with asyncio.timeout(self._timeout_s):
                answer = await chat.ainvoke([*messages, ("human", prompt)], max_tokens=limit_tokens)
        text = str(answer.text).strip()
        if not text:
            raise RejectedError(
                "The language model wrote nothing.", advice="Word the prompt differently, or allow more tokens."
            )
        return text

    async def structured(
        self,
        lines: Sequence[PromptLine],
        *,
        schema: Mapping[str, JsonValue],
        limit_tokens: int,
        timeout_s: float,
    ) -> Structured:
        chat = await self._opened()
        asked = chat.with_structured_output(
            dict(schema), method="function_calling", include_raw=True, max_tokens=limit_tokens
        )
        with self._translated(timeout_s):
            async with asyncio.timeout(timeout_s):
                answer = await asked.ainvoke(_messages(lines))
        assert isinstance(answer, dict)
        return _structured(answer, lines)

    async def stream(
        self, lines: Sequence[PromptLine], *, limit_tokens: int, timeout_s: float
    ) -> AsyncIterator[str | TokenUse]:
        chat = await self._opened()
        pieces: list[str] = []
        use: TokenUse | None = None
        until = asyncio.get_running_loop().time() + timeout_s
        chunks = chat.astream(_messages(lines), max_tokens=limit_tokens, stream_usage=True)
        while True:
            with self._translated(timeout_s):
                async with asyncio.timeout_at(until):  # around each piece: it must not end what the reader does with it
                    chunk = await anext(chunks, None)
            if chunk is None:
                break
            use = _use_of(chunk) or use
            if piece := str(chunk.text):
                pieces.append(piece)
                yield piece
        if not pieces:
            raise RejectedError("The language model wrote nothing.")
        yield use or _estimate(lines, "".join(pieces))

    async def close(self) -> None:
        if self._starting is not None:
            await asyncio.wait([self._starting])
        chat, self._chat = self._chat, None
        if chat is not None:
            await chat.root_async_client.close()

    @property
    def _host(self) -> str:
        return urlsplit(self._url).hostname or self._url

    async def _opened(self) -> ChatOpenAI:
        async with self._loading:
            if self._chat is None:  # more than a second of imports
                self._chat = await asyncio.to_thread(self._load)
        return self._chat

    def _load(self) -> ChatOpenAI:
        import openai
        from langchain_openai import ChatOpenAI

        # A client of this object's own: the library's shared one would outlive its event loop.
        web = openai.DefaultAsyncHttpxClient(timeout=self._timeout_s, trust_env=False)
        return ChatOpenAI(
            model=self._name,
            api_key=SecretStr(self._key or "none"),
            base_url=self._url,
            max_retries=0,  # the engine and the interpreter decide about retries
            timeout=self._timeout_s,
            http_async_client=web,
        )

    @contextmanager
    def _translated(self, timeout_s: float) -> Iterator[None]:
        """Say what goes wrong inside in our errors."""
        import openai

        try:
            yield
        except openai.OpenAIError as error:
            raise self.translate(error) from error
        except TimeoutError as error:
            raise TimedOutError(f"The language model did not answer within {timeout_s:g} s.") from error
        except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as error:
            # The library stumbles over answers of another form than OpenAI's.
            raise RejectedError(
                f"{self._host} answered with something that is no model's answer.", advice=_ADVICE
            ) from error

    def translate(self, error: openai.OpenAIError) -> StepError:
        """Say a library's error in ours, without the key."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return TimedOutError(f"{self._host} did not answer within {self._timeout_s:g} s.")
        if isinstance(error, openai.APIConnectionError):
            return UnavailableError(f"No network: the language model at {self._host} cannot be reached.")
        if not isinstance(error, openai.APIStatusError):
            return RejectedError(f"{self._host} answered with something that is no model's answer.", advice=_ADVICE)
        said = f"{self._host} answered {error.status_code}: {Redactor([self._key]).text(_message(error.body))[:200]}"
        if isinstance(error, openai.RateLimitError) and error.code != "insufficient_quota":
            return RateLimitedError(said, retry_after_s=_wait_s(error.response.headers))
        if isinstance(error, openai.InternalServerError):
            return UnavailableError(said)
        is_settings = isinstance(
            error, (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError)
        )
        return RejectedError(said, advice=_ADVICE if is_settings else None)


def _messages(lines: Sequence[PromptLine]) -> list[tuple[str, str]]:
    return [(line.role, line.text) for line in lines]


def _structured(answer: dict[str, object], lines: Sequence[PromptLine]) -> Structured:
    """What the library made of an answer; `raw` is the message, `parsed` the value, if there is one."""
    raw, parsed, error = answer["raw"], answer.get("parsed"), answer.get("parsing_error")
    if TYPE_CHECKING:
        assert isinstance(raw, BaseMessage)
    text = f"{raw.text}{raw.additional_kwargs.get('refusal') or ''}"
    broken = list(getattr(raw, "invalid_tool_calls", []))
    called = "".join(str(one.get("args")) for one in [*getattr(raw, "tool_calls", []), *broken])
    use = _use_of(raw) or _estimate(lines, text + called)
    refusal = str(raw.additional_kwargs.get("refusal") or "")
    if refusal or raw.response_metadata.get("finish_reason") == "content_filter":
        return Structured(use=use, problem=refusal[:200] or "the answer was filtered", is_refusal=True)
    if len(text) + len(called) > _LONGEST_ANSWER:
        return Structured(use=use, problem="the answer is too long")
    if isinstance(parsed, dict):
        return Structured(use=use, value=parsed)
    if raw.response_metadata.get("finish_reason") == "length":
        return Structured(use=use, problem="the answer was cut off before its end")
    return Structured(
        use=use, problem="the answer is not JSON" if error or broken else "the answer is a text, not a call"
    )


def _use_of(message: BaseMessage) -> TokenUse | None:
    told = getattr(message, "usage_metadata", None)
    if not told:
        return None
    return TokenUse(prompt=max(0, int(told["input_tokens"])), answer=max(0, int(told["output_tokens"])))


def _estimate(lines: Sequence[PromptLine], answer: str) -> TokenUse:
    """About so many, where the service does not count."""
    asked = sum(len(line.text) for line in lines)
    return TokenUse(prompt=asked // _CHARACTERS_PER_TOKEN + 1, answer=len(answer) // _CHARACTERS_PER_TOKEN + 1)


class OpenAIEmbedder:
    """Turns texts into vectors by an embedding model. Blocks: it is called outside the event loop."""

    def __init__(self, name: str, url: str, key: str, timeout_s: float) -> None:
        self._name = name
        self._url = url
        self._key = key
        self._timeout_s = timeout_s
        self._client: openai.OpenAI | None = None

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text. Raises the step errors."""
        import openai  # takes half a second, and most installations have no model

        if self._client is None:
            web = openai.DefaultHttpxClient(timeout=self._timeout_s, trust_env=False)
            self._client = openai.OpenAI(
                api_key=self._key or "none", base_url=self._url, max_retries=1, http_client=web
            )
        try:
            answer = self._client.embeddings.create(model=self._name, input=list(texts), encoding_format="float")
            rows = sorted(answer.data or [], key=lambda row: row.index)
            vectors = [[float(number) for number in row.embedding] for row in rows]
        except openai.OpenAIError as error:
            raise OpenAIModel(self._name, self._url, self._key, self._timeout_s).translate(error) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RejectedError(
                f"{self._name} answered with something that is no embedding.", advice=_ADVICE
            ) from error
        if len(vectors) != len(texts):
            raise RejectedError(f"{self._name} gave {len(vectors)} vectors for {len(texts)} texts.", advice=_ADVICE)
        return vectors

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def openai_embedder(name: str, url: str, key: str, *, timeout_s: float) -> OpenAIEmbedder:
    """Return the embedder for a model at an OpenAI-compatible address. Nothing is asked yet."""
    return OpenAIEmbedder(name, url, key, timeout_s)


def _message(body: object) -> str:
    """Return the message of an error body, which the library has unwrapped from `error` already."""
    message = body.get("message") if isinstance(body, dict) else body
    return " ".join(str(message or "no reason given").split())


def _wait_s(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None  # noqa: PLR2004  about a day
