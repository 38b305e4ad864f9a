"""A model that is divided among processes (FSDP2) becomes what a whole one becomes.

accelerate divides models on accelerators alone. Where there are none, two processes on a processor stand for them: what
they compute and say to each other is the same, by gloo in place of NCCL.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils.launch import prepare_multi_gpu_env
from safetensors.torch import load_file

from autogpt.config import ClassifierTrainingSection, Config, ReaderTrainingSection, override
from autogpt.errors import UsageError
from autogpt.train import processes
from autogpt.train.classifier import train_classifier
from autogpt.train.history import read_history
from autogpt.train.reader import train_reader
from autogpt.train.sharding import require_divisible, require_same_form
from labelled import labelled
from tiny_models import build_generator, make_examples, write_lines

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "train-on-several-processes.md"


@pytest.fixture(scope="module")
def fsdp(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `accelerate launch` makes of the configuration in the docs: variables of the processes that it starts."""
    written = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert written
    file = tmp_path_factory.mktemp("accelerate") / "fsdp.yaml"
    file.write_text(written[1])
    given, _, _ = _validate_launch_command(launch_command_parser().parse_args(["--config_file", str(file), "train.py"]))
    assert given.num_processes == 2
    set_by_it = prepare_multi_gpu_env(given).items()
    return {
        name: value for name, value in set_by_it if name.startswith(("FSDP_", "ACCELERATE_USE", "ACCELERATE_MIXED"))
    }


COMMON: dict[str, Any] = {
    "epochs": 2, "batch_size": 4, "learning_rate": 1e-3, "precision": "fp32", "trackers": [], "dropout": 0,
    "patience": 0,
}  # fmt: skip
#: Trainings one after the other, the first half with whole models, the second with divided ones. One that is to stop
#: does, at its seventh step, as if it was killed, and is begun again.
SCRIPT = """
import json, os, sys
from pathlib import Path
from accelerate import state
from autogpt.cli import main
from autogpt.train.callbacks import ClockCallback

tasks = json.loads(Path(sys.argv[1]).read_text())
step_end = ClockCallback.on_step_end
begin = state.PartialState.__init__

def begin_as_accelerators(self, *args, **kwargs):
    begin(self, *args, **kwargs)
    if self.distributed_type == state.DistributedType.MULTI_CPU:
        self.distributed_type = state.DistributedType.MULTI_GPU

def stop(self, args, state, control, **kwargs):
    step_end(self, args, state, control, **kwargs)
    if state.global_step == 7:
        raise KeyboardInterrupt

train_begin = ClockCallback.on_train_begin

def tell(self, args, state, control, **kwargs):
    train_begin(self, args, state, control, **kwargs)
    sys.stdout.write(f"begins at step {state.global_step}\\n")  # whole, as two processes write to one pipe

ClockCallback.on_train_begin = tell

for divided, stops, words in tasks:
    if divided and "ACCELERATE_USE_FSDP" not in os.environ:
        os.environ.update(json.loads(sys.argv[2]))
        state.AcceleratorState._reset_state(reset_partial_state=True)
        state.PartialState.__init__ = begin_as_accelerators
    if stops:
        ClockCallback.on_step_end = stop
        assert main(words) == 130
        ClockCallback.on_step_end = step_end
    assert main(words) == 0, words
"""


def command(kind: str, folder: Path, base: Path, data: list[str], **settings: Any) -> list[str]:
    section = f"train.{kind.replace('-', '_')}"
    given = {**COMMON, **settings}
    told = [part for key, value in given.items() for part in ("--set", f"{section}.{key}={json.dumps(value)}")]
    return ["train", kind, "--base", str(base), *data, "--out", str(folder), *told]


