"""What the controller node tells about itself: status, weights, activity, diagnostics."""

from __future__ import annotations

from array import array

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.writer import CheckpointWriter
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.timing import LoopTiming
from dynsyn_controller.robot.robot import Robot
from dynsyn_msgs.msg import Activity, Quantity, Scalars, Status, SynapseLayer, Weights

INACTIVE = "inactive"
"""Why nothing is sent while the node is configured, but not active."""
_SECONDS_PER_HOUR = 3600.0
_SCALARS = (
    "steps",
    "reward",
    "reward_average",
    "return_average",
    "evaluation_average",
    "overruns",
    "falls",
)
"""What dynsyn/scalars has of dynsyn/status."""


def weights_message(robot: Robot, controller: Controller) -> Weights:
    """A message for the controller's layers; `fill_weights` puts the numbers in."""
    message = Weights(robot=robot.name, learner=controller.learner.name, preset=controller.preset)
    message.layers = [
        SynapseLayer(
            name=layer.name,
            rows=layer.rows,
            columns=layer.columns,
            input_names=list(layer.input_names),
            output_names=list(layer.output_names),
            quantities=[Quantity(name=name) for name in controller.learner.quantities],
        )
        for layer in controller.layers
    ]
    return message


def fill_weights(message: Weights, controller: Controller) -> None:
    """Weights, and the learner's quantities of every synapse, of this moment."""
    message.steps = controller.steps
    for target, layer in zip(message.layers, controller.layers, strict=True):
        target.weight = array("d", controller.weight[layer.slice].tobytes())
        for quantity in target.quantities:
            values = controller.quantity(quantity.name)[layer.slice]
            quantity.value = array("d", values.tobytes())


def activity_message(controller: Controller) -> Activity:
    """A message for the controller's units; `fill_activity` puts the numbers in."""
    return Activity(name=list(controller.unit_names))


def fill_activity(message: Activity, controller: Controller) -> None:
    """Values of the units at this moment."""
    message.value = array("d", np.asarray(controller.activity(), dtype=np.float64).tobytes())


def status_message(robot: Robot, controller: Controller, rate: float) -> Status:
    """A message for this robot; `fill_status` puts the numbers in.

    Args:
        robot: the robot file.
        controller: made for it.
        rate: Hz, of the loop.
    """
    return Status(
        robot=robot.name,
        learner=controller.learner.name,
        preset=controller.preset,
        effort_name=list(robot.joint_names),
        layer_name=[layer.name for layer in controller.layers],
        layer_quantities=[Quantity(name=name) for name in controller.learner.layer_quantities],
        rate_target=rate,
    )


def fill_status(
    message: Status,
    robot: Robot,
    guard: Guard,
    timing: LoopTiming,
    overruns: int,
    now: int,
) -> None:
    """How things stand at `now` (ns, steady clock)."""
    lifetime, controller = guard.lifetime, guard.lifetime.controller
    statistics = controller.statistics
    message.steps = statistics.steps
    message.hours_lived = statistics.steps / robot.control_rate / _SECONDS_PER_HOUR
    message.reward = statistics.reward
    message.reward_average = statistics.reward_average
    message.return_last = statistics.return_last
    message.return_average = statistics.return_average
    message.return_best = statistics.return_best
    message.evaluation_average = lifetime.evaluations.average
    message.evaluations = lifetime.evaluations.count
    message.episodes = statistics.episodes
    message.falls = statistics.falls
    message.effort = array("d", guard.effort.tobytes())
    for quantity in message.layer_quantities:
        values = controller.quantity(quantity.name)
        quantity.value = [float(np.mean(values[layer.slice])) for layer in controller.layers]
    message.gain = array("d", np.ascontiguousarray(controller.gain).tobytes())
    message.rate_achieved = timing.rate(now)
    message.overruns = overruns
    message.latency_us_median, message.latency_us_p99 = timing.latency_us()
    message.learning = guard.learning
    message.exploration_limit = lifetime.exploration_limit
    message.stale = guard.stale
    message.stopped = guard.arming.stopped
    message.armed = guard.arming.armed
    message.neutral_because = guard.held
    message.learning_paused = guard.learning_paused
    message.rewards_bounded = guard.rewards.bounds.cut
    message.waiting_for = guard.senses.missing()


