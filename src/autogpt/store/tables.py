"""The tables of a workspace's database.

Changes go through a migration in `store/migrations`; a test compares the two. Times are UTC, offsets code points.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment that stays in UTC; SQLite alone would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class DocumentRow(Base):
    """One source. `uri` is where it came from; `current_version_id` is None once removed."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    uri: Mapped[str] = mapped_column(String(2048), unique=True)
    name: Mapped[str] = mapped_column(String(1024))
    labels: Mapped[list[Any]] = mapped_column(default=list)
    current_version_id: Mapped[str | None] = mapped_column(String(32), default=None)
    duplicate_of: Mapped[str | None] = mapped_column(String(32), default=None)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)


class DocumentVersionRow(Base):
    """Immutable cleaned text of a document. Erased versions keep their row and checksum, not their text."""

    __tablename__ = "document_versions"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index("ix_document_versions_text_checksum", "text_checksum"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)
    text_checksum: Mapped[str] = mapped_column(String(64))
    raw_checksum: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(128))
    language: Mapped[str] = mapped_column(String(8))
    parser: Mapped[str] = mapped_column(String(64), default="")
    outline: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source_map: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    sketch: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)


class IngestRow(Base):
    """What became of each source the last time it was read: `done`, `duplicate`, `failed`, `empty`, `removed`."""

    __tablename__ = "ingests"

    uri: Mapped[str] = mapped_column(String(2048), primary_key=True)
    raw_checksum: Mapped[str] = mapped_column(String(64), default="")
    settings_hash: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    root: Mapped[str] = mapped_column(String(2048), default="")
    document_id: Mapped[str | None] = mapped_column(String(32), default=None)
    labels: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    updated_at: Mapped[datetime] = mapped_column(default=now)


class ErasureRow(Base):
    """An original whose text was erased from the records, and whose file may still have to be deleted."""

    __tablename__ = "erasures"

    raw_checksum: Mapped[str] = mapped_column(String(64), primary_key=True)


class FaqRow(Base):
    """A vetted answer with its phrasings; those in `added` came from reviewers, and outlast the file's own."""

    __tablename__ = "faq_entries"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    questions: Mapped[list[Any]] = mapped_column(default=list)
    added: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    answer: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    labels: Mapped[list[Any]] = mapped_column(default=list)
    source: Mapped[str] = mapped_column(String(2048), default="", index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)


class ExampleRow(Base):
    """A question-answer pair, or a labelled question with its `classes`. `spans` is a list of `{"text", "start"}` in
    the document version, the first with the `confidence` of the reader that marked it, if one did. `phrasing_of`: id of
    the example whose question it puts in other words; it is changed with it.
    """

    __tablename__ = "examples"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    task: Mapped[str] = mapped_column(String(16))
    answerable: Mapped[bool] = mapped_column(default=True)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"), default=None, index=True)
    version_id: Mapped[str | None] = mapped_column(ForeignKey("document_versions.id"), default=None)
    spans: Mapped[list[Any]] = mapped_column(default=list)
    answer_text: Mapped[str] = mapped_column(Text, default="")
    quote_context: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(8), default="en")
    provenance: Mapped[str] = mapped_column(String(256), default="")
    status: Mapped[str] = mapped_column(String(16), default="accepted", index=True)
    annotator: Mapped[str] = mapped_column(String(128), default="")
    split: Mapped[str | None] = mapped_column(String(16), default=None, index=True)
    classes: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    phrasing_of: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class DraftRow(Base):
    """What a person has begun to write about a document. `version` counts how often it was kept; `content` holds
    offsets in `version_id`, and none of the document's text.
    """

    __tablename__ = "drafts"

    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    version_id: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(Integer, default=1)
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class AssignmentRow(Base):
    """A document that a person is to annotate: `open`, `done`, or `settled` once it was decided what counts."""

    __tablename__ = "assignments"

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="open")
    updated_at: Mapped[datetime] = mapped_column(default=now)


class RunRow(Base):
    """One training. Its folder is `runs/<id>`."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    data_hash: Mapped[str] = mapped_column(String(64), default="")
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class ReleaseRow(Base):
    """An immutable bundle of models, calibration and policy. Its folder is `releases/<version>`.

    `verdict` is the newest of the promotion gate; `metrics` tells what was fitted, and all verdicts under `gate`.
    """

    __tablename__ = "releases"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    run_id: Mapped[str | None] = mapped_column(String(64), default=None)
    verdict: Mapped[str] = mapped_column(String(16), default="")
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    manifest_checksum: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class PromotionRow(Base):
    """History of what was current; the newest row is `current`."""

    __tablename__ = "promotions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    version: Mapped[str] = mapped_column(ForeignKey("releases.version"))
    action: Mapped[str] = mapped_column(String(16))
    forced: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[str] = mapped_column(String(16), default="")
    at: Mapped[datetime] = mapped_column(default=now)


class JobRow(Base):
    """Long work asked for over HTTP: `queued`, `running`, `done`, `failed`, `cancelled`. `person` asked for it."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default="queued", index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    stage: Mapped[str] = mapped_column(String(64), default="")
    done: Mapped[float] = mapped_column(Float, default=0)
    total: Mapped[float | None] = mapped_column(Float, default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    person: Mapped[str] = mapped_column(String(64), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    heartbeat_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class AuditRow(Base):
    """One entry of the audit trail: masked, each hash covering the one before of the same writer."""

    __tablename__ = "audit"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    writer: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(32))
    entry: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_hash: Mapped[str] = mapped_column(String(64), default="")
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("writer", "number"),)


class FeedbackRow(Base):
    """A thumb given to an answer, by its audit id."""

    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    audit_id: Mapped[str] = mapped_column(String(32), index=True)
    thumb: Mapped[str] = mapped_column(String(8))
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(default=now)


class ReviewRow(Base):
    """A question a person should look at: `abstained`, `low_confidence`, `thumbed_down`, `disagreeing`, `requested`.

    `times` counts how often it was asked, `version` the changes by people. `state` is open, withdrawn or decided, and
    `resolution` then tells what became of it.
    """

    __tablename__ = "review_queue"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(32))
    audit_id: Mapped[str] = mapped_column(String(32))
    confidence: Mapped[float] = mapped_column(Float, default=0)
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    labels: Mapped[list[Any]] = mapped_column(default=list)
    times: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    version: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    assignee: Mapped[str] = mapped_column(String(64), default="", server_default="")
    resolution: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)


class PersonRow(Base):
    """Somebody who may sign in. `key` is the name as it is compared."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(128), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInRow(Base):
    """A browser in which somebody is signed in, by the SHA-256 of what its cookie holds."""

    __tablename__ = "sign_ins"

    token_checksum: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column()


class EventRow(Base):
    """A change that a person made. `person` is their name then; `before` and `after` hold what changed, or nothing
    where the subject was not there.
    """

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_subject", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=now)


class ReplacedExampleRow(Base):
    """What an example was before an event that changed many. `before`: those of its columns that were changed; empty
    where the example was not there.
    """

    __tablename__ = "replaced_examples"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    example_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SettingRow(Base):
    """Single values: the schema's format, the seed of the last split, and the like."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(default=dict)
