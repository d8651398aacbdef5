"""Everything an operator can set, read once by the composition root.

Each field is the environment variable `ERRAND_<NAME>`; a `.env` file in the working folder is read too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigError
from core.rate import WRITTEN


class Settings(BaseSettings):
    """The settings tree. Defaults give the embedded shape: one process, no account, no key."""

    model_config = SettingsConfigDict(env_prefix="ERRAND_", env_file=".env", extra="ignore", frozen=True)

    data: Path = Field(default=Path(".errand"), description="Folder for everything that Errand keeps.")
    host: str = Field(default="127.0.0.1", description="Address that the web panel listens on.")
    port: int = Field(default=8300, ge=0, le=65535, description="Port of the web panel; 0 takes a free one.")
    public_url: str = Field(default="", description="Address under which people reach the panel, e.g. behind TLS.")
    embed_origins: list[str] = Field(default=[], description="Other sites whose pages may hold <errand-chat>.")
    time_zone: str = Field(default="", description="Time zone of new people (IANA name); empty: this machine's.")

    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in the data folder.")
    redis_url: str = Field(default="", description="Redis URL; empty: an embedded redis-server.")
    chroma_url: str = Field(default="", description="Chroma server URL; empty: embedded.")
    templates: list[Path] = Field(default=[], description="More folders with templates.")
    embedding: Literal["local", "minilm", "openai"] = Field(default="local", description="Embedding for retrieval.")

    secret_keys: list[SecretStr] = Field(
        default=[], description="Fernet keys, newest first; empty: a key file in the data folder."
    )
    allow_hosts: list[str] = Field(
        default=[],
        description="Private hosts or networks that steps may reach, e.g. 10.1.0.0/16, 127.0.0.1:8080 or intranet.local.",
    )
    outbound_timeout_s: float = Field(default=30.0, gt=0, description="Longest wait for one outbound request.")
    outbound_limit_bytes: int = Field(
        default=10_000_000, gt=0, description="Largest answer that a step takes in, and largest file that is handed in."
    )

    model_name: str = Field(default="", description="Language model; empty: none.")
    model_url: str = Field(default="https://api.openai.com/v1", description="OpenAI-compatible endpoint.")
    model_key: SecretStr = Field(default=SecretStr(""), description="Key for that endpoint.")
    interpreter: Literal["auto", "offline", "llm"] = Field(
        default="auto", description="Who reads what people write; auto: the model when one is set."
    )
    model_timeout_s: float = Field(
        default=8.0, gt=0, description="Longest wait for the model to understand or answer one message."
    )
    model_compose_timeout_s: float = Field(
        default=45.0, gt=0, description="Longest wait for the model to write a workflow that no template covers."
    )
    model_daily_tokens: int = Field(default=0, ge=0, description="Tokens that all people may use a day; 0: no limit.")
    model_daily_tokens_person: int = Field(default=0, ge=0, description="Tokens for one person a day; 0: no limit.")
    model_daily_cost: float = Field(default=0.0, ge=0, description="What a day may cost, in the prices' currency.")
    model_price_prompt: float = Field(default=0.0, ge=0, description="Price of a million tokens that are asked.")
    model_price_answer: float = Field(default=0.0, ge=0, description="Price of a million tokens that are answered.")
    embedding_model: str = Field(default="text-embedding-3-small", description="Model of the openai embedding.")

    only: list[str] = Field(
        default=[], description="What this process connects of web, slack and discord; empty: all that is set up."
    )
    slack_bot_token: SecretStr = Field(default=SecretStr(""), description="Slack bot token (xoxb-…); empty: no Slack.")
    slack_app_token: SecretStr = Field(default=SecretStr(""), description="Slack app token (xapp-…), for Socket Mode.")
    slack_signing_secret: SecretStr = Field(default=SecretStr(""), description="Slack signing secret, for HTTP mode.")
    slack_mode: Literal["socket", "http"] = Field(
        default="socket", description="How Slack reaches Errand: over sockets that Errand opens, or at its address."
    )
    slack_url: str = Field(default="https://slack.com/api/", description="Base address of Slack's Web API.")
    discord_token: SecretStr = Field(default=SecretStr(""), description="Discord bot token; empty: no Discord.")
    discord_url: str = Field(default="https://discord.com/api/v10", description="Base address of Discord's REST API.")
    discord_gateway_url: str = Field(default="wss://gateway.discord.gg/", description="Address of Discord's gateway.")

    worker_jobs: int = Field(default=50, ge=1, description="Runs that one worker advances at the same time.")
    lease_s: float = Field(default=15.0, gt=0, description="A run is taken over when its worker was silent so long.")
    sweep_s: float = Field(
        default=5.0, gt=0, description="How often due runs and schedules without a wake-up are sought."
    )
    breaker_failures: int = Field(
        default=5, ge=1, description="A service that failed so often in a row is left alone for a while."
    )
    breaker_open_s: float = Field(default=30.0, gt=0, description="So long at first, then each time twice as long.")
    breaker_longest_s: float = Field(default=600.0, gt=0, description="The longest time between two tries.")
    hook_rate: str = Field(
        default="6000/minute", pattern=WRITTEN, description="How often one webhook address may be called."
    )
    grace_s: float = Field(
        default=10.0, ge=0, description="When told to stop: how long what runs may finish before it is handed back."
    )
    pause_after_failures: int = Field(
        default=5, ge=1, le=100, description="So many failures in a row pause what starts by itself."
    )
    learning: bool = Field(
        default=True, description="Whether words that led to a yes find the same automation at once the next time."
    )
    retain_days: int = Field(
        default=90,
        ge=0,
        description="Days that details of ended runs are kept; 0: for ever. Runs and audit always stay.",
    )
    fsync: bool = Field(default=True, description="SQLite waits for the disk at each commit.")
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @model_validator(mode="after")
    def _has_what_it_names(self) -> Self:
        if self.interpreter == "llm" and not self.model_name:
            raise ValueError("ERRAND_INTERPRETER=llm needs ERRAND_MODEL_NAME")
        return self

    @model_validator(mode="after")
    def _knows_what_is_only(self) -> Self:
        tokens = {"web": "", "slack": "SLACK_BOT_TOKEN", "discord": "DISCORD_TOKEN"}
        if unknown := [name for name in self.only if name not in tokens]:
            raise ValueError(f"there is no surface {', '.join(unknown)}; there are {', '.join(tokens)}")
        if unset := [tokens[name] for name in self.only if name != "web" and name not in self.surfaces]:
            raise ValueError(f"it asks for what is not set up: set ERRAND_{' and ERRAND_'.join(unset)}")
        return self

    @property
    def surfaces(self) -> tuple[str, ...]:
        """The outside surfaces that this process is to connect."""
        tokens = {"slack": self.slack_bot_token, "discord": self.discord_token}
        wanted = self.only or list(tokens)
        return tuple(name for name, token in tokens.items() if token.get_secret_value() and name in wanted)

    @property
    def files(self) -> Path:
        """The only folder that file steps may read and write."""
        return self.data / "files"

    @property
    def has_llm(self) -> bool:
        """Whether the model reads what people write."""
        return bool(self.model_name) and self.interpreter != "offline"


def load_settings(**overrides: object) -> Settings:
    """Read the settings. Raises ConfigError that lists every wrong one at once."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # names are checked by pydantic itself
    except ValidationError as error:
        raise ConfigError(
            [f"ERRAND_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        ) from error