def fill_scalars(message: Scalars, status: Status, robot: Robot, controller: Controller) -> None:
    """What plotters want as numbers with names of their own, from a status filled just before."""
    message.header.stamp = status.header.stamp
    for name in _SCALARS:
        setattr(message, name, getattr(status, name))
    message.effort_mean = float(robot.command_range.parts(np.array(status.effort)).mean())
    message.weight_mean = float(np.abs(controller.weight).mean())
    shown = status.layer_quantities[0].value if status.layer_quantities else [float("nan")]
    message.exploration = sum(shown) / len(shown)
    message.rate = status.rate_achieved
    message.latency = status.latency_us_median / 1e6


class Diagnostics:
    """Three lines for a robot monitor: control loop, observations, checkpoint.

    Args:
        node_name: full name of the node; the lines are named after it.
        robot: its name is the hardware id.
    """

    def __init__(self, node_name: str, robot: Robot) -> None:
        self.message = DiagnosticArray()
        self.message.status = [
            DiagnosticStatus(name=f"{node_name}: {what}", hardware_id=robot.name)
            for what in ("control loop", "observations", "checkpoint")
        ]
        self._overruns = 0

    def fill(self, status: Status, late: list[str], writer: CheckpointWriter, now: int) -> None:
        """How things stand, from a status message filled just before.

        Args:
            status: see `fill_status`.
            late: sources that are stale, with their age.
            writer: of the checkpoint.
            now: ns, steady clock.
        """
        loop, observations, checkpoint = self.message.status
        self._fill_loop(loop, status)
        if status.waiting_for:
            what = f"waiting for {', '.join(status.waiting_for)}"
            _say(observations, DiagnosticStatus.WARN, what)
        elif status.stale:
            what = f"stale: {', '.join(late) or 'part of a message'}"
            _say(observations, DiagnosticStatus.ERROR, what)
        else:
            _say(observations, DiagnosticStatus.OK, "all channels are fresh")
        if writer.error:
            _say(checkpoint, DiagnosticStatus.ERROR, writer.error)
        elif writer.path is None:
            _say(checkpoint, DiagnosticStatus.OK, "none is kept (checkpoint_path is empty)")
        elif writer.saved_at is None:
            _say(checkpoint, DiagnosticStatus.OK, "not written yet since the start")
        else:
            age = (now - writer.saved_at) / 1e9
            _say(checkpoint, DiagnosticStatus.OK, f"written {age:.0f} s ago", path=writer.path)

    def _fill_loop(self, line: DiagnosticStatus, status: Status) -> None:
        skipped, self._overruns = status.overruns - self._overruns, status.overruns
        if status.stopped:
            _say(line, DiagnosticStatus.WARN, "emergency stop: neutral effort until dynsyn/rearm")
        elif status.neutral_because == INACTIVE:
            _say(line, DiagnosticStatus.WARN, "inactive: no commands are sent")
        elif not status.armed:
            _say(line, DiagnosticStatus.WARN, "disarmed: neutral effort until dynsyn/arm")
        elif skipped > 0:
            _say(line, DiagnosticStatus.WARN, f"{skipped} ticks skipped in the last second")
        else:
            doing = "learning" if status.learning else "frozen"
            _say(line, DiagnosticStatus.OK, f"{doing}, {status.rate_achieved:.1f} Hz")
        values = {
            "steps": status.steps,
            "rate (Hz)": f"{status.rate_achieved:.2f}",
            "rate wanted (Hz)": f"{status.rate_target:.2f}",
            "ticks skipped": status.overruns,
            "latency median (us)": f"{status.latency_us_median:.0f}",
            "latency p99 (us)": f"{status.latency_us_p99:.0f}",
            "return, mean of 100": f"{status.return_average:.1f}",
            "falls": status.falls,
        }
        line.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]


def _say(line: DiagnosticStatus, level: bytes, message: str, **values: object) -> None:
    line.level, line.message = level, message
    line.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
