"""The time zone that somebody names: by its name, an offset, or a place. Knows no times of day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from agent.offline.lexicon.words import time_words


@dataclass(frozen=True, slots=True)
class Zone:
    start: int
    end: int
    name: str


@cache
def _zones() -> dict[str, str]:
    """Place or abbreviation -> IANA name"""
    listed = files("tzdata").joinpath("zones").read_text("utf-8").split()  # quicker than looking for their files
    names = [n for n in listed if "/" in n and not n.startswith("Etc/")]
    table = {n.rpartition("/")[2].replace("_", " ").lower(): n for n in names}
    table.update({n.lower(): n for n in names})
    table.update({word: name for name, words in time_words().zones.items() for word in words})
    return table


_OFFSET = re.compile(r"\s*\(?(?<![\w/])(?:utc|gmt)\s?(?P<hours>[+-]\d{1,2})(?::?00)?\b\)?")
_ETC = re.compile(r"(?<![\w/])etc/gmt(?P<h>[+-]\d{1,2})(?!\d)(?:\s+time\b)?")

_ISO_OFFSET = re.compile(r"(?P<s>[+-])(?P<h>\d\d):?00(?!\d)")
_PLACE_TIME = re.compile(r"(?:\bin\s+)?\(?\b(?P<place>[^\W\d_]+(?:[ /_-][^\W\d_]+){0,2})\s+time\b(?:\s*zone)?\)?")

_TIME_OF_PLACE = re.compile(r"\btime\s+(?:in|of)\s+(?P<place>[^\W\d_]+(?:[ /_-][^\W\d_]+){0,2})")
_IN_PLACE = re.compile(r"\s*,?\s*(?:in\s+)(?P<place>[^\W\d_]+(?:[ /_-][^\W\d_]+){0,2})(?![\w'])")

_AFTER_CLOCK = re.compile(r"\s*(?:in\s+)?\(?(?P<word>[^\W\d_]{2,}(?:[/_][^\W\d_]+)*)\)?(?![\w'])")
_IANA = re.compile(r"(?<![\w/])(?P<name>[a-z]+(?:/[a-z_]+){1,2})(?![\w/])")


def zone_names() -> list[str]:
    """Warms the table of places; returns what is known."""
    return list(_zones())


def find_zones(plain: str, low: str, ends: list[int]) -> list[Zone]:
    """Time zones: "Berlin time" anywhere, abbreviations right after one of `ends`, IANA names, UTC+2."""
    found = [z for z in (_place_time(m) for m in _PLACE_TIME.finditer(low)) if z is not None]
    found += [z for z in (_head_place(m) for m in _TIME_OF_PLACE.finditer(low)) if z is not None]
    found += [Zone(*m.span(), _zones()[m["name"]]) for m in _IANA.finditer(low) if m["name"] in _zones()]
    for match in _ETC.finditer(low):
        if -14 <= int(match["h"]) <= 12:
            found.append(Zone(*match.span(), f"Etc/GMT{int(match['h']):+d}"))
    for match in _OFFSET.finditer(low):
        hours = int(match["hours"])
        if -12 <= hours <= 14:
            found.append(Zone(*match.span(), f"Etc/GMT{-hours:+d}" if hours else "UTC"))
    found += [
        Zone(end, end + 1, "UTC") for end in ends if low[end : end + 1] == "z" and not low[end + 1 : end + 2].isalnum()
    ]
    for end in ends:
        offset = _ISO_OFFSET.match(low, end)
        if offset is not None and int(offset["h"]) <= 14:
            hours = int(f"{offset['s']}{offset['h']}")
            found.append(Zone(*offset.span(), f"Etc/GMT{-hours:+d}" if hours else "UTC"))
        place = _IN_PLACE.match(low, end)
        zone = _head_place(place) if place else None
        if zone is not None:
            found.append(zone)
            continue
        match_after = _AFTER_CLOCK.match(low, end)
        if match_after is None:
            continue
        word, written = match_after["word"], plain[slice(*match_after.span("word"))]
        is_abbreviation = len(word) <= 4 and (len(word) > 2 or written.isupper())  # "et" and "pt" are words elsewhere
        is_place = written[:1].isupper() and word not in time_words().not_places and not plain.isupper()
        if word in _zones() and (is_abbreviation or is_place or "/" in word or word in time_words().zone_words):
            found.append(Zone(*match_after.span(), _zones()[word]))
    return _without_overlap(found)


def named_zone(words: str) -> str | None:
    """The IANA name for an abbreviation, place or IANA name that stands alone."""
    low = " ".join(words.lower().split()).removesuffix(" time").removesuffix(" timezone")
    offset = _OFFSET.fullmatch(low)
    if offset is not None and -12 <= int(offset["hours"]) <= 14:
        return f"Etc/GMT{-int(offset['hours']):+d}" if int(offset["hours"]) else "UTC"
    return _zones().get(low) or _zones().get(low.replace("_", " "))


def _place_time(match: re.Match[str]) -> Zone | None:
    """The longest tail of the words before "time" that is a known place."""
    place = match["place"]
    start = match.start("place")
    while True:
        if place in _zones():
            return Zone(match.start() if start == match.start("place") else start, match.end(), _zones()[place])
        head, separator, place = place.partition(" ")
        if not separator:
            return None
        start += len(head) + 1


def _head_place(match: re.Match[str]) -> Zone | None:
    """The longest beginning of the words that is a known place: "in new york every day"."""
    place = match["place"]
    while place and (place not in _zones() or place in time_words().not_places):
        place = place.rpartition(" ")[0]
    return Zone(match.start(), match.start("place") + len(place), _zones()[place]) if place else None


def _without_overlap(zones: list[Zone]) -> list[Zone]:
    kept: list[Zone] = []
    for zone in sorted(zones, key=lambda z: (z.start, z.start - z.end)):
        if not kept or zone.start >= kept[-1].end:
            kept.append(zone)
    return kept
