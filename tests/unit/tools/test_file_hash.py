"""The checksum of a file is that of its bytes, text or not."""

from __future__ import annotations

import hashlib

import pytest

from core.errors import RejectedError
from tests.fakes.run_step import run_step
from tests.fakes.step_context import MemoryFiles, make_context


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbfa,b\r\n", bytes(range(256)), b"%PDF-1.4"])
async def test_a_files_checksum_is_that_of_its_bytes(content: bytes) -> None:
    context = make_context(files=MemoryFiles({"a.bin": content}))
    result = await run_step("file.hash", context, path="a.bin")
    assert (result.digest, result.size) == (hashlib.sha256(content).hexdigest(), len(content))
    result = await run_step("file.hash", context, path="a.bin", algorithm="md5")
    assert result.digest == hashlib.md5(content, usedforsecurity=False).hexdigest()


async def test_a_file_that_is_not_there_has_none() -> None:
    with pytest.raises(RejectedError, match="There is no file"):
        await run_step("file.hash", make_context(), path="a.bin")
