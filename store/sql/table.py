"""The tables: one for each record, each column named as the record's field, with an index for every query of the ports.

A few columns belong to no record: `conversations.last_seq` counts messages and `seen_seq` says how far they were seen, `runs.activity` and `runs.nudged_at` serve the
journal (see `store.sql.sqlite_batch`), `step_attempts.position` keeps the order of arrival,
`people.merged_into` says who somebody turned out to be.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from store.record import (
    AttemptState,
    Author,
    Priority,
    ProposalState,
    RequestState,
    Role,
    RunState,
    Shows,
    TriggerKind,
    Verdict,
    Waiting,
    WorkflowState,
)
from store.sql.column import FailureColumn, Instant, Json, Prose, Rank, Word
from store.sql.metadata import id_column, metadata, partial_index, reference

# Constants, not parameters: only then does a database see that a partial index answers the query.
IS_PENDING = text("state IN ('queued', 'waiting')")
IS_RUNNING = text("state = 'running'")
HAS_TURN = text("concurrency_key IS NOT NULL")
IS_ACTIVE = text("is_active")
IS_DEAD = text("state = 'failed' AND dismissed_at IS NULL AND pruned_at IS NULL AND NOT is_rehearsal")
IS_KEPT_WHOLE = text("ended_at IS NOT NULL AND pruned_at IS NULL")
IS_APPROVAL = text("subject = 'approval'")


people = Table(
    "people",
    metadata,
    id_column(),
    Column("name", Prose, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("locale", String, nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("merged_into", String),  # no foreign key: SQLite would have to copy the table
)

identities = Table(
    "identities",
    metadata,
    Column("surface", String, primary_key=True),
    Column("external_id", String, primary_key=True),
    reference("person_id", "people"),
    Index(None, "person_id"),
)

conversations = Table(
    "conversations",
    metadata,
    id_column(),
    Column("surface", String, nullable=False),
    Column("external_id", String, nullable=False),
    reference("person_id", "people"),
    Column("title", Prose, nullable=False),
    Column("state", Json, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("last_seq", Integer, nullable=False, server_default=text("0")),
    Column("seen_seq", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("surface", "external_id"),
    Index(None, "person_id", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    id_column(),
    reference("conversation_id", "conversations"),
    Column("author", Word(Author), nullable=False),
    Column("parts", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Column("person_id", String, ForeignKey("people.id")),
    Column("seq", Integer, nullable=False),
    Column("audience", String),  # no foreign key: whose it is matters while it is posted
    Column("below", String, nullable=False, server_default=text("''")),
    UniqueConstraint("conversation_id", "seq"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("surface", String, primary_key=True),
    Column("delivery_id", String, primary_key=True),
    reference("conversation_id", "conversations"),
    Column("message_ids", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "at"),
)

proposals = Table(
    "proposals",
    metadata,
    id_column(),
    reference("conversation_id", "conversations"),
    reference("person_id", "people"),
    Column("digest", String, nullable=False),
    Column("content", Json, nullable=False),
    Column("shown", Json, nullable=False),
    Column("state", Word(ProposalState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "conversation_id"),
    Index(None, "digest"),
)

approvals = Table(
    "approvals",
    metadata,
    id_column(),
    Column("subject_id", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("verdict", Word(Verdict), nullable=False),
    reference("person_id", "people"),
    Column("surface", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("comment", Prose, nullable=False, server_default=text("''")),
    Index(None, "subject_id"),
    Index(None, "digest", "verdict"),
)

workflows = Table(
    "workflows",
    metadata,
    id_column(),
    Column("name", Prose, nullable=False),
    reference("person_id", "people"),
    reference("conversation_id", "conversations"),
    Column("template_id", String),
    Column("state", Word(WorkflowState), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "person_id", "created_at"),
)

workflow_versions = Table(
    "workflow_versions",
    metadata,
    reference("workflow_id", "workflows", in_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False),
    Column("content", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
)

triggers = Table(
    "triggers",
    metadata,
    id_column(),
    reference("workflow_id", "workflows"),
    Column("kind", Word(TriggerKind), nullable=False),
    Column("config", Json, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant),
    Column("last_at", Instant),
    Column("secret", String, unique=True),
    Column("cursor", Json),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("problem", Prose),
    Index(None, "workflow_id"),
)
partial_index("ix_triggers_due", triggers.c.next_at, where=IS_ACTIVE)

runs = Table(
    "runs",
    metadata,
    id_column(),
    Column("workflow_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String, nullable=False),
    reference("person_id", "people"),
    reference("conversation_id", "conversations"),
    Column("state", Word(RunState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("trigger_id", String),  # no foreign key: a run outlives its trigger
    Column("fire_key", String, unique=True),
    Column("input", Json, nullable=False),
    Column("waiting_for", Word(Waiting)),
    Column("result", Prose),
    Column("failure", FailureColumn),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("is_rehearsal", Boolean, nullable=False),
    Column("is_cancelling", Boolean, nullable=False),
    Column("lease_owner", String),
    Column("lease_until", Instant),
    Column("priority", Rank(Priority), nullable=False, server_default=text("0")),
    Column("concurrency_key", String),
    Column("paused_s", Float, nullable=False, server_default=text("0")),
    Column("paused_at", Instant),
    Column("started_by", String),
    Column("replay_of", String),  # no foreign key: a run outlives the one that it repeats
    Column("dismissed_at", Instant),
    Column("pruned_at", Instant),
    Column("activity", Integer, nullable=False, server_default=text("0")),
    Column("nudged_at", Instant),
    ForeignKeyConstraint(["workflow_id", "version"], ["workflow_versions.workflow_id", "workflow_versions.version"]),
    Index(None, "person_id", "created_at"),
    Index(None, "workflow_id", "created_at"),
    Index(None, "replay_of"),
)
partial_index("ix_runs_dead", runs.c.person_id, runs.c.ended_at, where=IS_DEAD)
partial_index("ix_runs_kept_whole", runs.c.ended_at, where=IS_KEPT_WHOLE)
partial_index("ix_runs_due", runs.c.due_at, where=IS_PENDING)
partial_index("ix_runs_lease", runs.c.lease_until, where=IS_RUNNING)
partial_index("ix_runs_turn", runs.c.concurrency_key, where=HAS_TURN)

step_attempts = Table(
    "step_attempts",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    reference("run_id", "runs"),
    Column("step_id", String, nullable=False),
    Column("item", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Word(AttemptState), nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("due_at", Instant),
    Column("input", Json),
    Column("output", Json),
    Column("requests", Json, nullable=False),
    Column("failure", FailureColumn),
    UniqueConstraint("run_id", "step_id", "item", "number"),
)

signals = Table(
    "signals",
    metadata,
    id_column(),
    reference("run_id", "runs"),
    Column("step_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("payload", Json, nullable=False),
    reference("person_id", "people"),
    Column("at", Instant, nullable=False),
    UniqueConstraint("run_id", "step_id", "name"),
)

concurrency_slots = Table(
    "concurrency_slots",
    metadata,
    Column("concurrency_key", String, primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    reference("run_id", "runs"),
    Index(None, "run_id"),
)

approval_requests = Table(
    "approval_requests",
    metadata,
    id_column(),
    reference("run_id", "runs"),
    Column("step_id", String, nullable=False),
    Column("item", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    reference("requester_id", "people"),
    Column("prompt", Prose, nullable=False),
    Column("fields", Json, nullable=False),
    Column("editable", Json, nullable=False),
    Column("digest", String, nullable=False),
    Column("approvers", Json, nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("state", Word(RequestState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("excluded", Json, nullable=False),
    Column("handed_over", Json, nullable=False),
    Column("escalate_to", Json, nullable=False),
    Column("remind_at", Instant),
    Column("escalate_at", Instant),
    Column("expires_at", Instant),
    Column("reminded_at", Instant),
    Column("escalated_at", Instant),
    Column("edited_by", String),
    Column("decided_at", Instant),
    Column("decided_by", String),
    Column("kept_of", String),  # no foreign key: it may be gone
    Column("revision", Integer, nullable=False),
    UniqueConstraint("run_id", "step_id", "item", "number"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group", Prose, primary_key=True),
    reference("person_id", "people", in_key=True),
    Column("added_at", Instant, nullable=False),
)

connections = Table(
    "connections",
    metadata,
    id_column(),
    reference("person_id", "people"),
    Column("connector", String, nullable=False),
    Column("name", Prose, nullable=False),
    Column("public", Json, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "person_id", "connector"),
)

cards = Table(
    "cards",
    metadata,
    Column("subject", Word(Shows), primary_key=True),
    Column("subject_id", String, primary_key=True),
    Column("surface", String, primary_key=True),
    reference("conversation_id", "conversations"),
    Column("message_id", String, ForeignKey("messages.id"), primary_key=True),
    Column("external_id", String, nullable=False),
)
partial_index("ix_cards_approval", cards.c.conversation_id, where=IS_APPROVAL)

audit_events = Table(
    "audit_events",
    metadata,
    id_column(),
    Column("at", Instant, nullable=False),
    Column("person_id", String),
    Column("verb", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("detail", Json, nullable=False),
    Index(None, "subject_id", "at"),
)

memories = Table(
    "memories",
    metadata,
    Column("scope", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", Json),
    Column("at", Instant, nullable=False),
)