def run_two(
    tmp_path: Path, tasks: list[tuple[bool, bool, list[str]]], fsdp: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    (tmp_path / "trainings.py").write_text(SCRIPT)
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    return subprocess.run(
        [*launch, str(tmp_path / "trainings.py"), str(tmp_path / "tasks.json"), json.dumps(fsdp)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
        timeout=900,
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = load_file(folder / "model" / "model.safetensors")
    return found


def assert_alike(whole: Path, divided: Path) -> None:
    """The same weights, but for what rounding does: of the bias that no softmax sees, that is all the gradient."""
    ours, theirs = weights(divided), weights(whole)
    assert ours.keys() == theirs.keys()
    for name in ours.keys() - {"qa_outputs.bias"}:
        assert torch.allclose(ours[name], theirs[name], rtol=0, atol=2e-4), name


@pytest.mark.timeout(900)
def test_divided_models_become_what_whole_ones_become(
    tiny_model: Callable[[str], Path], tmp_path: Path, fsdp: dict[str, str]
) -> None:
    write_lines(tmp_path / "towns.jsonl", make_examples(33))
    write_lines(tmp_path / "held.jsonl", make_examples(9, 50))
    texts = [json.dumps({"text": one.text, "label": one.labels[0]}) for one in labelled(45)]
    (tmp_path / "labels.jsonl").write_text("\n".join(texts))
    towns = ["--data", str(tmp_path / "towns.jsonl"), "--validation", str(tmp_path / "held.jsonl")]
    bert = tiny_model("bert")
    generator = build_generator("gpt2", tmp_path / "gpt2")
    wanted: dict[str, tuple[str, Path, list[str], dict[str, Any]]] = {
        "reader": (
            "reader", bert, towns,
            {"max_length": 96, "stride": 16, "packing": False, "retrieved_negatives": 0, "epochs": 3,
             "layer_decay": 0.9, "rdrop": 0.5, "dropout": 0.1, "checkpointing": True},
        ),
        "classifier": (
            "classifier", bert, ["--data", str(tmp_path / "labels.jsonl")],
            {"few_shot": "never", "linear_probe": False, "method": "lora", "learning_rate": 1e-2},
        ),
        "language-model": ("language-model", bert, towns, {"max_length": 64, "gradient_accumulation": 2}),
        "generator": (
            "generator", generator, towns,
            {"max_length": 768, "max_answer_tokens": 3, "validation_questions": 3, "epochs": 1, "method": "adapter"},
        ),
    }  # fmt: skip
    tasks = [
        (divided, divided and name == "reader", command(kind, tmp_path / f"{name}-{divided}", base, data, **settings))
        for divided in (False, True)
        for name, (kind, base, data, settings) in wanted.items()
    ]
    done = run_two(tmp_path, tasks, fsdp)
    assert done.returncode == 0, done.stderr[-5000:]
    for name in wanted:
        whole, divided = (tmp_path / f"{name}-{one}" for one in (False, True))
        assert_alike(whole, divided)
        steps = [
            [one["step"] for one in read_history(one / "history.jsonl") if "loss" in one] for one in (whole, divided)
        ]
        assert steps[0] == steps[1]
        measured = [json.loads((one / "metrics.json").read_text()) for one in (whole, divided)]
        assert measured[1] == pytest.approx(measured[0], abs=0.1)
        assert not list((divided / "checkpoints").glob("checkpoint-*"))
    assert done.stdout.count("begins at step 5") == 2  # the reader in both processes, after it was stopped
    assert "shown" in measured[0]  # answers are written in the end, where the model is whole again
    assert (tmp_path / "classifier-True" / "adapter" / "adapter.safetensors").is_file()
    before, after = load_file(bert / "model.safetensors"), weights(tmp_path / "classifier-True")
    merged = "bert.encoder.layer.0.output.dense.weight"
    assert not torch.allclose(before[merged], after[merged], atol=1e-4)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_two_gpus_train_a_divided_reader(
    tiny_model: Callable[[str], Path], tmp_path: Path, fsdp: dict[str, str]
) -> None:
    write_lines(tmp_path / "towns.jsonl", make_examples(33))
    data = ["--data", str(tmp_path / "towns.jsonl")]
    told = command("reader", tmp_path / "run", tiny_model("bert"), data, max_length=96, stride=16)
    done = run_two(tmp_path, [(True, True, told)], fsdp)
    assert done.returncode == 0, done.stderr[-5000:]
    assert (tmp_path / "run" / "metrics.json").is_file()


@pytest.fixture
def divided(monkeypatch: pytest.MonkeyPatch, fsdp: dict[str, str]) -> None:
    """Two processes, as accelerate starts them for FSDP; this is the first."""
    for name, value in {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "RANK": "0", **fsdp}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("divided")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FSDP_VERSION", "1", "fsdp_version: 2"),
        ("FSDP_STATE_DICT_TYPE", "FULL_STATE_DICT", "fsdp_state_dict_type: SHARDED_STATE_DICT"),
        ("FSDP_CPU_RAM_EFFICIENT_LOADING", "true", "fsdp_cpu_ram_efficient_loading: false"),
        ("FSDP_OFFLOAD_PARAMS", "true", "fsdp_offload_params: false"),
        ("FSDP_ACTIVATION_CHECKPOINTING", "true", "fsdp_activation_checkpointing: false"),
        ("ACCELERATE_USE_DEEPSPEED", "true", "FSDP 2"),
        ("WORLD_SIZE", "1", "num_processes"),
    ],
)
def test_an_environment_that_divides_otherwise_is_refused(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as refused:
        require_divisible(ReaderTrainingSection(), "train.reader")
    assert said in (refused.value.hint or "")


@pytest.mark.usefixtures("divided")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": "adalora"}, "train.classifier.method to lora"),
        ({"adversarial": "fgm"}, "train.classifier.adversarial to none"),
        ({"adversarial": "pgd"}, "train.classifier.adversarial to none"),
        ({"optimizer": "adafactor"}, "train.classifier.optimizer to adamw"),
        ({"few_shot": "prompt"}, "train.classifier.few_shot to never"),
        ({"lwf_weight": 0.5}, "train.classifier.lwf_weight to 0"),
    ],
)
def test_settings_that_need_the_model_whole_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        require_divisible(ClassifierTrainingSection(**changes), "train.classifier")
    assert said in (refused.value.hint or "")


@pytest.mark.usefixtures("divided")
def test_trainings_refuse_before_they_begin(
    tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "on_accelerators", lambda: False)
    with pytest.raises(UsageError, match="here is none"):
        train_reader(Config().train.reader, make_examples(6), [], tiny_model("bert"), tmp_path / "run")
    never = override(Config(), {"train.classifier.few_shot": "never"}).train.classifier
    with pytest.raises(UsageError, match="here is none"):
        train_classifier(never, labelled(9), [], tiny_model("bert"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_of_another_form_is_not_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "divided" / "pytorch_model_fsdp_0").mkdir(parents=True)
    (tmp_path / "whole").mkdir()
    require_same_form(tmp_path / "whole")
    with pytest.raises(UsageError, match="begun with its model divided"):
        require_same_form(tmp_path / "divided")
    monkeypatch.setattr(processes, "divide_models", lambda: True)
    require_same_form(tmp_path / "divided")
    with pytest.raises(UsageError, match="begun with its model whole"):
        require_same_form(tmp_path / "whole")
