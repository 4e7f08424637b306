"""The controller node's services: checkpoints, learning, arming, emergency stop."""

from __future__ import annotations

from concurrent.futures import Future as ThreadFuture
from pathlib import Path
from typing import Any, cast

from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.node.operations import Operations
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.recording import Recording
from dynsyn_controller.node.ros_process import create_waiting_service
from dynsyn_controller.node.tape import TapeError
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_msgs.srv import LoadCheckpoint, Record, Rollback, SaveCheckpoint


class Services:
    """The services of a configured node.

    What takes longer than a tick is done in the checkpoint thread; its answer waits, the loop does
    not. The loop calls `poll` between ticks.

    Args:
        node: to offer them on.
        operations: does what they ask for.
        recording: of the node.
    """

    def __init__(self, node: Node, operations: Operations, recording: Recording) -> None:
        self._node, self._operations, self._recording = node, operations, recording
        self._waiting: list[tuple[ThreadFuture, Future]] = []
        self._services = [
            create_waiting_service(node, kind, f"dynsyn/{name}", handle)
            for kind, name, handle in (
                (SaveCheckpoint, "save_checkpoint", self._on_save),
                (LoadCheckpoint, "load_checkpoint", self._on_load),
                (SetBool, "set_learning", self._on_set_learning),
                (Trigger, "emergency_stop", self._on_stop),
                (Trigger, "rearm", self._on_rearm),
                (Trigger, "arm", self._on_arm),
                (Trigger, "disarm", self._on_disarm),
                (Rollback, "rollback", self._on_rollback),
                (Record, "record", self._on_record),
            )
        ]

    def poll(self) -> None:
        """Let those answers go whose work is done."""
        for work, answer in [pair for pair in self._waiting if pair[0].done()]:
            self._waiting.remove((work, answer))
            error = work.exception()
            if error is None:
                answer.set_result(work.result())
            else:
                answer.set_exception(cast(Exception, error))

    def close(self) -> None:
        """Take the services away."""
        for service in self._services:
            self._node.destroy_service(service)

    async def _result(self, work: ThreadFuture) -> Any:
        answer: Future = Future(executor=self._node.executor)
        self._waiting.append((work, answer))
        return await answer

    async def _on_save(
        self, request: SaveCheckpoint.Request, response: SaveCheckpoint.Response
    ) -> SaveCheckpoint.Response:
        try:
            path = _path(request.path)
            saved = await self._result(self._operations.save(path))
        except CheckpointError as error:
            response.message = str(error)
            self._node.get_logger().warning(f"not saved: {error}")
        else:
            response.success, response.path, response.steps = True, str(saved.path), saved.steps
        return response

    async def _on_load(
        self, request: LoadCheckpoint.Request, response: LoadCheckpoint.Response
    ) -> LoadCheckpoint.Response:
        try:
            path = _path(request.path)
            life = await self._result(self._operations.load(path))
        except (CheckpointError, RobotFileError, ParameterError) as error:
            response.message = str(error)
            self._node.get_logger().warning(f"not loaded: {error}")
        else:
            self._operations.exchange(life)
            response.success, response.steps = True, life.controller.steps
        return response

    async def _on_rollback(
        self, request: Rollback.Request, response: Rollback.Response
    ) -> Rollback.Response:
        try:
            back = await self._result(self._operations.roll_back(request.hours))
        except (CheckpointError, RobotFileError, ParameterError) as error:
            response.message = str(error)
        else:
            self._operations.exchange(back.life, "rolled_back", "asked to go back")
            response.success, response.path = True, str(back.path)
            response.steps = back.life.controller.steps
        return response

    async def _on_record(
        self, request: Record.Request, response: Record.Response
    ) -> Record.Response:
        try:
            path = _path(request.path)
            if path is not None:
                response.path = str(self._recording.begin(path))
                self._node.get_logger().info(f"records into {response.path}")
            else:
                response.path = await self._end_recording()
        except (CheckpointError, TapeError) as error:
            response.message = str(error)
        else:
            response.success = True
        return response

    async def _end_recording(self) -> str:
        self._operations.record_weights()
        tape = self._recording.end()
        if tape is None:
            raise TapeError("nothing is being recorded")
        await self._result(self._operations.run(tape.close))
        self._node.get_logger().info(f"recorded {tape.path}")
        return str(tape.path)

    def _on_set_learning(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._node.set_parameters([Parameter("learning", value=request.data)])
        response.success = True
        response.message = "learning" if request.data else "frozen"
        return response

    def _on_stop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._operations.emergency_stop()
        response.success, response.message = True, "stopped; dynsyn/rearm ends it"
        return response

    def _on_arm(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        why_not = self._operations.arm()
        response.success, response.message = not why_not, why_not or "armed"
        return response

    def _on_disarm(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._operations.disarm()
        response.success, response.message = True, "disarmed; dynsyn/arm ends it"
        return response

    def _on_rearm(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = True
        response.message = "re-armed" if self._operations.rearm() else "was not stopped"
        return response


def _path(text: str) -> Path | None:
    """A path given in a request; None: the node's own.

    Raises:
        CheckpointError: not absolute; the caller's folder is not the node's.
    """
    if not text:
        return None
    if not Path(text).is_absolute():
        raise CheckpointError(f"path: found {text!r}, expected an absolute path")
    return Path(text)
