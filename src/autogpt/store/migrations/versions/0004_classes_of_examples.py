"""classes of labelled questions

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("examples", sa.Column("classes", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("examples", "classes")
