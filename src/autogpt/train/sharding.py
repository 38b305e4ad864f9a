"""A model that is divided among several processes while it is trained: FSDP2, as accelerate does it.

In: a trainer. Out: the same, which trains the parts; in the end the whole model on the first process, from where all
goes on as ever: merging, calibration, export. What cannot be trained so is refused. Knows no task.
"""

import copy
import os
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch.distributed.fsdp.wrap import transformer_auto_wrap_policy

from autogpt.config import ObjectiveTrainingSection
from autogpt.errors import UsageError
from autogpt.models.adapters.anatomy import layers_of
from autogpt.train import processes

#: What accelerate's configuration has to say, by the variables that `accelerate launch` sets; what is not set is right.
_NEEDED = {
    "fsdp_version": "2",
    "fsdp_state_dict_type": "SHARDED_STATE_DICT",
    "fsdp_cpu_ram_efficient_loading": "false",
    "fsdp_offload_params": "false",
    "fsdp_activation_checkpointing": "false",
}
#: Settings with which weights are read or changed one by one, or a model is asked in pieces; and what to take instead.
_WHOLE = {
    ("method", "adalora"): "lora",
    ("adversarial", "fgm"): "none",
    ("adversarial", "pgd"): "none",
    ("optimizer", "adafactor"): "adamw",
    ("few_shot", "prompt"): "never",
}
#: Where accelerate puts the parts of a model in a checkpoint.
_PARTS = "pytorch_model_fsdp*"


def require_divisible(settings: ObjectiveTrainingSection, section: str) -> None:
    """Raises UsageError where accelerate is to divide the model among processes and that cannot be: in the way it is
    configured, by what the training is told in `section`, or on this machine.
    """
    if processes.accelerate_uses("DEEPSPEED"):
        raise UsageError(
            "DeepSpeed divides a model among processes in a way that trainings here do not take.",
            "Turn it off in accelerate's configuration, or take FSDP 2: see Train on several processes in the docs.",
        )
    if not processes.accelerate_uses("FSDP"):
        return
    said = {name: os.environ.get(name.upper(), needed) for name, needed in _NEEDED.items()}
    said["fsdp_version"] = os.environ.get("FSDP_VERSION", "1")
    for name, needed in _NEEDED.items():
        if said[name].lower() != needed.lower():
            raise UsageError(
                f"Models are not divided here with {name}: {said[name]}.",
                f"Set {name}: {needed} under fsdp_config in accelerate's configuration.",
            )
    for (key, value), other in _WHOLE.items():
        if getattr(settings, key, None) == value:
            raise UsageError(
                f"{section}.{key}={value} needs the model whole, but FSDP divides it among processes.",
                f"Set {section}.{key} to {other}, or turn FSDP off in accelerate's configuration.",
            )
    if getattr(settings, "lwf_weight", 0):
        raise UsageError(
            "Learning without forgetting holds the base whole beside the model, but FSDP divides that among processes.",
            f"Set {section}.lwf_weight to 0, or turn FSDP off in accelerate's configuration.",
        )
    if processes.count() == 1:
        raise UsageError("FSDP divides a model among processes; here is one.", "Raise num_processes, or turn it off.")
    if not processes.on_accelerators():
        raise UsageError(
            "accelerate divides models among GPUs; here is none.", "Turn FSDP off in accelerate's configuration."
        )


def require_same_form(checkpoint: Path) -> None:
    """Raises UsageError for a checkpoint of a divided model where models are whole, and the other way round."""
    divided = any(checkpoint.glob(_PARTS))
    if divided != processes.divide_models():
        was, now = ("divided (FSDP)", "whole") if divided else ("whole", "divided (FSDP)")
        raise UsageError(
            f"The training was begun with its model {was}, and cannot go on with it {now}: {checkpoint}.",
            "Start it as it was started before, or begin anew with --no-resume.",
        )


def set_aside(trainer: Any) -> Any:
    """The model of a `Trainer` as it is, whole. What will be trained, and divided in place by its layers, is on the
    first process a copy of it; all begin with the first one's weights.
    """
    whole = trainer.model
    found, plugin = layers_of(whole), trainer.accelerator.state.fsdp_plugin
    plugin.auto_wrap_policy = transformer_auto_wrap_policy if found else None
    plugin.transformer_cls_names_to_wrap = sorted({type(layer).__name__ for layer in found[1]}) if found else None
    group = torch.distributed.new_group(backend="gloo")
    for one in chain(whole.parameters(), whole.buffers()):
        torch.distributed.broadcast(one.data, 0, group)
    if processes.is_first():
        trainer.model = trainer.model_wrapped = copy.deepcopy(whole)
    _name_once(trainer.model)
    return whole


def take_back(trainer: Any, whole: Any) -> None:
    """Put what was trained into the whole model, on the first process, and give that to the trainer. All processes have
    to come here.
    """
    state = trainer.accelerator.get_state_dict(trainer.model)
    if processes.is_first():
        held = whole.state_dict()
        names = {held[name].data_ptr(): name for name in state}
        whole.load_state_dict({name: state[names[one.data_ptr()]] for name, one in held.items()})
        trainer.model = trainer.model_wrapped = whole


def _name_once(model: Any) -> None:
    """Take the bias of the head for words from where else it has a name: BERT's head keeps it twice, and FSDP refuses
    weights that two of its groups have. Those that the head shares with word embeddings stand in one group.
    """
    words = model.get_output_embeddings()
    bias = getattr(words, "bias", None)
    for module in model.modules() if bias is not None else ():
        for name, one in list(module.named_parameters(recurse=False)):
            if one is bias and module is not words:
                delattr(module, name)
