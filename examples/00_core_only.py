"""The core alone: a controller and your own loop. No ROS, no trainer, no files but the robot's.

Run it: .venv/bin/python examples/00_core_only.py
"""

import numpy as np

from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.observation import Observer
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_sim_bridge.robots.registry import entry

robot = load_robot(config_path("robots/walker.yaml"))  # names, units, limits, network
controller = new_controller(robot, preset="dynsyn", seed=1)
body = entry("walker").create()  # any body will do that fills such a sensor vector
body.reset(seed=1)

observer = Observer(robot.observation, body.layout)
sensors = body.layout.zeros()  # SI units
observation = np.zeros(len(robot.observation))  # what the network sees
reward, terminal = 0.0, False
for _ in range(10_000):
    body.sense(sensors)
    observer.observe(sensors, observation)
    effort = controller.step(observation, reward, terminal)  # N m; it learns from the reward, too
    outcome = body.step(effort)
    reward, terminal = outcome.reward, outcome.terminal
    if terminal:
        body.reset()  # only the body is put back; the controller is never reset
print(controller.statistics)
