"""The language model behind an OpenAI-compatible address. The only module that imports its library, and only when it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from core.errors import RateLimitedError, RejectedError, StepError, TimedOutError, UnavailableError
from tools.redact import Redactor

if TYPE_CHECKING:
    import openai
    from langchain_openai import ChatOpenAI

_ADVICE = "Ask the operator to set ERRAND_MODEL_NAME and ERRAND_MODEL_KEY (and ERRAND_MODEL_URL for another service)."


class NoModel:
    """Stands where no language model is set."""

    async def generate(
        self,
        prompt: str,  # noqa: ARG002  the port's form
        *,
        system: str = "",  # noqa: ARG002
        limit_tokens: int = 800,  # noqa: ARG002
    ) -> str:
        raise RejectedError("No language model is set, so this step cannot write.", advice=_ADVICE)


class OpenAIModel:
    """The `Model` port. `url` ends before `/chat/completions`; an empty `key` suits services that want none."""

    def __init__(self, name: str, url: str, key: str, timeout_s: float) -> None:
        self._name = name
        self._url = url
        self._key = key
        self._timeout_s = timeout_s
        self._chat: ChatOpenAI | None = None
        self._loading = asyncio.Lock()

    async def generate(self, prompt: str, *, system: str = "", limit_tokens: int = 800) -> str:
        async with self._loading:
            if self._chat is None:  # more than a second of imports
                self._chat = await asyncio.to_thread(self._load)
        import openai

        messages = [("system", system)] if system else []
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._chat.ainvoke([*messages, ("human", prompt)], max_tokens=limit_tokens)
        except openai.OpenAIError as error:
            raise self.translate(error) from error
        except TimeoutError as error:
            raise TimedOutError(f"The language model did not answer within {self._timeout_s:g} s.") from error
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            # The library stumbles over answers of another form than OpenAI's.
            raise RejectedError(
                f"{self._host} answered with something that is no model's answer.", advice=_ADVICE
            ) from error
        text = str(answer.text).strip()
        if not text:
            raise RejectedError(
                "The language model wrote nothing.", advice="Word the prompt differently, or allow more tokens."
            )
        return text

    async def close(self) -> None:
        chat, self._chat = self._chat, None
        if chat is not None:
            await chat.root_async_client.close()

    @property
    def _host(self) -> str:
        return urlsplit(self._url).hostname or self._url

    def _load(self) -> ChatOpenAI:
        import openai
        from langchain_openai import ChatOpenAI

        # A client of this object's own: the library's shared one would outlive its event loop.
        web = openai.DefaultAsyncHttpxClient(timeout=self._timeout_s, trust_env=False)
        return ChatOpenAI(
            model=self._name,
            api_key=SecretStr(self._key or "none"),
            base_url=self._url,
            max_retries=0,  # the engine decides about retries
            timeout=self._timeout_s,
            http_async_client=web,
        )

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
