"""CSV as text: which encoding, which separator, which columns. What it reads may be clumsy, what it writes is plain.

Knows nothing of files and steps.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from core.errors import RejectedError
from tools.table import LIMIT_ROWS, Row, TableResult, number_of, table, text_of

_DELIMITERS = ",;\t|"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decode_text(content: bytes, encoding: str = "auto") -> str:
    """Return the text of a file whose encoding is given or guessed. Raises RejectedError for what is not text."""
    if encoding != "auto":
        try:
            return content.decode(encoding)
        except (LookupError, UnicodeDecodeError) as error:
            raise RejectedError(f"The file is not text in the encoding {encoding}.") from error
    guess = next((name for bom, name in _BOMS if content.startswith(bom)), "")
    if not guess and b"\0" in content[:4096]:
        even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
        guess = "utf-16-be" if even > odd else "utf-16-le"
        if min(even, odd) > max(even, odd) // 4 or len(content) % 2:
            raise RejectedError("The file is not text; a workbook is read with excel.read, a PDF with pdf.read.")
    for name in (guess,) if guess else ("utf-8", "cp1252", "latin-1"):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    raise RejectedError("The file cannot be read as text.")


def sniff_delimiter(text: str) -> str:
    """Return the separator that cuts the first lines most evenly; a comma when there is only one column."""
    sample = text[:20_000].rsplit("\n", 1)[0] if len(text) > 20_000 else text  # noqa: PLR2004  # enough to judge by
    best, best_score = ",", (0.0, 1)
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in _records(sample, delimiter, is_strict=False)][:50]
        if not widths or widths[0] < 2:  # noqa: PLR2004  # one column separates nothing
            continue
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def parse_csv(text: str, *, delimiter: str = "auto", header: bool = True, limit: int = LIMIT_ROWS) -> TableResult:
    """Return the table of a CSV text. Missing cells are empty, surplus ones get columns of their own, names are unique."""
    text = text.removeprefix("\ufeff").replace("\0", "")
    first, _, rest = text.partition("\n")
    if len(stated := first.strip().lower()) == len("sep=;") and stated.startswith("sep="):
        delimiter, text = stated[-1], rest
    if delimiter == "auto":
        delimiter = sniff_delimiter(text)
    try:
        records = _records(text, delimiter, is_strict=True)
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise RejectedError('A quote (") is opened in the table and never closed.') from error
        records = _lenient(text, delimiter)
    records = [record for record in records if any(cell.strip() for cell in record)]
    names = records.pop(0) if header and records else []
    names = unique_names(names, max([len(names), *map(len, records)], default=0))
    rows: list[Row] = [
        dict(zip(names, [*record, *[""] * (len(names) - len(record))], strict=True)) for record in records[:limit]
    ]
    return table(rows, names)


def _records(text: str, delimiter: str, *, is_strict: bool) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=is_strict))


def _lenient(text: str, delimiter: str) -> list[list[str]]:
    try:
        return _records(text, delimiter, is_strict=False)
    except csv.Error as error:
        raise RejectedError(f"The table cannot be read: {error}.") from error


def unique_names(names: Sequence[str], width: int) -> list[str]:
    """Return one name for each column: trimmed, `column_3` for an empty one, `name_2` for a repeated one."""
    unique: dict[str, None] = {}
    for number in range(1, width + 1):
        name = names[number - 1].strip() if number <= len(names) else ""
        candidate = name = name or f"column_{number}"
        copy = 1
        while candidate in unique:
            copy += 1
            candidate = f"{name}_{copy}"
        unique[candidate] = None
    return list(unique)


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and number_of(text) is None else text


def format_csv(
    rows: Iterable[Row], columns: Sequence[str], *, header: bool, delimiter: str = ",", is_guarded: bool = True
) -> str:
    """Return rows as CSV text; cells of other columns are left out, all line ends are plain ones."""

    def cell(value: JsonValue) -> str:
        text = text_of(value).replace("\r\n", "\n").replace("\r", "\n")  # the writer does not quote a lone one
        return guarded(text) if is_guarded and isinstance(value, str) else text

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    if header:
        writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return buffer.getvalue()
