"""Policies in ONNX files: a chain of operations from the observation to the actions.

`chain` says which operations may be in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_lab.errors import CommandError, install_extra
from dynsyn_lab.policies.chain import Step, policy_of
from dynsyn_lab.policies.policy import Policy, PolicyError

JOINT_NAMES = "joint_names"
"""Key of a file's metadata that may name the joints, in the order of the actions, with commas."""


def read_onnx(path: Path) -> Policy:
    """The policy whose actions are the file's first output.

    Raises:
        PolicyError: the file cannot be read, or holds something that is no perceptron.
        CommandError: the package onnx is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise CommandError(
            f"{path}: the package onnx is not installed: {install_extra('baselines')}"
        ) from None
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception:  # of protobuf, or of the checker
        raise PolicyError(f"{path}: damaged, or not an ONNX file") from None
    about = {entry.key: entry.value for entry in model.metadata_props}
    joints = tuple(name.strip() for name in about.get(JOINT_NAMES, "").split(",") if name.strip())
    return policy_of(_chain(model.graph, path), joints, str(path))


def _chain(graph: Any, path: Path) -> list[Step]:
    """The operations between the observation and the first output, in order."""
    from onnx import helper, numpy_helper

    constants = {part.name: numpy_helper.to_array(part) for part in graph.initializer}
    makers: dict[str, Any] = {}
    for node in graph.node:
        settings = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant" and "value" in settings:
            constants[node.output[0]] = numpy_helper.to_array(settings["value"])
        makers[node.output[0]] = (node, settings)
    steps: list[Step] = []
    name = graph.output[0].name
    while name in makers and name not in constants:
        node, settings = makers[name]
        along = [at for at, given in enumerate(node.input) if given and given not in constants]
        if len(along) != 1:
            raise PolicyError(
                f"{path}: operation {node.op_type} of {name}: found {len(along)} inputs that are "
                "not constants, expected 1: a chain from the observation to the actions"
            )
        others = tuple(
            np.asarray(constants[given], np.float64) if given else None
            for at, given in enumerate(node.input)
            if at != along[0]
        )
        steps.append(Step(node.op_type, others, along[0] == 0, settings))
        name = node.input[along[0]]
    return steps[::-1]
