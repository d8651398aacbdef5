"""`sql.query`: one statement on a connected database; values go in as bound parameters only."""

from __future__ import annotations

from pydantic import Field, JsonValue

from tools.statement import effect_of, risk_of
from tools.step import LITERAL, StepContext, StepParams, StepResult, StepType
from tools.table import Row, columns_of

_LIMIT_SHOWN = 120


class SqlQuery(StepParams):
    statement: str = Field(
        min_length=1,
        max_length=20_000,
        description="One SQL statement; values stand as :name and are given as parameters.",
        json_schema_extra=LITERAL,
    )
    parameters: dict[str, JsonValue] = Field(default={}, description="The value of each :name.")
    limit: int = Field(default=1000, ge=1, le=50_000, description="Take at most so many rows.")


class SqlResult(StepResult):
    """`count` is the number of rows taken, `affected` of those changed; `is_cut` says that there are more rows."""

    columns: list[str]
    rows: list[Row]
    count: int
    affected: int
    is_cut: bool


async def run_query(params: SqlQuery, context: StepContext) -> SqlResult:
    account = await context.accounts.get("sql")
    rows, affected = await context.database.query(params.statement, params.parameters, account, limit=params.limit + 1)
    taken = rows[: params.limit]
    return SqlResult(
        columns=columns_of(taken[:1]), rows=taken, count=len(taken), affected=affected, is_cut=len(rows) > len(taken)
    )


def _summary(params: SqlQuery) -> str:
    statement = " ".join(params.statement.split())
    return f"Run on the database: {statement[:_LIMIT_SHOWN]}{'…' if len(statement) > _LIMIT_SHOWN else ''}"


STEPS = (
    StepType(
        name="sql.query",
        title="Query a database",
        description="Runs one SQL statement on a connected database and gives its rows.",
        params=SqlQuery,
        result=SqlResult,
        effect=lambda params: effect_of(params.statement),
        run=run_query,
        summarize=_summary,
        risk=lambda params: risk_of(params.statement),
        connector="sql",
        needs_network=True,
    ),
)
