"""`hash.text`: a fingerprint of a text, e.g. to compare or to sign it. Not for passwords."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from tools.step import Effect, StepContext, StepParams, StepResult, StepType


class HashText(StepParams):
    text: str = Field(description="What to take the fingerprint of, as UTF-8.")
    algorithm: Literal["sha256", "sha512", "sha1", "md5", "blake2b"] = Field(default="sha256", description="How.")


class HashResult(StepResult):
    """The fingerprint in hexadecimal digits."""

    digest: str


async def hash_text(params: HashText, _context: StepContext) -> HashResult:
    data = params.text.encode("utf-8", "surrogatepass")
    return HashResult(digest=hashlib.new(params.algorithm, data, usedforsecurity=False).hexdigest())


STEPS = (
    StepType(
        name="hash.text",
        title="Take a fingerprint",
        description="Calculates the SHA-256 or another hash of a text.",
        params=HashText,
        result=HashResult,
        effect=Effect.READ,
        run=hash_text,
        summarize=lambda params: f"Take the {params.algorithm} fingerprint of the text",
    ),
)
