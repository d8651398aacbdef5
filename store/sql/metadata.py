"""Where all tables register, and the columns and indexes that many of them have. Holds no table."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, MetaData, String
from sqlalchemy.sql.elements import TextClause

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def id_column() -> Column[str]:
    return Column("id", String, primary_key=True)


def reference(name: str, target: str, *, in_key: bool = False) -> Column[str]:
    return Column(name, String, ForeignKey(f"{target}.id"), nullable=False, primary_key=in_key)


def partial_index(name: str, *columns: Column[object], where: TextClause) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)
