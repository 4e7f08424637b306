"""Policies that were learnt elsewhere become lifetimes that act as they do."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import yaml
from oracle import made_of, robot_data

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.writer import Origin, open_lifetime
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import load_robot, parse_robot
from dynsyn_lab.cli.main import main
from dynsyn_lab.live.stack import describe
from dynsyn_lab.policies.chain import Step, policy_of
from dynsyn_lab.policies.lifetimes import Learning, from_checkpoint, from_policy, of_readings
from dynsyn_lab.policies.policy import PolicyError
from dynsyn_lab.policies.sb3_file import read_statistics
from dynsyn_lab.rollouts.moving import settle

RANDOM = np.random.default_rng(3)
CHANNELS, HIDDEN, JOINTS = 5, 4, 2
FIRST, LAST = RANDOM.normal(size=(HIDDEN, CHANNELS)), RANDOM.normal(0.0, 0.4, (JOINTS, HIDDEN))
SHIFT, CONSTANT = RANDOM.normal(size=HIDDEN), RANDOM.normal(0.0, 0.1, JOINTS)
MEAN, SPREAD = RANDOM.normal(size=CHANNELS), RANDOM.uniform(0.2, 3.0, CHANNELS)
OF_ROWS = {"transB": 1}
LAYER = Step("Gemm", (FIRST, SHIFT), settings=OF_ROWS)
OUT = [Step("MatMul", (LAST.T,)), Step("Add", (CONSTANT,), first=False)]


@pytest.fixture(scope="module")
def robot() -> Robot:
    return parse_robot(yaml.safe_dump(robot_data()))


def efforts(controller: Controller, observations: np.ndarray) -> np.ndarray:
    return np.array([controller.step(row, 0.0, False, False).copy() for row in observations])


def elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0)))


CHAINS = {
    "as it is": (
        [Step("Flatten"), LAYER, Step("Tanh"), *OUT],
        lambda x: LAST @ np.tanh(FIRST @ x + SHIFT) + CONSTANT,
    ),
    "scaled inputs, actions in their own units": (
        [
            Step("Sub", (MEAN,)),
            Step("Div", (SPREAD,)),
            Step("Clip", (np.array(-1.5), np.array(1.5))),
            LAYER,
            Step("Relu"),
            *OUT,
            Step("Mul", (np.array(3.0),)),
            Step("Clip", (np.array(-4.0), np.array(2.0))),
        ],
        # the middle of -4..2 is an effort of 0, its ends are the limits of effort
        lambda x: (
            (
                3.0
                * (
                    LAST @ np.maximum(FIRST @ np.clip((x - MEAN) / SPREAD, -1.5, 1.5) + SHIFT, 0.0)
                    + CONSTANT
                )
                + 1.0
            )
            / 3.0
        ),
    ),
    "squashed, with numbers between the layers": (
        [
            Step("Mul", (np.array([2.0]),)),
            LAYER,
            Step("Elu", settings={"alpha": 1.0}),
            Step("Sub", (np.array(0.5),), first=False),
            *OUT,
            Step("Tanh"),
            Step("Mul", (np.array([7.0]),)),
        ],
        lambda x: np.tanh(LAST @ (0.5 - elu(FIRST @ (2.0 * x) + SHIFT)) + CONSTANT),
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_lifetime_acts_as_its_policy_does(robot: Robot, name: str):
    steps, expected = CHAINS[name]
    described, controller = from_policy(policy_of(steps), robot, (), Learning(), name)
    observations = RANDOM.normal(0.0, 1.0, (50, CHANNELS))
    wanted = np.clip([expected(row) for row in observations], -1.0, 1.0) * [2.0, 3.0]
    np.testing.assert_allclose(efforts(controller, observations), wanted, atol=1e-12)
    assert np.ptp(wanted, axis=0).min() > 1.0
    assert described.learner["type"] == "none"


def test_it_is_saved_and_goes_on_with_its_statistics(robot: Robot, tmp_path: Path):
    steps, _ = CHAINS["scaled inputs, actions in their own units"]
    described, controller = from_policy(policy_of(steps), robot, (), Learning(), "policy")
    checkpoint.save(tmp_path / "life.ckpt", described, controller)
    restored = checkpoint.load(tmp_path / "life.ckpt").controller()
    observations = RANDOM.normal(0.0, 1.0, (20, CHANNELS))
    for row in observations:  # learning on, which may not move what it standardises by
        restored.step(row, 1.0)
    assert np.array_equal(efforts(restored, observations), efforts(controller, observations))


def test_joints_come_in_the_order_of_the_file_or_of_the_call(robot: Robot):
    steps, _ = CHAINS["as it is"]
    observations = RANDOM.normal(0.0, 0.3, (20, CHANNELS))
    turned = ("joint_2", "joint_1")
    own, named, told = (
        efforts(
            from_policy(policy_of(steps, given), robot, joints, Learning(), "p")[1], observations
        )
        / [2.0, 3.0]
        for given, joints in (((), ()), (turned, ()), (turned[::-1], turned))
    )
    np.testing.assert_allclose(named, own[:, ::-1], rtol=1e-12)
    assert np.array_equal(told, named)


@pytest.mark.parametrize("name", CHAINS)
def test_a_policy_may_take_readings_in_place_of_channels(robot: Robot, name: str):
    steps, expected = CHAINS[name]
    data = robot_data()
    changes = {"scale": (1.0, -0.5, 3.0, 0.2, -1.0), "offset": (0.0, 0.3, -1.0, 0.5, 0.0)}
    for key, values in changes.items():
        for channel, value in zip(data["observation"], values, strict=True):
            channel[key] = value
    robot = parse_robot(yaml.safe_dump(data))
    _, controller = from_policy(of_readings(policy_of(steps), robot), robot, (), Learning(), name)
    readings = RANDOM.normal(0.0, 1.0, (50, CHANNELS))
    wanted = np.clip([expected(row) for row in readings], -1.0, 1.0) * [2.0, 3.0]
    channels = (readings + changes["offset"]) * changes["scale"]
    np.testing.assert_allclose(efforts(controller, channels), wanted, atol=1e-12)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "found no layer"),
        ([Step("Tanh"), LAYER], "operation Tanh after layer 0: expected a layer before it"),
        ([LAYER, Step("Conv")], "operation Conv after layer 1: expected one of Gemm, MatMul"),
        ([LAYER, *OUT], "there is no activation since the layer before it"),
        ([LAYER, Step("Relu"), *OUT, Step("Elu")], "found activations relu, elu, expected one "),
        ([LAYER, Step("Elu", settings={"alpha": 0.3})], "expected alpha 1"),
        ([Step("Mul", (-np.ones(1),)), LAYER], "inputs are multiplied by a number below 0"),
        ([Step("Div", (np.ones(3),)), LAYER], "found 3 numbers, expected 1 or 5"),
        ([Step("Clip", (np.array(-1.0), np.array(2.0)))], "expected inputs clipped to -b..b"),
        (
            [LAYER, Step("Clip", (np.array(0.0), np.array(1.0))), Step("Tanh")],
            "it follows the Clip of the actions",
        ),
        ([LAYER, Step("Clip", (np.array(1.0), np.array(0.0)))], "bounds of actions: found"),
        ([Step("Gemm", (FIRST * np.nan,), settings=OF_ROWS)], "a weight that is not finite"),
        (
            [LAYER, Step("Tanh"), Step("MatMul", (np.ones((3, 2)),))],
            "found 3 inputs, expected the 4",
        ),
    ],
)
def test_what_is_no_perceptron_is_refused(steps: list[Step], message: str):
    with pytest.raises(PolicyError) as refused:
        policy_of(steps, where="policy.onnx")
    assert message in str(refused.value)
    assert str(refused.value).startswith("policy.onnx: ")


def test_a_policy_for_another_body_is_refused(robot: Robot):
    policy = policy_of(CHAINS["as it is"][0])
    swimmer = load_robot(config_path("robots/swimmer.yaml"))
    for body, joints, message in (
        (swimmer, (), "p: found 5 inputs, expected the"),
        (robot, ("joint_1", "joint_1"), "2 actions, for joints joint_1, joint_1: expected one for"),
        (robot, ("joint_1",), "expected one for each joint of robot sized, once: joint_1, joint_2"),
    ):
        with pytest.raises(PolicyError) as refused:
            from_policy(policy, body, joints, Learning(), "p")
        assert message in str(refused.value)


class Pickled:
    """Pickles under a name that is not here, with these attributes."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)

    def __reduce__(self) -> tuple:
        return Away, (), self.__dict__


