"""`file.read`, `file.write` and `file.list`: text and data as files in the files folder."""

from __future__ import annotations

from pathlib import PurePosixPath

from pydantic import Field, JsonValue

from core.canonical import encode
from core.errors import RejectedError
from tools.csv_text import decode_text
from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType

_LIMIT_PATHS = 5000


class FileRead(StepParams):
    path: str = Field(min_length=1, description="File in the files folder.")
    encoding: str = Field(default="auto", description="E.g. utf-8 or latin-1, or auto.")
    limit: int = Field(default=1_000_000, ge=1, le=10_000_000, description="Take at most so many characters.")


class FileText(StepResult):
    """`size` is in bytes; `is_cut` says that the text is longer than the limit."""

    path: str
    text: str
    size: int
    is_cut: bool


class FileWrite(StepParams):
    path: str = Field(min_length=1, description="File in the files folder; folders are made as needed.")
    text: JsonValue = Field(description="A text, or data that is written as JSON.")
    append: bool = Field(default=False, description="Add it as new lines below what is there.")
    timestamped: bool = Field(default=False, description="Put date and time into the name: a new file each time.")


class FileWritten(StepResult):
    """`path` is the file that was written, `size` how many bytes this time."""

    path: str
    size: int


class FileList(StepParams):
    pattern: str = Field(default="**/*", min_length=1, max_length=200, description="E.g. reports/*.csv.")


class FilePaths(StepResult):
    paths: list[str]
    count: int


async def read_file(params: FileRead, context: StepContext) -> FileText:
    content = await context.files.read(params.path)
    if content.startswith((b"%PDF-", b"PK\x03\x04")):
        raise RejectedError(
            f"{params.path} is not a text file.", advice="Read a PDF with pdf.read and a workbook with excel.read."
        )
    text = decode_text(content, params.encoding).removeprefix("\ufeff")
    return FileText(path=params.path, text=text[: params.limit], size=len(content), is_cut=len(text) > params.limit)


async def write_file(params: FileWrite, context: StepContext) -> FileWritten:
    text = params.text if isinstance(params.text, str) else _as_json(params.text, is_line=params.append)
    if params.append and not text.endswith("\n"):
        text += "\n"
    path = _timestamped(params.path, context) if params.timestamped else params.path
    content = text.encode("utf-8", "replace")
    await context.files.write(path, content, append=params.append)
    return FileWritten(path=path, size=len(content))


def _as_json(value: JsonValue, *, is_line: bool) -> str:
    if is_line:
        return encode(value).decode()
    import json  # only it indents without sorting

    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _timestamped(path: str, context: StepContext) -> str:
    """Return e.g. `notes-2026-12-03-093000.txt`; the time is the step's first start, the same in each attempt."""
    plain = PurePosixPath(path)
    stamp = context.started_at.astimezone(context.zone).strftime("%Y-%m-%d-%H%M%S")
    return str(plain.with_name(f"{plain.stem}-{stamp}{plain.suffix}")) if plain.name else path


async def list_files(params: FileList, context: StepContext) -> FilePaths:
    paths = await context.files.names(params.pattern)
    return FilePaths(paths=paths[:_LIMIT_PATHS], count=len(paths))


def _summary(params: FileWrite) -> str:
    if params.append:
        return f"Add lines to the file {params.path}"
    return f"Write the file {params.path}" + (" with date and time in its name" if params.timestamped else "")


STEPS = (
    StepType(
        name="file.read",
        title="Read a file",
        description="Reads a text file; its encoding is found out.",
        params=FileRead,
        result=FileText,
        effect=Effect.READ,
        run=read_file,
        summarize=lambda params: f"Read the file {params.path}",
    ),
    StepType(
        name="file.write",
        title="Write a file",
        description="Writes a text, or data as JSON, to a file; or adds lines to it.",
        params=FileWrite,
        result=FileWritten,
        effect=lambda params: Effect.ONCE if params.append else Effect.IDEMPOTENT,
        run=write_file,
        summarize=_summary,
        risk=lambda params: Risk.NONE if params.append or params.timestamped else Risk.LOW,
    ),
    StepType(
        name="file.list",
        title="List files",
        description="Lists the files whose path fits a pattern.",
        params=FileList,
        result=FilePaths,
        effect=Effect.READ,
        run=list_files,
        summarize=lambda params: f"List the files {params.pattern}",
    ),
)
