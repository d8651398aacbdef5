"""`file.hash`: the checksum of a file's bytes, whatever they are. `hash.text` takes that of a text."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Literal

from pydantic import Field

from tools.step import Effect, StepContext, StepParams, StepResult, StepType


class FileHash(StepParams):
    path: str = Field(min_length=1, description="File in the files folder.")
    algorithm: Literal["sha256", "sha512", "sha1", "md5"] = Field(default="sha256", description="How.")


class FileHashed(StepResult):
    """`digest` in hexadecimal digits, `size` in bytes."""

    path: str
    digest: str
    size: int


async def hash_file(params: FileHash, context: StepContext) -> FileHashed:
    content = await context.files.read(params.path)
    hashed = await asyncio.to_thread(hashlib.new, params.algorithm, content, usedforsecurity=False)
    return FileHashed(path=params.path, digest=hashed.hexdigest(), size=len(content))


STEPS = (
    StepType(
        name="file.hash",
        title="Take a file's checksum",
        description="Calculates the SHA-256 or another checksum of a file.",
        params=FileHash,
        result=FileHashed,
        effect=Effect.READ,
        run=hash_file,
        summarize=lambda params: f"Take the {params.algorithm} checksum of {params.path}",
    ),
)
