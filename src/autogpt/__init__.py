"""Auto-GPT: a team's own documents and question-answer pairs as a private question-answering service."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autogpt.workspace import Workspace

__version__ = "0.1.0"
__all__ = ["Workspace", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Workspace":
        from autogpt.workspace import Workspace

        return Workspace
    raise AttributeError(f"module 'autogpt' has no attribute '{name}'")
