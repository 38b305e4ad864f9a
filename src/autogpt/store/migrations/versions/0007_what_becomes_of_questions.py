"""how often a question waits for review, who looks at it, what became of it; phrasings that reviewers add

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("review_queue", sa.Column("times", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("review_queue", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("review_queue", sa.Column("assignee", sa.String(64), nullable=False, server_default=""))
    op.add_column("review_queue", sa.Column("resolution", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("review_queue", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("faq_entries", sa.Column("added", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("faq_entries", "added")
    for column in ("decided_at", "resolution", "assignee", "version", "times"):
        op.drop_column("review_queue", column)
