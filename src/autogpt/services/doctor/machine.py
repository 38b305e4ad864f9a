"""Looks over what is installed and what the machine can do.

In: nothing but the machine. Out: findings. Imports none of the packages it looks for.
"""

import platform
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from autogpt import __version__
from autogpt.machine import cores, memory
from autogpt.models.packs import installed_packs
from autogpt.services.doctor.findings import Check, State, guarded

_DISTRIBUTION = "autogpt-qa"
#: Extra → what it is for.
_EXTRAS = {"serve": "answering and serving", "train": "training, measuring files and compressing"}
_GIB = 1 << 30
#: Memory below which serving, and training, may be killed by the system; bytes.
_SERVING, _TRAINING = 1 * _GIB, 4 * _GIB
_DISK = 2 * _GIB
_CPU_FILE = Path("/proc/cpuinfo")
_ACCELERATORS = {"/dev/nvidia0": "an NVIDIA GPU", "/dev/kfd": "an AMD GPU"}


def check_installation() -> Iterator[Check]:
    """Python, the packages of each extra, model packs."""
    area = "installation"
    yield Check(area, "autogpt", State.OK, f"{__version__} on Python {platform.python_version()}")
    yield from guarded(area, "packages", lambda: _packages(requires(_DISTRIBUTION) or []))
    yield from guarded(area, "model packs", _packs)


def check_machine(folder: Path) -> Iterator[Check]:
    """Processor, accelerator, memory, and the disk that `folder` is on."""
    area = "machine"
    yield from guarded(area, "processor", lambda: _processor(_CPU_FILE))
    yield from guarded(area, "accelerator", _accelerator)
    yield from guarded(area, "memory", _memory)
    yield from guarded(area, "disk", lambda: _disk(folder))


def _packages(listed: Iterable[str]) -> Iterator[Check]:
    needed = [Requirement(one) for one in listed]
    for extra, purpose in {"": "ingesting and searching", **_EXTRAS}.items():
        mine = [one for one in needed if _belongs(one, extra)]
        wrong = [problem for one in mine if (problem := _problem(one))]
        name = f"packages for {purpose}"
        if not wrong:
            yield Check("installation", name, State.OK, f"all {len(mine)} are there")
            continue
        target = f"{_DISTRIBUTION}[{extra}]" if extra else _DISTRIBUTION
        state = State.NOTE if extra == "train" else State.PROBLEM
        yield Check("installation", name, state, "; ".join(wrong), f"pip install '{target}'")


def _belongs(requirement: Requirement, extra: str) -> bool:
    if requirement.marker is None:
        return not extra
    return requirement.marker.evaluate({"extra": extra}) and (
        not extra or not requirement.marker.evaluate({"extra": ""})
    )


def _problem(requirement: Requirement) -> str:
    """What is wrong with an installed package; empty when nothing is."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(found, prereleases=True):
        return ""
    return f"{requirement.name} is {found}, {requirement.specifier} is needed"


def _packs() -> Iterator[Check]:
    packs = installed_packs()
    for pack in packs:
        languages = ", ".join(pack.languages)
        found = f"{pack.version}, {languages}, {'with' if pack.has_reader else 'without'} a reader"
        yield Check("installation", f"model pack {pack.name}", State.OK, found)
    if not packs:
        advice = "make setup, or pip install autogpt-model-en"
        yield Check("installation", "model packs", State.PROBLEM, "none: nothing can be embedded or read", advice)


def _processor(file: Path) -> Iterator[Check]:
    about = _cpu_info(file)
    count = cores()
    name = about.get("model name") or platform.processor() or platform.machine()
    yield Check("machine", "processor", State.OK, f"{name}, {count} {'core' if count == 1 else 'cores'} to use")
    flags = set(about.get("flags", "").split())
    if not flags:
        yield Check("machine", "instructions", State.NOTE, "cannot be told on this system")
        return
    if "avx2" not in flags:
        yield Check("machine", "instructions", State.WARNING, "no AVX2: answers take several times as long")
    if flags & {"avx512_vnni", "avx_vnni"}:
        yield Check("machine", "int8", State.OK, "VNNI: int8 models run at full speed")
    else:
        yield Check("machine", "int8", State.NOTE, "no VNNI: int8 models are smaller, and little faster")
    if flags & {"avx512_bf16", "amx_bf16"}:
        kinds = " and ".join(kind for kind in ("avx512_bf16", "amx_bf16") if kind in flags)
        yield Check("machine", "bf16", State.OK, f"{kinds}: training uses bf16 by itself")
    else:
        yield Check("machine", "bf16", State.NOTE, "none: training uses fp32 and takes longer")


def _cpu_info(file: Path) -> Mapping[str, str]:
    """The first processor's entries of /proc/cpuinfo; empty elsewhere than on Linux."""
    try:
        first = file.read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0]
    except OSError:
        return {}
    return dict(re.findall(r"^([^\t:]+?)\s*: ?(.*)$", first, re.MULTILINE))


def _accelerator() -> Iterator[Check]:
    found = [name for device, name in _ACCELERATORS.items() if Path(device).exists()]
    if found:
        yield Check("machine", "accelerator", State.OK, f"{found[0]}: training uses it where PyTorch can")
    else:
        yield Check("machine", "accelerator", State.NOTE, "none: training runs on the processor")


def _memory() -> Iterator[Check]:
    there = memory()
    free = there.free
    found = f"{free / _GIB:.1f} of {there.total / _GIB:.1f} GiB free"
    if free < _SERVING:
        yield Check("machine", "memory", State.WARNING, found, "Serving needs about 1 GiB: end other programs.")
    elif free < _TRAINING:
        yield Check("machine", "memory", State.NOTE, found, "Training needs about 4 GiB; serving has enough.")
    else:
        yield Check("machine", "memory", State.OK, found)


def _disk(folder: Path) -> Iterator[Check]:
    place = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / _GIB:.1f} GiB free"
    if free < _DISK:
        yield Check("machine", "disk", State.WARNING, found, "A training and its releases take about 2 GiB: make room.")
    else:
        yield Check("machine", "disk", State.OK, found)
