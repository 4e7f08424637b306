"""The swimming circuit of C. elegans as one module per joint (NCAP paper, section 3.3).

Two B neurons and two muscles (dorsal, ventral) to a module. With q the joints' angles in -1..1 (the
limits), s the speed, r and l the turns to the right and left, all 0..1:

    b_i^d = f(w_prop max(q_(i-1), 0) + w_speed (1 - s))       i > 1; ventral: max(-q_(i-1), 0)
    b_1^d = f(w_osc o^d + w_turn r + w_speed (1 - s))         ventral: o^v and l
    m_i^d = f(w_ipsi b_i^d + w_contra b_i^v)                  ventral: the other way round
    joint i: m_i^d - m_i^v, clipped to -1..1, times its effort limit

osc, prop and ipsi excite, contra inhibits; these four are dynamic synapses, shared by all modules
and sides (4 in all) or each its own (6 N). turn and speed are fixed: without commands no reward
speaks of them. The oscillators count the control steps lived, so they know of no episode.
"""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np

from dynsyn_controller.core.networks.base import (
    Body,
    FloatArray,
    LayerSpec,
    Network,
    Origin,
    TransferError,
    stack_layers,
)
from dynsyn_controller.core.networks.ncap_options import (
    KINDS,
    PRESETS,
    STRUCTURE,
    NcapOptions,
    check,
    initial_weights,
)
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.operations import learnt, put

SIDES = ("dorsal", "ventral")


@njit(cache=True, inner=True)
def constrain(state, settings):
    """Stop learnt values where more has no effect, since no reward would bring them back.

    Beyond 0 the constraint hides a weight. Where osc times ipsi saturates the first joint (or osc
    its neuron), so does the joint's limit.
    """
    if not settings.constrained:
        return
    contra, values = int(settings.start_contra), learnt(state, settings)
    for i in range(values.size):
        if values[i] * (1.0 if i < contra else -1.0) < 0.0:
            put(state, settings, i, 0.0)
    if settings.stopped:
        osc, ipsi = int(settings.start_osc), int(settings.start_ipsi)
        for side in range(1 if settings.shared else 2):
            reach = settings.ceiling
            if values[ipsi + side] > 0.0:
                reach = min(reach, 1.0 / values[ipsi + side])
            if values[osc + side] > reach:
                put(state, settings, osc + side, reach)


@njit(cache=True, inner=True)
def evolve(state, settings, learning):
    """The oscillators count the steps."""
    state.beat = (state.beat + 1) % int(settings.period_steps)


@njit(cache=True, inner=True)
def rhythm(state, settings, into):
    """Cosine and sine of the oscillators' phase."""
    phase = 2.0 * math.pi * state.beat / settings.period_steps
    into[0], into[1] = math.cos(phase), math.sin(phase)


@njit(cache=True, inner=True)
def think(state, settings, observation, learning):
    """From the observation to the outputs."""
    _sense(state, settings, observation)
    _drive_neurons(state, settings)
    _drive_muscles(state, settings)


@njit(cache=True, inner=True)
def _sense(state, settings, observation):
    """Oscillators, commands (speed 0..1, turn -1..1, left positive) and bends of the joints."""
    phase = state.beat / settings.period_steps
    if settings.sine_wave:
        wave = 0.5 + 0.5 * math.sin(2.0 * math.pi * phase)
    else:
        wave = 1.0 if phase < 0.5 else 0.0
    state.oscillator[0], state.oscillator[1] = wave, 1.0 - wave
    speed, turn = int(settings.speed_channel), int(settings.turn_channel)
    state.command[0] = min(max(observation[speed], 0.0), 1.0) if speed >= 0 else 1.0
    state.command[1] = min(max(observation[turn], -1.0), 1.0) if turn >= 0 else 0.0
    for j in range(state.output.size - 1):
        channel = state.position_channel[j]
        bend = observation[channel] * state.sensitivity[channel] * state.bend_scale[j]
        bend = min(max(bend, -1.0), 1.0)
        state.bend[2 * j], state.bend[2 * j + 1] = max(bend, 0.0), max(-bend, 0.0)


@njit(cache=True, inner=True)
def _weight(state, settings, start, unit, sign):
    """Weight of a kind of synapse that starts at `start`, at a unit, under the sign constraint."""
    weight = state.weight[int(start) + (0 if settings.shared else unit)]
    if settings.constrained and weight * sign < 0.0:
        return 0.0
    return weight


@njit(cache=True, inner=True)
def _drive_neurons(state, settings):
    """B neurons: oscillator and turn in the first module, bend of the joint before in the others.

    A relative command acts through the weight of the drive that it modulates, so that it keeps its
    effect whatever that weight has become: with weights of 1 both ways are the same.
    """
    rest = settings.speed_weight * (1.0 - state.command[0])
    for unit in range(state.neuron.size):
        if unit < 2:
            weight = _weight(state, settings, settings.start_osc, unit, 1.0)
            turn = -state.command[1] if unit == 0 else state.command[1]
            command = rest + settings.turn_weight * max(turn, 0.0)
            drive = weight * state.oscillator[unit]
        else:
            weight = _weight(state, settings, settings.start_prop, unit - 2, 1.0)
            command = rest
            drive = weight * state.bend[unit - 2]
        drive += weight * command if settings.relative else command
        state.neuron[unit] = min(max(drive, 0.0), settings.ceiling)


