"""What the tests of local steps work on: a real folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.postgres import empty_postgres_url, postgres
from tools.files import FolderFiles

__all__ = ["empty_postgres_url", "postgres"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def files(folder: Path) -> FolderFiles:
    return FolderFiles(folder, 5_000_000)
