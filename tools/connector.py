"""What an account of a service consists of: one YAML file in `tools/connectors/` for each. Holds no account itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from core.errors import CatalogError
from core.rate import Rate

LIMIT_VALUE = 4000
_LIMIT_PORT = 65_535
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def _rate(text: object) -> object:
    return Rate.parse(text) if isinstance(text, str) else text


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConnectorField(_Model):
    """One field of the form. Those that are `secret` are never shown again."""

    label: str = Field(min_length=1, max_length=60)
    input: Literal["text", "password", "number", "email", "url", "select"]
    secret: bool = False
    required: bool = True
    default: str | None = None
    hint: str = Field(default="", max_length=200)
    options: list[str] = []

    @model_validator(mode="after")
    def _check(self) -> ConnectorField:
        if (self.input == "select") != bool(self.options):
            raise ValueError("options belong to the input select, and only to it")
        if self.options and self.default is not None and self.default not in self.options:
            raise ValueError("the default is none of the options")
        if self.secret and self.default is not None:
            raise ValueError("a secret has no default")
        if self.input == "password" and not self.secret:
            raise ValueError("a password is secret: true")
        return self


class Connector(_Model):
    """A service that an account can be connected for. `rate` is how often one account may be used, e.g. `50/minute`."""

    name: Word
    title: str = Field(min_length=2, max_length=60)
    summary: str = Field(min_length=10, max_length=200)
    fields: dict[Word, ConnectorField] = Field(min_length=1)
    rate: Annotated[Rate | None, BeforeValidator(_rate)] = None

    def problems(self, values: Mapping[str, JsonValue]) -> dict[str, str]:
        """Return what is wrong with submitted values, by field; empty when all is well."""
        found = {name: "There is no such field." for name in values if name not in self.fields}
        for name, field in self.fields.items():
            if problem := _problem(name, field, _text(values.get(name), field)):
                found[name] = problem
        return found

    def check(self, values: Mapping[str, JsonValue]) -> tuple[dict[str, str], dict[str, str]]:
        """Return (public, secret) fields, defaults filled in. Raises ValueError; `problems` says what is wrong."""
        if self.problems(values):
            raise ValueError(f"the fields of {self.name} are not valid")
        texts = {name: _text(values.get(name), field) for name, field in self.fields.items()}
        public = {name: text for name, text in texts.items() if not self.fields[name].secret}
        return public, {name: text for name, text in texts.items() if self.fields[name].secret}


def _text(value: JsonValue, field: ConnectorField) -> str:
    """Return a submitted value as text; outer spaces are dropped unless they may be part of a secret."""
    text = "" if value is None else str(value)
    text = text if field.secret else text.strip()
    return text or field.default or ""


def _problem(name: str, field: ConnectorField, text: str) -> str:
    """Return the first thing that is wrong with a text, or nothing."""
    if not text.strip():
        return "This is needed." if field.required else ""
    is_port = text.isascii() and text.isdigit() and len(text) <= len(str(_LIMIT_PORT)) and 0 < int(text) <= _LIMIT_PORT
    has_controls = any(ord(sign) < ord(" ") or sign == "\x7f" for sign in text)
    claims = (
        (len(text) <= LIMIT_VALUE, f"This is too long: at most {LIMIT_VALUE:,} characters."),
        (not has_controls, "This may not hold line ends or other control characters."),
        (not field.options or text in field.options, f"One of: {', '.join(field.options)}."),
        (field.input != "number" or is_port, f"A number from 1 to {_LIMIT_PORT}."),
        (field.input != "email" or _ADDRESS.fullmatch(text), "An e-mail address, e.g. ada@example.com."),
        (field.input != "url" or _is_web_address(text), "An address that begins with https:// or http://."),
        (name != "header" or _HEADER.fullmatch(text), "A header's name, e.g. Authorization or X-Api-Key."),
    )
    return next((sentence for holds, sentence in claims if not holds), "")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None


def load_connectors(folder: Path | None = None) -> dict[str, Connector]:
    """Return the connectors of a folder by name, sorted. Raises CatalogError that names each file and field."""
    connectors: dict[str, Connector] = {}
    problems: list[str] = []
    for path in sorted((folder or Path(__file__).parent / "connectors").glob("*.yaml")):
        try:
            connector = Connector.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except ValidationError as error:
            problems += [
                f"{path.name}: {'.'.join(map(str, it['loc'])) or 'the file'}: {it['msg']}" for it in error.errors()
            ]
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            problems.append(f"{path.name}: {' '.join(str(error).split())}")
        else:
            if connector.name != path.stem:
                problems.append(f"{path.name}: name: is {connector.name}, but the file is called {path.stem}")
            connectors[connector.name] = connector
    if problems:
        raise CatalogError(problems)
    return connectors