@njit(cache=True, inner=True)
def _drive_muscles(state, settings):
    """Muscles, and the joints that they pull at."""
    for unit in range(state.muscle.size):
        other = unit + 1 if unit % 2 == 0 else unit - 1
        ipsi = _weight(state, settings, settings.start_ipsi, unit, 1.0)
        contra = _weight(state, settings, settings.start_contra, unit, -1.0)
        drive = ipsi * state.neuron[unit] + contra * state.neuron[other]
        state.muscle[unit] = min(max(drive, 0.0), settings.ceiling)
    for j in range(state.output.size):
        state.output[j] = min(max(state.muscle[2 * j] - state.muscle[2 * j + 1], -1.0), 1.0)


class NcapNetwork(Network):
    """See `networks.base.Network`, `NcapOptions` and the module.

    Units of both sides lie side by side: dorsal of module i at 2 (i - 1), ventral behind it.
    """

    name = "ncap"
    Options = NcapOptions
    presets = PRESETS
    adjustable = tuple(f.name for f in fields(NcapOptions) if f.name not in STRUCTURE)
    moving = ("beat",)
    evolve, rhythm, think, constrain = evolve, rhythm, think, constrain
    rhythms = 2

    def __init__(self, body: Body, options: NcapOptions) -> None:
        check(body, options)
        super().__init__(body, options)
        joints = len(body.joints)
        self.layers = _layers(joints, options.weights == "shared")
        modules = range(1, joints + 1)
        self.unit_names = (
            *(f"oscillator.{side}" for side in SIDES),
            "command.speed",
            "command.turn",
            *(f"neuron.{i}.{side}" for i in modules for side in SIDES),
            *(f"muscle.{i}.{side}" for i in modules for side in SIDES),
            *(f"output.{name}" for name in body.joints),
        )

    def fields(self) -> list[tuple]:
        """Values of the units, and where and how bends are read."""
        joints = len(self.body.joints)
        units = {
            "oscillator": 2,
            "command": 2,
            "bend": 2 * joints,
            "neuron": 2 * joints,
            "muscle": 2 * joints,
            "bend_scale": joints,
        }
        return [
            *((name, np.float64, (size,)) for name, size in units.items()),
            ("position_channel", np.int64, (joints,)),
            ("beat", np.int64),
        ]

    def settings(self) -> dict[str, float]:
        """What the kernels need of options, body and layers."""
        options, channels = self.options, self.body.states
        return {
            "shared": options.weights == "shared",
            "constrained": options.signs == "constrained",
            "stopped": options.saturation == "stop",
            "period_steps": options.period_steps,
            "sine_wave": options.oscillator == "sine",
            "ceiling": 1.0 if options.activation == "clip" else math.inf,
            "relative": options.commands == "relative",
            "turn_weight": options.turn_weight,
            "speed_weight": options.speed_weight,
            "speed_channel": channels.index(options.speed) if options.speed else -1,
            "turn_channel": channels.index(options.turn) if options.turn else -1,
            **{f"start_{layer.name}": layer.start for layer in self.layers},
        }

    def initial_weights(self, generator: np.random.Generator) -> FloatArray:
        """As the options say, kind by kind."""
        return np.concatenate(
            [
                initial_weights(self.options, layer.name, layer.rows, generator)
                for layer in self.layers
            ]
        )

    def give_birth(self, state: np.ndarray) -> None:
        """Where bends are read; everything else begins at 0."""
        channels = [channel.get("position", -1) for channel in self.body.joint_channels]
        state["position_channel"] = channels
        ring = (len(self.body.joints) + 1) / (2.0 * math.pi)
        state["bend_scale"] = ring if self.options.bend == "ring" else 1.0

    def activity(self, record: np.void) -> FloatArray:
        """Values of the units in `unit_names`, dimensionless."""
        units = ("oscillator", "command", "neuron", "muscle", "output")
        return np.concatenate([record[name] for name in units])

    def origin(self, other: Network) -> Origin:
        """Modules that both bodies have live on; further ones are copies of the last.

        Shared weights that become separate ones are copied likewise; the other way round is
        refused.
        """
        old, new = other.options.weights, self.options.weights
        if (old, new) == ("separate", "shared"):
            raise TransferError("transfer: separate weights cannot become shared ones")
        old, new = other.options.period_steps, self.options.period_steps
        if old != new:
            raise TransferError(f"transfer: period_steps: found {old}, expected {new}")
        parts = [
            _layer_origin(layer, model)
            for layer, model in zip(self.layers, other.layers, strict=True)
        ]
        index, same = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Origin(index, same)


def _layer_origin(layer: LayerSpec, model: LayerSpec) -> tuple[np.ndarray, np.ndarray]:
    """For each synapse of `layer` the one of `model` to copy, and whether it is the same one."""
    rows = np.arange(layer.rows)
    if model.rows == 1:
        return model.start + 0 * rows, rows < (1 if layer.rows == 1 else 0)
    # Sides alternate: the last module of the same side stands for those that it does not have.
    last = model.rows - 2 + rows % 2
    return model.start + np.minimum(rows, last), rows < model.rows


def _layers(joints: int, shared: bool) -> tuple[LayerSpec, ...]:
    """One column of weights to each kind of synapse."""
    first = {"osc": 1, "prop": 2, "ipsi": 1, "contra": 1}
    last = {"osc": 1, "prop": joints, "ipsi": joints, "contra": joints}
    outputs = {"osc": "neuron", "prop": "neuron", "ipsi": "muscle", "contra": "muscle"}
    inputs = {"osc": "oscillator", "prop": "bend", "ipsi": "same_side", "contra": "other_side"}
    parts = []
    for kind in KINDS:
        modules = range(first[kind], last[kind] + 1)
        names = tuple(f"{outputs[kind]}.{i}.{side}" for i in modules for side in SIDES)
        parts.append((kind, ("shared",) if shared else names, (inputs[kind],)))
    return stack_layers(parts)
