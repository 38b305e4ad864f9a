"""Takes up changed settings while a server runs: those of answering, as soon as the configuration holds them.

In: a store. Out: whether its configuration is another one now. A file with problems changes nothing. Other settings
take a restart, as what they are for is open already. Knows nothing about who changes the file.
"""

from autogpt.config import FILE_NAME, AnswerSection, load_config
from autogpt.errors import AutoGPTError
from autogpt.store import Store

#: Keys of the section `answer` that are taken up at once.
LIVE = ("threshold", "refusal", "refusal_zh", "handover", "handover_zh")


def texts_of_refusal(answer: AnswerSection) -> dict[str, str]:
    """Text of an abstention by language."""
    return {"en": answer.refusal, "zh": answer.refusal_zh}


def texts_of_handover(answer: AnswerSection) -> dict[str, str]:
    """Text of a handover to a person by language."""
    return {"en": answer.handover, "zh": answer.handover_zh}


class LiveSettings:
    """What the file said when it was last read; overrides of a command stay in force until the file's value changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._path = store.folder / FILE_NAME
        self._stamp = self._stamped()
        self._said = self._read() or store.config.answer

    def take_up(self) -> bool:
        """Read the file if it has changed; says whether the store's configuration did."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return False
        self._stamp, said = stamp, self._read()
        if said is None:
            return False
        before, self._said = self._said, said
        changes = {key: getattr(said, key) for key in LIVE if getattr(said, key) != getattr(before, key)}
        if not changes:
            return False
        answer = self._store.config.answer.model_copy(update=changes)
        self._store.config = self._store.config.model_copy(update={"answer": answer})
        return True

    def _read(self) -> AnswerSection | None:
        try:
            return load_config(self._path).answer
        except AutoGPTError:
            return None

    def _stamped(self) -> tuple[int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_size)
