"""Where something goes: e-mail addresses, web addresses, phone numbers, channels, people and files.

Checked by form only: nothing is looked up and nothing is reached.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from email.utils import parseaddr
from urllib.parse import quote, urlsplit, urlunsplit

import idna
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import JsonValue

from catalog.kinds.kind import Kind, as_written, check_count, quoted, token
from catalog.workflow import Parameter
from core.errors import InvalidValueError

_MOST_ADDRESSES = 100
_LONGEST_PATH = 500
_LONGEST_NAME = 255
SURFACES = ("slack", "discord", "web", "terminal")
_BETWEEN_ADDRESSES = re.compile(r"[;,\n]+|\s+(?:and|und|et|y|&)\s+", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d)", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
_CHANNEL = re.compile(r"#?([\w][\w-]{0,79})")
_PERSON = re.compile(r"@?([\w][\w.-]{0,79})")
_DESTINATION = re.compile(rf"({'|'.join(SURFACES)}):([#@]?[\w.:-]{{1,100}})", re.IGNORECASE)
_SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"

for _name in ("local", "test"):  # mail servers inside a house have such names; the library documents this way
    if _name in SPECIAL_USE_DOMAIN_NAMES:
        SPECIAL_USE_DOMAIN_NAMES.remove(_name)


def _email(text: str) -> str:
    written = text.removeprefix("mailto:").strip(" .,;")
    address = parseaddr(written)[1] if "<" in written else written
    try:
        checked = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        checked = None
    if checked is None or "." not in checked.ascii_domain:
        raise InvalidValueError(f"{quoted(text)} is not an e-mail address; write it like name@example.com.")
    return checked.normalized


def _check_email(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _email(token(value, "write an address like name@example.com"))


def _check_emails(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    wanted = "write addresses like ana@example.com, ben@example.com"
    texts = value if isinstance(value, list) else _split_addresses(value)
    if not texts:
        raise InvalidValueError(f"It is empty; {wanted}.")
    check_count(len(texts), parameter, _MOST_ADDRESSES, "addresses")
    found: dict[str, JsonValue] = {}
    for text in texts:
        address = _email(token(text, wanted))
        found.setdefault(address.casefold(), address)
    return list(found.values())


def _split_addresses(value: JsonValue) -> list[str]:
    """Split a text; spaces alone separate bare addresses, but not a name from its address."""
    text = value if isinstance(value, str) else str(value)
    parts = [part.strip() for part in _BETWEEN_ADDRESSES.split(text) if part.strip()]
    return [word for part in parts for word in ([part] if "<" in part else part.split())]


def _show_list(value: JsonValue, zone: tzinfo) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _check_url(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    text = token(value, "write it like https://example.com/page").strip("<>")
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise InvalidValueError(f"{quoted(text)} is not a web address; it must begin with https:// or http://.")
    try:
        parts = urlsplit(text if scheme else _with_scheme(text))
        host, port = _host(parts.hostname or ""), parts.port
    except (ValueError, idna.IDNAError) as error:
        raise InvalidValueError(f"{quoted(text)} is not a web address; write it like https://example.com.") from error
    if parts.username is not None or parts.password is not None:
        raise InvalidValueError("A web address must not hold a password; connect the account instead.")
    netloc = f"{host}:{port}" if port is not None else host
    path = quote(parts.path, safe=_SAFE_IN_URL)
    return urlunsplit(
        (
            parts.scheme.lower(),
            netloc,
            path,
            quote(parts.query, safe=_SAFE_IN_URL),
            quote(parts.fragment, safe=_SAFE_IN_URL),
        )
    )


def _with_scheme(text: str) -> str:
    is_local = re.match(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])([:/]|$)", text, re.IGNORECASE)
    return f"{'http' if is_local else 'https'}://{text}"


def _host(name: str) -> str:
    """Return a host's ASCII form. Raises ValueError for none, or for a lone word that is not localhost."""
    if ":" in name:
        return f"[{name}]"  # urlsplit has checked that it is an IPv6 address
    ascii_name = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
    labels = ascii_name.rstrip(".").split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or (len(labels) == 1 and labels[0].lower() != "localhost"):
        raise ValueError(name)
    return ascii_name.lower()


def _check_phone(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    import phonenumbers  # few workflows take a phone number, and it is large

    wanted = "write it with the country's code, like +49 30 1234567"
    text = token(value, wanted)
    try:
        number = phonenumbers.parse("+" + text[2:] if text.startswith("00") else text, None)
    except phonenumbers.NumberParseException as error:
        raise InvalidValueError(f"{quoted(text)} is not a complete phone number; {wanted}.") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidValueError(f"{quoted(text)} has too few or too many digits for a phone number; {wanted}.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _show_phone(value: JsonValue, zone: tzinfo) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(str(value), None)
    except phonenumbers.NumberParseException:
        return str(value)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _destination(value: JsonValue, pattern: re.Pattern[str], sign: str, wanted: str) -> str:
    text = token(value, wanted)
    if elsewhere := _DESTINATION.fullmatch(text):
        return f"{elsewhere[1].lower()}:{elsewhere[2]}"
    match = pattern.fullmatch(text)
    if not match:
        raise InvalidValueError(f"{quoted(text)} does not fit; {wanted}.")
    return sign + match[1]


def _check_channel(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    found = _destination(value, _CHANNEL, "#", "write a channel like #general")
    return found.lower() if found.startswith("#") else found


def _check_person(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    return _destination(value, _PERSON, "@", "write a person like @ana")


def _check_file(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    wanted = "write a path inside the files folder, like reports/sales.csv"
    text = token(value, wanted).replace("\\", "/")
    if re.match(r"[a-z][a-z+.-]*://", text, re.IGNORECASE):
        raise InvalidValueError(f"{quoted(text)} is a link, and files are taken from the files folder only; {wanted}.")
    if text.startswith(("/", "~")) or re.match(r"[a-z]:", text, re.IGNORECASE):
        raise InvalidValueError(f"{quoted(text)} leads outside; {wanted}.")
    names = [name for name in text.split("/") if name not in ("", ".")]
    if ".." in names:
        raise InvalidValueError(f"{quoted(text)} leads outside; {wanted}.")
    if not names or text.endswith("/"):
        raise InvalidValueError(f"{quoted(text)} is a folder; {wanted}.")
    path = "/".join(names)
    if len(path) > _LONGEST_PATH or any(len(name.encode()) > _LONGEST_NAME for name in names):
        raise InvalidValueError(f"{quoted(text)} is too long; {wanted}.")
    return path


KINDS = [
    Kind(
        name="email",
        title="E-mail address",
        input="email",
        example="ana@example.com",
        check=_check_email,
        show=as_written,
    ),
    Kind(
        name="emails",
        title="E-mail addresses",
        input="text",
        example="ana@example.com, ben@example.com",
        check=_check_emails,
        show=_show_list,
    ),
    Kind(
        name="url", title="Web address", input="url", example="https://example.com", check=_check_url, show=as_written
    ),
    Kind(
        name="phone", title="Phone number", input="tel", example="+49 30 1234567", check=_check_phone, show=_show_phone
    ),
    Kind(name="channel", title="Channel", input="channel", example="#general", check=_check_channel, show=as_written),
    Kind(name="person", title="Person", input="person", example="@ana", check=_check_person, show=as_written),
    Kind(name="file", title="File", input="file", example="reports/sales.csv", check=_check_file, show=as_written),
]
