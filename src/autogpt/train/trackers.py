"""Where the metrics of a training are sent, besides its own history: whatever `Trainer` reports to, by its names.

In: names. Out: nothing, or a refusal before anything is begun. Knows nothing about what is reported.
"""

from collections.abc import Sequence
from importlib.util import find_spec

from transformers.integrations import integration_utils

from autogpt.errors import UsageError


def require_trackers(names: Sequence[str]) -> None:
    """Raises UsageError for a tracker that `Trainer` does not know, or whose package is not installed."""
    known = sorted(integration_utils.INTEGRATION_TO_CALLBACK)
    here = sorted(set(integration_utils.get_available_reporting_integrations()) & {*known} | _flyte())
    listed = f"Here at present: {', '.join(here)}. An empty list sends nothing."
    for name in names:
        if name not in known:
            raise UsageError(f"Unknown tracker '{name}'. Available: {', '.join(known)}.", listed)
        if name not in here:
            raise UsageError(
                f"The tracker '{name}' needs its package, which is not installed.",
                f"Install it with pip, or take another. {listed}",
            )


def _flyte() -> set[str]:
    """The one that transformers does not list among those that are available."""
    return {"flyte"} if find_spec("flytekit") else set()
