"""labels of sources, also of those that failed; and a row for each original that is still to be erased

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("ingests", sa.Column("labels", sa.JSON(), nullable=False, server_default="[]"))
    op.execute(
        "UPDATE ingests SET labels = (SELECT documents.labels FROM documents WHERE documents.id = ingests.document_id) "
        "WHERE document_id IN (SELECT id FROM documents)"
    )
    op.create_table("erasures", sa.Column("raw_checksum", sa.String(length=64), primary_key=True))
    settings = sa.table("settings", sa.column("key", sa.String), sa.column("value", sa.JSON))
    erasures = sa.table("erasures", sa.column("raw_checksum", sa.String))
    noted = op.get_bind().scalar(sa.select(settings.c.value).where(settings.c.key == "ingest")) or {}
    if not noted:
        op.execute(sa.delete(settings).where(settings.c.key == "ingest"))
    elif noted.get("erase"):
        op.bulk_insert(erasures, [{"raw_checksum": checksum} for checksum in noted["erase"]])


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_column("ingests", "labels")
