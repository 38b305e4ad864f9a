"""What a training cost, kept beside what it trained.

In: seconds, bytes, counts. Out: a small file. Knows nothing about how it was measured.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "costs.json"


@dataclass(frozen=True, slots=True)
class Costs:
    """What a training cost.

    Attributes:
        seconds: of training and validating, over all the times it was resumed.
        peak_bytes: highest memory: of a GPU where there was one, else of the process, with all that it held besides.
        parameters, trainable: numbers in the model, and those of them that were trained.
    """

    seconds: float
    peak_bytes: int
    parameters: int
    trainable: int

    @property
    def share(self) -> float:
        """Part of the parameters that was trained."""
        return self.trainable / self.parameters if self.parameters else 0.0

    def save(self, folder: Path) -> None:
        waiting = folder / f"{FILE_NAME}.part"
        waiting.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        waiting.replace(folder / FILE_NAME)

    @classmethod
    def load(cls, folder: Path) -> "Costs | None":
        """What `save` wrote; None for a folder without it, as trainings of earlier versions left."""
        try:
            return cls(**json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
