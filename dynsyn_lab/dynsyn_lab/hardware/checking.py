"""`dynsyn robot check`: listens, says what is wrong, and pushes each joint where asked to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from dynsyn_controller.node.settings import read_robot
from dynsyn_lab.errors import CommandError
from dynsyn_lab.hardware.check import Finding, check
from dynsyn_lab.hardware.heard import Listener
from dynsyn_lab.hardware.wiggle import Wiggle
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.client import ControllerClient
from dynsyn_lab.live.session import CONTROLLERS, refuse_company


def check_robot(
    robot_file: Path,
    namespace: str,
    seconds: float,
    wiggle: float,
    effort_topic: str,
    interrupts: Interrupts,
) -> Iterator[Finding]:
    """Check a robot file against the live topics.

    Args:
        robot_file: path, or name of a shipped one.
        namespace: of the robot.
        seconds: to listen for.
        wiggle: part of each effort limit to push each joint with; 0: nothing moves.
        effort_topic: for the pushes, beside joint_command; empty: none.
        interrupts: what ends it from outside.

    Raises:
        ParameterError, RobotFileError: the robot file cannot be.
        CommandError: a controller runs, or a push was ended by something odd.
    """
    robot = read_robot(str(robot_file), 0)
    with ControllerClient(namespace) as client:
        since = time.monotonic()
        listener = Listener(client, robot)
        found = check(listener.listen(seconds))
        yield from found
        if wiggle:
            if any(finding.wrong for finding in found):
                raise CommandError("wiggle: not before what is wrong is mended")
            refuse_company(client, since, CONTROLLERS)
            yield from Wiggle(client, listener, wiggle, effort_topic).run(interrupts)
