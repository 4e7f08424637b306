"""What outliers in everything that is sensed leave of the shipped walker."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.messages.conversions import MessageError, SensorWriter
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.robot.config_files import shipped_checkpoint
from dynsyn_lab.rollouts.evaluate import evaluate
from dynsyn_msgs.msg import Reward
from dynsyn_sim_bridge.robots.registry import entry
from dynsyn_sim_bridge.simulation import Simulation

pytestmark = [pytest.mark.faults, pytest.mark.long]
STEPS = 10_000
PERIOD = 20_000_000  # ns
SIZES = [10.0**power for power in range(2, 301)]
LARGEST_SINGLE = 3e38  # of the scan's numbers
REWARD = -1
GOOD = 300.0


def test_one_outlier_of_every_size_in_every_input_leaves_a_walk(tmp_path, note_measured):
    """Three of four steps have one: 299 sizes in each of 24 readings and the reward."""
    saved = checkpoint.load(shipped_checkpoint("walker"))
    guard = Guard(saved.robot, saved.controller(), notes=saved.notes)
    guard.warm_up()
    simulation = Simulation(entry("walker").create(), seed=3)
    layout, sensors = simulation.robot.layout, simulation.sensors
    messages = {name: sensor.new_message() for name, sensor in layout.sensors.items()}
    writer = SensorWriter(layout, messages)
    scan = layout.blocks["scan"]
    places = [layout.locate(channel)[0] for channel in saved.robot.observation]
    outliers = [(place, size) for place in [*places, REWARD] for size in SIZES]
    generator = np.random.default_rng(3)
    generator.shuffle(outliers)
    sent = 0
    for step in range(1, STEPS + 1):
        now = step * PERIOD
        readings, reward = sensors.copy(), simulation.reward
        if sent < len(outliers) and step * len(outliers) >= sent * STEPS:
            place, size = outliers[sent]
            size *= generator.choice((-1.0, 1.0))
            sent += 1
            if place == REWARD:
                reward = size
            else:
                most = LARGEST_SINGLE if scan.start <= place < scan.stop else np.inf
                readings[int(place)] = np.clip(size, -most, most)
        writer.write(readings, now)
        for source, message in messages.items():
            with contextlib.suppress(MessageError):
                guard.read(source, message, now)
        guard.read_reward(Reward(value=reward, terminal=simulation.terminal), now)
        effort = guard.tick(now, 3 * PERIOD, 25 * PERIOD)
        assert (np.abs(effort) <= [joint.effort_limit for joint in saved.robot.joints]).all()
        simulation.advance(effort)
    assert sent == len(outliers)
    assert guard.lifetime.vitals.sound()
    after = tmp_path / "after.ckpt"
    checkpoint.save(after, saved.robot, guard.lifetime.controller)
    mean = float(evaluate(after, episodes=50, seed=9)["mean"])
    note_measured(f"{sent} outliers in {STEPS} steps: frozen return", GOOD, mean)
    assert mean >= GOOD
