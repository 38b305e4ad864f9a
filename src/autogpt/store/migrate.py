"""Brings a database to the newest schema with Alembic.

In: an engine. Out: nothing; the schema is current. A database made by a newer program is refused.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from autogpt.errors import UsageError


def alembic_config() -> AlembicConfig:
    """Alembic's settings, pointing at the migrations inside the package."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine) -> None:
    """Apply the migrations that are missing. Raises UsageError when the database is newer than this program."""
    config = alembic_config()
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise UsageError(
            f"This workspace was written by a newer version of Auto-GPT (schema {current}).",
            "Update with: pip install -U autogpt-qa",
        )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
