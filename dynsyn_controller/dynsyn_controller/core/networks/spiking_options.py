"""Options of the spiking network and what they may be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import SchemaError, check_at_least, check_positive


@dataclass(frozen=True)
class SpikingOptions:
    """Section `network` of a robot file with `type: spiking`.

    Attributes:
        hidden: units of each hidden layer, each 1 or more; at least one layer.
        neuron: "lif" (leaky) or "if".
        membrane_time: tau in steps of the neurons, >= 1; LIF only.
        threshold: v at which a unit fires, above the reset potential.
        reset_potential: v of a unit after it has fired, and at rest.
        time_steps: T, steps of the neurons within one decision, >= 1.
        keep_state: potentials live on from decision to decision; else each begins at rest.
        readout: value of an output unit: "voltage" of one that never fires, after T steps, or
            "count": spikes / T.
        action: "linear": a value is an output -1..1 (count: of two units, the second minus the
            first); "argmax": the output is the level of the unit with the largest value, the first
            of equals; for one joint alone.
        levels: outputs to choose from with "argmax", -1..1, two or more, ascending.
        encoding_gain: factor on every input's sensitivity, > 0.
        initial_scale: first weights are drawn from U(-s, s), s = initial_scale / sqrt(inputs of the
            layer), >= 0.
    """

    hidden: tuple[int, ...] = (64,)
    neuron: Literal["lif", "if"] = "lif"
    membrane_time: float = 2.0
    threshold: float = 1.0
    reset_potential: float = 0.0
    time_steps: int = 16
    keep_state: bool = False
    readout: Literal["voltage", "count"] = "voltage"
    action: Literal["linear", "argmax"] = "linear"
    levels: tuple[float, ...] = (-1.0, 1.0)
    encoding_gain: float = 1.0
    initial_scale: float = 1.0


AT_BIRTH = ("initial_scale",)
"""Options that only say where weights began."""


def check(body: Body, options: SpikingOptions) -> None:
    """Check what the types do not say.

    Raises:
        SchemaError: the first option out of its range, or a readout that the body cannot take.
    """
    if not options.hidden:
        raise SchemaError("network.hidden", "found an empty list, expected one size or more")
    for index, units in enumerate(options.hidden):
        if units < 1:
            raise SchemaError(f"network.hidden[{index}]", f"found {units}, expected 1 or more")
    check_at_least("network", options, ("time_steps", "membrane_time"), 1)
    check_at_least("network", options, ("initial_scale",))
    check_positive("network", options, ("encoding_gain",))
    if not options.threshold > options.reset_potential:
        raise SchemaError(
            "network.threshold",
            f"found {options.threshold}, expected more than network.reset_potential "
            f"({options.reset_potential})",
        )
    if options.action == "argmax":
        _check_levels(body, options)


def _check_levels(body: Body, options: SpikingOptions) -> None:
    if len(body.joints) != 1:
        raise SchemaError(
            "network.action",
            f"found 'argmax' on a robot with {len(body.joints)} joints "
            f"({', '.join(body.joints)}), expected 'linear', or one joint",
        )
    levels = options.levels
    ascending = all(low < high for low, high in pairwise(levels))
    if len(levels) < 2 or not ascending or levels[0] < -1 or levels[-1] > 1:
        raise SchemaError(
            "network.levels",
            f"found {list(levels)}, expected two or more numbers from -1 to 1, ascending",
        )
