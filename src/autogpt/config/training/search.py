"""What a search for settings tries."""

from typing import Annotated

from pydantic import Field

from autogpt.config.base import Fraction, Positive, Section
from autogpt.config.training.base import NotNegative

Rate = Annotated[float, Field(gt=0)]
Range = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]


class SearchSection(Section):
    """`autogpt train … --search`: what is tried. A range whose ends are equal is not searched."""

    learning_rate: tuple[Rate, Rate] = Field(
        (1e-5, 2e-4), description="Least and largest, on a logarithmic scale; for lora ten times that, and so on."
    )
    batch_size: tuple[Positive, ...] = Field((8, 16, 32), description="What is chosen from.")
    warmup: tuple[Fraction, Fraction] = Field((0.0, 0.2), description="Least and largest.")
    dropout: tuple[Fraction, Fraction] = Field((0.0, 0.2), description="Least and largest.")
    weight_decay: Range = Field((0.0, 0.1), description="Least and largest.")
    trial_minutes: Annotated[float, Field(ge=0)] = Field(
        0, description="Longest training of a trial; 0: a quarter of all the minutes."
    )
    trials: NotNegative = Field(0, description="Most trials; 0: as many as there is time for.")

    @property
    def ranges(self) -> dict[str, tuple[float, ...]]:
        """What is searched, by the name of the setting."""
        names = ("learning_rate", "batch_size", "warmup", "dropout", "weight_decay")
        return {name: getattr(self, name) for name in names}
