"""The network ncap in torch is that of the core, gradients included, and baselines learn on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.cli import main as cli
from dynsyn_lab.training.run_folder import RunFolder

OPTIONS = [
    {"preset": "paper", "weights": "separate"},
    {"preset": "paper", "signs": "free", "activation": "clip", "oscillator": "sine"},
    {"speed": "", "turn": "", "period_steps": 37},
    {"weights": "separate", "signs": "free", "oscillator": "sine", "activation": "clip"},
]
SMALL = {
    "ppo": {"n_steps": 64, "n_envs": 2, "batch_size": 32, "n_epochs": 2},
    "ddpg": {"learning_starts": 20, "batch_size": 16, "buffer_size": 300},
    "es": {"population": 4},
}


def lifetime(options: dict, generator: np.random.Generator) -> Controller:
    """A lifetime of the shipped robot file that learns nothing, with weights at random.

    Of many weights some are beyond 0, where constrained signs hide them.
    """
    robot = load_robot(config_path("robots/swimmer.yaml"))
    controller = new_controller(robot.choose("none", options=options))
    count = controller.weight.size
    weights = generator.uniform(0.2 if count == 4 else -0.4, 1.2, count)
    weights[controller.layers[-1].slice] *= -1.0  # contra
    controller.state["weight"] = weights
    return controller


def observations(steps: int, generator: np.random.Generator) -> np.ndarray:
    """Bends within the range of the joints and a little beyond it, commands likewise."""
    return generator.uniform([-1.2] * 5 + [-0.2, -1.2], [1.2] * 7, (steps, 7))


@pytest.mark.parametrize("options", OPTIONS)
def test_outputs_and_gradients_are_the_core_s(options: dict) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("stable_baselines3")
    from gymnasium.spaces import Box

    from dynsyn_lab.baselines.circuit import Circuit, Senses

    generator = np.random.default_rng(6)
    controller = lifetime(options, generator)
    seen = observations(400, generator)
    beats = np.arange(400) % controller.network.options.period_steps
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        senses = Senses(Box(-np.inf, np.inf, (8,)), controller.network)
        circuit = Circuit(controller.network, controller.state[0])
    finally:
        torch.set_default_dtype(default)
    before = controller.state.copy()

    def lived() -> np.ndarray:
        outputs = []
        for row in seen:
            controller.step(row, 0.0)
            outputs.append(controller.state["output"][0].copy())
        return np.array(outputs)

    outputs = circuit(senses(torch.as_tensor(np.column_stack([seen, beats]))))
    expected = lived()
    np.testing.assert_allclose(outputs.detach().numpy(), expected, atol=1e-9, rtol=0)
    assert ((expected != 0.0) & (np.abs(expected) < 1.0)).mean() > 0.2

    factors = generator.normal(size=expected.shape)
    (outputs * torch.as_tensor(factors)).sum().backward()
    slopes, reach = [], 1e-7
    for synapse in range(controller.weight.size):
        ends = []
        for sign in (1.0, -1.0):
            controller.state[:] = before
            controller.state["weight"][0, synapse] += sign * reach
            ends.append((lived() * factors).sum())
        slopes.append((ends[0] - ends[1]) / (2.0 * reach))
    np.testing.assert_allclose(circuit.weight.grad.numpy(), slopes, atol=1e-5)
    assert np.abs(slopes).max() > 1.0


def train(name: str, out: Path, steps: int, *words: str) -> RunFolder:
    """A new run, or the one that is there, to so many steps."""
    if out.exists():
        given = ["train", "--resume", str(out)]
    else:
        given = ["train", "swimmer", "--learner", name, "--network", "ncap", *words]
        for key, value in SMALL[name].items():
            given += [f"--learner.{key}", f"{value}"]
        given += ["--robot.course_steps", "100", "--out", str(out), "--save-every", "128"]
    assert cli.main([*given, "--steps", str(steps)]) == 0
    return RunFolder(out)


@pytest.mark.parametrize("name", SMALL)
def test_resumed_on_the_circuit_is_as_if_never_interrupted(name: str, tmp_path: Path) -> None:
    if name != "es":
        pytest.importorskip("torch")
        pytest.importorskip("stable_baselines3")
    train(name, tmp_path / "parts", 256, "--network.preset", "paper")
    parts = train(name, tmp_path / "parts", 512)
    whole = train(name, tmp_path / "whole", 512, "--network.preset", "paper")
    curves = [(run.lifetime(0) / "curve.csv").read_bytes() for run in (parts, whole)]
    assert curves[0] == curves[1]
    saved = [checkpoint.load(run.lifetime(0) / "checkpoint.ckpt") for run in (parts, whole)]
    assert saved[0].state.tobytes() == saved[1].state.tobytes()
    robot = saved[0].robot
    assert (robot.network["type"], robot.learner["type"]) == ("ncap", "none")
    assert (robot.network["commands"], robot.network["bend"]) == ("fixed", "ring")
    assert whole.config.overrides["network.preset"] == "paper"
    weights = saved[0].state["weight"][0]
    assert weights.size == 4
    # without commands the sides of a module never work together, and contra inhibits nothing
    assert (np.abs(weights[:3] - 1.0) > 1e-6).all()
    if name == "ppo":  # two bodies, each with the beat of its own 256 steps
        assert whole.load_state()["world_last_obs"][:, -1].tolist() == [256 % 60] * 2
    swims = saved[0].controller()
    assert np.abs(swims.step(np.r_[np.zeros(5), 1.0, 0.0], 0.0)).max() > 0.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ppo", "--network", "spiking"], "--network: found spiking, expected mlp or ncap with"),
        (["sac", "--network", "ncap"], "--network: found ncap, expected mlp with --learner sac"),
        (["es", "--network", "ncap", "--learner.norm_obs", "true"], "norm_obs: found true"),
        (["es", "--network", "ncap", "--network.sings", "free"], "network.sings: unknown key"),
        (["es", "--network", "ncap", "--network.preset", "papr"], "found 'papr', expected one of"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], message: str, tmp_path: Path, capsys) -> None:
    out = tmp_path / "run"
    given = ["train", "swimmer", "--learner", *words, "--steps", "1", "--out", str(out)]
    assert cli.main(given) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
