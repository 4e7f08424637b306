"""All facts about one simulated robot in one place: its entry.

An entry stands beside the robot's code. Trainer, evaluation, pictures, benchmark and bridge ask the
entry and hold no facts about robots of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.node.parameter_table import Parameter, Value, resolve
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.body_model import BodyModel
from dynsyn_sim_bridge.robots.task import Task


@dataclass(frozen=True)
class EnvpoolBody:
    """The same body on envpool, many at once.

    Attributes:
        environment: envpool's name of it.
        layout: of the sensor vectors that `decode` fills.
        effort_limit: N m; the effort of every joint that an action of 1 stands for.
        decode: fills sensors (bodies, layout.size) in place from the environments' states
            (bodies, states) and the efforts applied (bodies, joints).
        unknown: blocks of the sensor vector that envpool does not tell.
    """

    environment: str
    layout: SensorLayout
    effort_limit: float
    decode: Callable[[Any, FloatArray, FloatArray], None]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One simulated robot.

    Attributes:
        description: one line for people.
        factory: makes the body; called with all options by name.
        robot_file: the robot file of the body. A relative path is below config/; several entries
            may share one file (the same body in other worlds). A function gives the file's text
            for the options.
        options: what the factory takes, with defaults and ranges.
        modules: name of the option that is also the robot file's number of body modules, if any.
        task: what counts as good, and how long an episode lasts.
        course_option: name of the option that ends a course after so many control steps, for a
            body whose course never ends by itself (option 0); training sets it to
            `task.episode_steps`.
        envpool: the same body on envpool; None: it is not there.
        close_up: left, top, right and bottom of a close-up, as fractions of the picture; None: the
            whole picture.
        model: links and joints of the body for the options, for people to see it; None: not told.
        name: what people call it, as in `dynsyn sim NAME`; given by the registry.
    """

    description: str
    factory: Callable[..., SimulatedRobot]
    robot_file: str | Path | Callable[[dict[str, Value]], str]
    options: tuple[Parameter, ...] = ()
    modules: str = ""
    task: Task = field(default_factory=Task)
    course_option: str = ""
    envpool: EnvpoolBody | None = None
    close_up: tuple[float, float, float, float] | None = None
    model: Callable[[dict[str, Value]], BodyModel] | None = None
    name: str = ""

    def create(self, **options: Any) -> SimulatedRobot:
        """Build the simulation; call its `reset` with a seed before anything else.

        Raises:
            ParameterError: an unknown option, or a value out of its range.
        """
        return self.factory(**self.resolve(options))

    def robot(self, **options: Any) -> Robot:
        """The robot file that belongs to the body which `create` builds from the same options.

        Args:
            options: as for `create`.

        Raises:
            ParameterError: an unknown option, or a value out of its range.
            RobotFileError: the file is missing or says something that cannot be.
        """
        values = self.resolve(options)
        text, where, folder = self.robot_text(values)
        modules: Any = values[self.modules] if self.modules else None
        return parse_robot(text, modules=modules, where=where, folder=folder)

    def robot_text(self, values: dict[str, Value]) -> tuple[str, str, Path]:
        """The robot file's text for these options, where it comes from, and its folder.

        Raises:
            RobotFileError: it cannot be read.
        """
        if callable(self.robot_file):
            return self.robot_file(values), f"robot {self.name}", Path()
        path = Path(self.robot_file)
        try:
            path = path if path.is_absolute() else config_path(path)
            return path.read_text(encoding="utf-8"), str(path), path.parent
        except FileNotFoundError as error:
            reason = error.strerror or str(error)
            raise RobotFileError(f"robot file {path}: cannot be read: {reason}") from None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise RobotFileError(f"robot file {path}: cannot be read: {reason}") from None

    def resolve(self, options: dict[str, Any]) -> dict[str, Value]:
        """Every option with its value, those not given at their defaults.

        Raises:
            ParameterError: an unknown option, or a value out of its range.
        """
        return resolve(self.options, options)
