"""Signatures of webhooks. The vectors are those of the vendors' pages, or were made with `openssl dgst -sha256 -hmac`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.signing import SCHEMES, Scheme, Signing, is_header_name, secret_bytes, signing_of
from core.errors import InvalidValueError, SignatureError
from worker.signature import TOLERANCE_S, verify

BODY = b'{"id":"evt_1","event_id":"Ev1"}'
AT = 1_760_000_000
PLAIN_MAC = "7b0a750205fcf7a18598d33afac0345cdace1747bfceb8dfb9dbeec3d76f1e03"
STRIPE_MAC = "ec2f7116e44304de95139f714d027166499bed9e14725139dd5285091f22db13"
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK_MAC = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One signed delivery, and the key by which it is known."""

    scheme: Scheme
    secret: str
    headers: dict[str, str]
    body: bytes = BODY
    at: int = AT
    key: str | None = None

    def check(self, *, late_s: float = 0, **changed: object) -> str | None:
        fields = {"secret": self.secret, "headers": self.headers, "body": self.body} | changed
        return verify(
            Signing(scheme=self.scheme, secret="sealed", header="X-Sum"),
            now=datetime.fromtimestamp(self.at + late_s, UTC),
            **fields,  # type: ignore[arg-type]  # the three of them
        )


GITHUB = Vector(  # docs.github.com, "Testing the webhook payload validation"
    scheme="github",
    secret="It's a Secret to Everybody",
    headers={"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
    body=b"Hello, World!",
)
SLACK = Vector(  # docs.slack.dev, "Verifying requests from Slack"
    scheme="slack",
    secret="8f742231b10e8888abcd99yyyzzz85a5",
    headers={"x-slack-request-timestamp": "1531420618", "x-slack-signature": f"v0={SLACK_MAC}"},
    body=SLACK_BODY,
    at=1531420618,
    key=SLACK_MAC,
)
SLACK_EVENT = Vector(
    scheme="slack",
    secret="slack-secret",
    headers={
        "x-slack-request-timestamp": str(AT),
        "x-slack-signature": "v0=180feecc34cd4ea96d73fa18c19b680ca8f224cee2d5857750695f75c46dd5bb",
    },
    key="Ev1",
)
STRIPE = Vector(
    scheme="stripe",
    secret="whsec_stripe",
    headers={"stripe-signature": f"t={AT},v1={'0' * 64},v1={STRIPE_MAC},v0=6ffb"},
    key="evt_1",
)
STANDARD = Vector(  # the reference libraries of standardwebhooks.com
    scheme="standard-webhooks",
    secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    headers={
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1a,bm9uZQ== v1,bm9uZQ== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    body=b'{"test": 2432232314}',
    at=1614265330,
    key="msg_p5jXN8AQM9LWM0D4loKWxJek",
)
PLAIN = Vector(scheme="hmac-sha256", secret="k3y", headers={"x-sum": PLAIN_MAC})
PREFIXED = Vector(scheme="hmac-sha256", secret="k3y", headers={"x-sum": f"sha256={PLAIN_MAC.upper()}"})
VECTORS = [GITHUB, SLACK, SLACK_EVENT, STRIPE, STANDARD, PLAIN, PREFIXED]
TIMED = [vector for vector in VECTORS if vector.key]

every = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.scheme)
every_timed = pytest.mark.parametrize("vector", TIMED, ids=lambda vector: vector.scheme)


def test_every_scheme_has_a_vector() -> None:
    assert {vector.scheme for vector in VECTORS} == set(SCHEMES)


@every
def test_what_is_signed_as_the_vendor_says_is_taken(vector: Vector) -> None:
    assert vector.check() == vector.key


@every
def test_another_body_or_secret_is_refused(vector: Vector) -> None:
    other = "whsec_bm9uZQ==" if vector.scheme == "standard-webhooks" else "other"
    for changed in ({"body": vector.body + b" "}, {"body": b""}, {"secret": other}):
        with pytest.raises(SignatureError):
            vector.check(**changed)


@every
def test_each_header_is_needed_and_said_when_it_is_missing(vector: Vector) -> None:
    for name in vector.headers:
        rest = {other: value for other, value in vector.headers.items() if other != name}
        with pytest.raises(SignatureError, match=name):
            vector.check(headers=rest)


@every
@given(value=st.text(st.characters(max_codepoint=255), max_size=120))
def test_any_other_header_is_refused_and_breaks_nothing(vector: Vector, value: str) -> None:
    for name, right in vector.headers.items():
        if value.strip() != right:
            with pytest.raises(SignatureError):
                vector.check(headers=vector.headers | {name: value})


@every_timed
def test_a_signature_is_good_for_five_minutes_before_and_after(vector: Vector) -> None:
    for late_s in (-TOLERANCE_S, TOLERANCE_S):
        assert vector.check(late_s=late_s) == vector.key
    for late_s in (-TOLERANCE_S - 1, TOLERANCE_S + 1):
        with pytest.raises(SignatureError, match="5 minutes"):
            vector.check(late_s=late_s)


@every_timed
def test_the_time_is_part_of_what_is_signed(vector: Vector) -> None:
    later = {name: value.replace(str(vector.at), str(vector.at + 1)) for name, value in vector.headers.items()}
    assert later != vector.headers
    with pytest.raises(SignatureError):
        vector.check(headers=later)


def test_a_secret_that_the_scheme_cannot_use_is_refused() -> None:
    assert secret_bytes("github", "grün") == "grün".encode()
    for scheme, secret in (("github", ""), ("standard-webhooks", "whsec_no base64!"), ("standard-webhooks", "")):
        with pytest.raises(InvalidValueError):
            secret_bytes(scheme, secret)  # type: ignore[arg-type]  # both are schemes


def test_a_trigger_without_the_setting_needs_no_signature() -> None:
    assert signing_of({}) is None
    assert signing_of({"signing": {"scheme": "github", "secret": "c"}}) == Signing(scheme="github", secret="c")


@pytest.mark.parametrize(("name", "is_one"), [("X-Signature", True), ("", False), ("a b", False), ("a:", False)])
def test_a_header_name_has_no_spaces_or_colons(name: str, is_one: bool) -> None:
    assert is_header_name(name) is is_one
