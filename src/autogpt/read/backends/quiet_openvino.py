"""The openvino package, kept from reporting its use to its maker.

Importing openvino sends an event over the network, and so does nncf, unless the package openvino_telemetry is missing:
both then fall back to stubs. Nothing a private service does may leave the machine, so here it is missing. Everybody
imports openvino from here, and this before nncf.

The converter of models, which `import openvino` takes along, is left out: it costs a third of the time and only
exporting needs it, which imports it itself.
"""

import sys

from autogpt.lean_imports import hidden

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

with hidden("openvino.tools.ovc"):
    import openvino

__all__ = ["computes_bf16", "openvino"]


def computes_bf16() -> bool:
    """Whether this processor multiplies in bfloat16 faster than in single precision."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