class Away:
    """What such a name would be if it were here."""

    __module__ = __name__


class Command:
    """Runs a command where it is unpickled by the ordinary means."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple:
        return os.system, (self._command,)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_statistics_are_read_without_running_anything(tmp_path: Path, protocol: int):
    ran = tmp_path / "ran"
    rms = Pickled(mean=MEAN, var=SPREAD**2, count=np.float64(7.0))
    found = Pickled(
        obs_rms=rms, clip_obs=10.0, epsilon=1e-8, norm_obs=True, space=Command(f"touch {ran}")
    )
    path = tmp_path / "vec.pkl"
    path.write_bytes(pickle.dumps(found, protocol))
    scaling = read_statistics(path)
    assert np.array_equal(scaling.mean, MEAN)
    assert np.array_equal(scaling.variance, SPREAD**2 + 1e-8)
    assert scaling.bound == 10.0
    assert not ran.exists()
    pickle.loads(pickle.dumps(Command(f"touch {ran}"), protocol))
    assert ran.exists(), "the command would have run"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nothing of the kind", "damaged, or not a VecNormalize"),
        (pickle.dumps({"obs_rms": 1}), "damaged, or not a VecNormalize"),
        (
            pickle.dumps(
                Pickled(
                    obs_rms=Pickled(mean=MEAN, var=SPREAD), clip_obs=1, epsilon=0, norm_obs=False
                )
            ),
            "found norm_obs false: leave this file out",
        ),
    ],
)
def test_statistics_that_are_none_are_refused(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "vec.pkl"
    path.write_bytes(content)
    with pytest.raises(PolicyError) as refused:
        read_statistics(path)
    assert message in str(refused.value)


def test_another_learner_goes_on_with_what_was_learnt(tmp_path: Path):
    robot = load_robot(config_path("robots/swimmer.yaml"))
    before, path = new_controller(robot, seed=5), tmp_path / "before.ckpt"
    for _ in range(50):
        before.step(RANDOM.normal(size=len(before.body.channels)), 0.5)
    checkpoint.save(path, robot, before)
    described, none = from_checkpoint(path, robot, Learning())
    assert np.array_equal(none.weight, before.quantity("centre"))
    assert not np.array_equal(none.weight, before.weight)
    assert none.steps == 0
    checkpoint.save(path, described, none)
    swinging = Learning("dynamic_synapse", settings={"amplitude_initial": 0.01}, seed=6)
    _, after = from_checkpoint(path, robot, swinging)
    assert np.array_equal(after.quantity("centre"), none.weight)
    assert np.unique(after.quantity("amplitude")).tolist() == [0.01]


@pytest.mark.parametrize(
    ("learner", "file"),
    [
        ("dynamic_synapse", False),
        ("dynamic_synapse", True),
        ("dynamic_synapse_eligibility", False),
    ],
)
def test_a_policy_is_left_alone_beside_a_residual_that_learns(
    robot: Robot, learner: str, file: bool, tmp_path: Path
):
    chain, path = policy_of(CHAINS["scaled inputs, actions in their own units"][0]), tmp_path / "p"
    plain, policy = from_policy(chain, robot, (), Learning(), "policy")
    learning = Learning(learner, "dynsyn", seed=4, residual=0.2)
    if file:
        checkpoint.save(path, plain, policy)
        described, controller = from_checkpoint(path, robot, learning)
    else:
        described, controller = from_policy(chain, robot, (), learning, "policy")
    observations = RANDOM.normal(0.0, 1.0, (300, CHANNELS))
    assert np.array_equal(
        efforts(controller, observations[:50]), efforts(policy, observations[:50])
    )
    checkpoint.save(path, described, controller)
    controller, own = checkpoint.load(path).controller(), policy.weight.copy()
    limits, away = robot.body.effort_limit, []
    for row in observations:
        effort = controller.step(row, RANDOM.uniform()) / limits
        record = controller.state[0]
        policy.step(row, 0.0)
        inputs = np.append(record["unit"][:CHANNELS], 1.0)
        residual = 0.2 * made_of(controller, controller.weight.reshape(JOINTS, -1) @ inputs)
        np.testing.assert_allclose(residual, 0.2 * record["residual"], atol=1e-12)
        wanted = np.clip(policy.state["output"][0] + residual, -1.0, 1.0)
        np.testing.assert_allclose(effort, wanted, atol=1e-12)
        away.append(np.abs(residual).max())
    assert np.array_equal(controller.state["policy_weight"][0], own)
    assert controller.quantity("centre").any()
    assert 0.05 < max(away) < 0.2
    # what it learnt lives on in the node, whose robot file has no residual, and without a learner
    checkpoint.save(path, described, controller)
    node = open_lifetime(robot, Origin(path)).controller
    _, none = from_checkpoint(path, robot, Learning())
    frozen = [node.step(row, 0.0, learning=False).copy() for row in observations[:50]]
    assert np.array_equal(efforts(none, observations[:50]), frozen)


def test_another_learner_goes_on_with_a_residual_beside_a_linear_policy(
    robot: Robot, tmp_path: Path
):
    """W has as many numbers as the policy, which it must not be taken for."""
    path, policy = (
        tmp_path / "life.ckpt",
        policy_of([Step("Gemm", (np.ones((2, 5)),), settings=OF_ROWS)]),
    )
    residual = Learning("dynamic_synapse", residual=0.2)
    described, before = from_policy(policy, robot, (), residual, "policy")
    before.state["centre"] = RANDOM.normal(size=before.network.synapses)
    checkpoint.save(path, described, before)
    for learning in (Learning(), Learning("dynamic_synapse", "dynsyn")):
        _, after = from_checkpoint(path, robot, learning)
        learnt = after.weight if learning.learner == "none" else after.quantity("centre")
        assert np.array_equal(learnt, before.quantity("centre"))
        assert np.array_equal(after.state["policy_weight"], before.state["policy_weight"])


def test_a_residual_is_not_born_without_a_policy(
    robot: Robot, tmp_path: Path, state_folder: Path, capsys
):
    words = ["--network", "residual", "--steps", "1", "--out", str(tmp_path / "run")]
    assert main(["train", "walker", *words]) == 2
    said = capsys.readouterr().err
    assert "network.type: residual has no policy at birth; make a lifetime of one: dynsyn" in said
    assert not (tmp_path / "run").exists()
    with pytest.raises(ParameterError, match=r"network\.type: residual has no policy at birth"):
        describe(robot="walker", network="residual")
    with pytest.raises(RobotFileError, match=r"network\.type: residual has no policy at birth"):
        open_lifetime(robot, Origin(tmp_path / "none.ckpt", network="residual"))
    # but one that has been made goes on
    policy = policy_of(CHAINS["as it is"][0])
    residual = Learning("dynamic_synapse", residual=0.2)
    checkpoint.save(tmp_path / "a.ckpt", *from_policy(policy, robot, (), residual, "policy"))
    describe(robot="walker", network="residual", checkpoint=str(tmp_path / "a.ckpt"))
    saved = checkpoint.load(tmp_path / "a.ckpt")
    _, trained = settle(saved, robot, options={"residual_scale": 0.5})
    assert trained.state.tobytes() == saved.state.tobytes()
    assert trained.network.options.residual_scale == 0.5
    with pytest.raises(RobotFileError, match="residual_scale: found 3"):
        settle(saved, robot, options={"residual_scale": 3.0})


def test_a_residual_is_beside_a_perceptron(tmp_path: Path):
    robot = load_robot(config_path("robots/swimmer.yaml"))
    checkpoint.save(tmp_path / "a.ckpt", robot.complete(), new_controller(robot))
    with pytest.raises(PolicyError, match="residual: found network ncap, expected mlp"):
        from_checkpoint(tmp_path / "a.ckpt", robot, Learning("dynamic_synapse", residual=0.1))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["p.h5", "out.ckpt"], "p.h5: found ending '.h5', expected one of .zip, .onnx, .ckpt"),
        (["p.onnx", "out.ckpt", "--statistics", "v.pkl"], "--statistics: only with a .zip"),
        (["p.ckpt", "out.ckpt", "--joints", "a"], "--joints: not with a checkpoint"),
        (["p.onnx", "out.ckpt", "--residual", "0.1"], "--residual: needs --learner TYPE"),
        (
            ["p.onnx", "out.ckpt", "--residual", "2.1", "--learner", "dynamic_synapse"],
            "--residual: found 2.1, expected at most 2",
        ),
        (["p.onnx", "there.ckpt"], "there.ckpt: is there already; name another file"),
        (["p.ckpt", "out.ckpt"], "checkpoint p.ckpt: cannot be read: No such file"),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("there.ckpt").touch()
    assert main(["import", "walker", *words]) != 0
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not Path("out.ckpt").exists()
