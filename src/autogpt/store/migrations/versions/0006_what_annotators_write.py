"""other phrasings of an example, drafts of annotators, and who is to annotate which document

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("examples", sa.Column("phrasing_of", sa.String(64), nullable=False, server_default=""))
    op.create_index("ix_examples_phrasing_of", "examples", ["phrasing_of"])
    op.create_table(
        "drafts",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "assignments",
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for table in ("assignments", "drafts"):
        op.drop_table(table)
    op.drop_index("ix_examples_phrasing_of", "examples")
    op.drop_column("examples", "phrasing_of")
