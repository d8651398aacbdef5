"""Numbers, whole numbers, yes or no, and money."""

from __future__ import annotations

import math
import re
from datetime import tzinfo
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from catalog.kinds.kind import Kind, check_range, quoted, token
from catalog.workflow import Parameter
from core.errors import InvalidValueError

_MOST = 2**53  # beyond it JSON readers round silently
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}([,.' ]\d{3})+)?([.,]\d+)?", re.ASCII)
_YES = {"yes", "y", "true", "on", "1", "ok", "okay", "sure", "yep", "yeah", "please", "do", "enabled", "enable"}
_NO = {"no", "nah", "n", "false", "off", "0", "nope", "never", "don't", "dont", "disabled", "disable", "without"}

_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₺": "TRY", "₽": "RUB", "₩": "KRW", "₪": "ILS"}
_SYMBOLS |= {"zł": "PLN", "kč": "CZK", "us$": "USD", "a$": "AUD", "c$": "CAD", "r$": "BRL", "฿": "THB", "₫": "VND"}
_NAMES = {"euro": "EUR", "dollar": "USD", "pound": "GBP", "yen": "JPY", "franc": "CHF", "rupee": "INR", "zloty": "PLN"}
_NAMES |= {"buck": "USD", "quid": "GBP", "cent": "", "yuan": "CNY", "real": "BRL", "rand": "ZAR", "lira": "TRY"}
_ISO_4217 = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD
    MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG
    QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD
    TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
"""
_WITHOUT_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE_PLACES = "BHD IQD JOD KWD LYD OMR TND"
_CODES = frozenset(_ISO_4217.split())
_PLACES = dict.fromkeys(_WITHOUT_CENTS.split(), 0) | dict.fromkeys(_WITH_THREE_PLACES.split(), 3)


def _decimal(text: str) -> Decimal | None:
    """Read 1234.5, 1,234.5, 1.234,5, 1 234,5 or 1'234.5; a single comma before three digits separates thousands."""
    text = text.replace("\u2212", "-").replace("\u00a0", " ").strip()
    if not text.strip("+-") or not _NUMBER.fullmatch(text):
        return None
    last = max(text.rfind("."), text.rfind(","))
    separators = re.sub(r"[\d+-]", "", text)
    groups = text[last + 1 :] if last >= 0 else ""
    is_point = (
        last >= 0
        and separators.count(text[last]) == 1
        and not (
            text[last] == "," and len(groups) == 3 and set(separators) == {","}  # noqa: PLR2004  # thousands
        )
    )
    whole, fraction = (text[:last], groups) if is_point else (text, "")
    try:
        return Decimal(re.sub(r"[.,' ]", "", whole) + (f".{fraction}" if fraction else ""))
    except InvalidOperation:
        return None


def _number(value: JsonValue, wanted: str) -> Decimal:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValueError(f"That is not a number; {wanted}.")
    text = token(value, wanted)
    number = Decimal(text) if isinstance(value, (int, float)) else _decimal(text)
    if number is None:
        raise InvalidValueError(f"{quoted(text)} is not a number; {wanted}.")
    if abs(number) > _MOST:
        raise InvalidValueError(f"That number is too large; {wanted}.")
    return number


def _check_number(value: JsonValue, parameter: Parameter, zone: tzinfo) -> float:
    number = _number(value, "write it like 12 or 12.5")
    check_range(float(number), parameter)
    return int(number) if number == number.to_integral_value() else float(number)


def _check_integer(value: JsonValue, parameter: Parameter, zone: tzinfo) -> int:
    number = _number(value, "write a whole number like 12")
    if number != number.to_integral_value():
        raise InvalidValueError(f"{quoted(value)} is not a whole number; write it like {round(number)}.")
    check_range(int(number), parameter)
    return int(number)


def _show_number(value: JsonValue, zone: tzinfo) -> str:
    return f"{Decimal(str(value)):f}"


def _check_yes_no(value: JsonValue, parameter: Parameter, zone: tzinfo) -> bool:
    if isinstance(value, bool):
        return value
    text = token(value, "answer yes or no").casefold().rstrip(".!")
    if text in _YES or text in _NO:
        return text in _YES
    raise InvalidValueError(f"{quoted(text)} is neither yes nor no; answer yes or no.")


def _show_yes_no(value: JsonValue, zone: tzinfo) -> str:
    return "yes" if value else "no"


def _currency(text: str) -> str | None:
    """Return the ISO 4217 code of a code, a symbol or a name; none when it is no currency."""
    text = text.strip(" .")
    if text.upper() in _CODES:
        return text.upper()
    return _SYMBOLS.get(text.casefold()) or _NAMES.get(text.casefold().removesuffix("s")) or None


def _check_money(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    wanted = "write it like 12.50 EUR"
    if isinstance(value, dict):
        if set(value) != {"amount", "currency"}:
            raise InvalidValueError(f"Money is an amount and a currency; {wanted}.")
        value = f"{value['amount']} {value['currency']}"
    text = token(value, wanted)
    match = re.fullmatch(r"([^\d+-]*?)\s*([+-]?\s*[\d.,' \u00a0]*\d)\s*([^\d]*)", text, re.ASCII)
    number = _decimal(match[2].replace("- ", "-")) if match else None
    if match is None or number is None or abs(number) > _MOST:
        raise InvalidValueError(f"{quoted(text)} is not an amount of money; {wanted}.")
    words = " ".join(part for part in (match[1], match[3]) if part.strip())
    assumed = parameter.options[0] if parameter.options else ""
    currency = _currency(words or assumed)
    if currency is None:
        reason = f"{quoted(words)} is not a currency" if words else f"{quoted(text)} has no currency"
        raise InvalidValueError(f"{reason}; {wanted}.")
    if parameter.options and currency not in parameter.options:
        raise InvalidValueError(f"It must be in {', '.join(parameter.options)}.")
    check_range(float(number), parameter, lambda it: f"{it:g} {currency}")
    return {"amount": _amount(number, currency), "currency": currency}


def _amount(number: Decimal, currency: str) -> str:
    places = _PLACES.get(currency, 2)
    rounded = round(number, places)
    if rounded != number:
        raise InvalidValueError(f"{currency} has {places or 'no'} decimal places; write it like {rounded} {currency}.")
    return f"{rounded:.{places}f}"


def show_money(value: JsonValue, zone: tzinfo | None = None) -> str:
    return f"{value['amount']} {value['currency']}" if isinstance(value, dict) else str(value)


KINDS = [
    Kind(name="number", title="Number", input="number", example="12.5", check=_check_number, show=_show_number),
    Kind(name="integer", title="Whole number", input="number", example="12", check=_check_integer, show=_show_number),
    Kind(name="yes_no", title="Yes or no", input="checkbox", example="yes", check=_check_yes_no, show=_show_yes_no),
    Kind(name="money", title="Money", input="text", example="12.50 EUR", check=_check_money, show=show_money),
]
