"""What is counted for health is of the newest, and by code."""

from __future__ import annotations

from bot.surface.vitals import Vitals


def test_nothing_is_said_of_acknowledgements_before_there_was_one() -> None:
    assert Vitals().ack_p95_ms is None


def test_nineteen_of_twenty_were_not_slower_than_what_is_said() -> None:
    vitals = Vitals()
    for number in range(1, 21):
        vitals.acknowledged(number / 1000)
    assert vitals.ack_p95_ms == 19.0


def test_what_is_long_ago_is_forgotten() -> None:
    vitals = Vitals()
    vitals.acknowledged(2.5)
    for _ in range(500):
        vitals.acknowledged(0.01)
    assert vitals.ack_p95_ms == 10.0


def test_what_no_vendor_waits_for_is_late_and_codes_are_counted_apart() -> None:
    vitals = Vitals()
    vitals.acknowledged(3.1)
    for code in (10062, "ratelimited", 10062):
        vitals.miss(code)
    assert vitals.missed == {"late_ack": 1, "10062": 2, "ratelimited": 1}
