"""The command line: a table of commands, each loaded only when it is called.

In: the arguments of `autogpt`. Out: an exit code: 0 done, 1 failed, 2 asked for wrongly, 130 stopped. Knows nothing
about what the commands do.
"""

from collections.abc import Sequence

#: Name → (what it is loaded from, its line in `autogpt --help`). A function is one command, an `App` a group of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("autogpt.cli.new:new", "Make a workspace."),
    "ingest": ("autogpt.cli.ingest:ingest", "Bring in documents, or question-answer pairs as FAQ entries."),
    "examples": ("autogpt.cli.examples:app", "Import, export, split, check, choose, suggest and augment examples."),
    "models": ("autogpt.cli.models:app", "List and recommend models to start from."),
    "train": ("autogpt.cli.train:app", "Fine-tune a model on the examples."),
    "evaluate": ("autogpt.cli.evaluate:app", "Measure a reader, or the whole workspace."),
    "compare": ("autogpt.cli.compare:compare", "Set trained models side by side."),
    "compress": (
        "autogpt.cli.compress:compress",
        "Export a trained model smaller and faster, and check it.",
    ),
    "release": ("autogpt.cli.release:app", "Create, list, promote and roll back releases."),
    "retrieve": ("autogpt.cli.retrieve:retrieve", "Show the passages found for a question."),
    "ask": ("autogpt.cli.ask:ask", "Ask a question."),
    "serve": ("autogpt.cli.serve:serve", "Serve the chat page and the HTTP API."),
    "review": ("autogpt.cli.review:app", "Look at questions that wait for a person, and decide about them."),
    "people": ("autogpt.cli.people:app", "Say who may sign in, and what they may do."),
    "demo": ("autogpt.cli.demo:demo", "Run the whole line on the sample workspace."),
    "doctor": ("autogpt.cli.doctor:doctor", "Check the installation and the workspace, and say what to do."),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (by default the process's own) and return its exit code; errors are shown, not raised."""
    from autogpt.cli.frame import run

    return run(COMMANDS, arguments)
