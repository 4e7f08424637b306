"""Files of Stable-Baselines3 and ONNX; runs where requirements/extra-baselines is installed."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest

torch = pytest.importorskip("torch")
sb3 = pytest.importorskip("stable_baselines3")
contrib = pytest.importorskip("sb3_contrib")
onnx = pytest.importorskip("onnx")

from onnx import reference  # noqa: E402
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize  # noqa: E402

from dynsyn_lab.policies.lifetimes import Learning, from_policy  # noqa: E402
from dynsyn_lab.policies.onnx_file import read_onnx  # noqa: E402
from dynsyn_lab.policies.policy import Policy, PolicyError  # noqa: E402
from dynsyn_lab.policies.sb3_file import read_sb3  # noqa: E402
from dynsyn_sim_bridge.robots.spec import describe  # noqa: E402

ENVIRONMENT = "Pendulum-v1"  # one action, -2 to 2
KINDS = {
    "PPO": (sb3.PPO, {}, {}),
    "PPO, ELU": (sb3.PPO, {"activation_fn": torch.nn.ELU}, {}),
    "PPO, squashed": (sb3.PPO, {"squash_output": True}, {"use_sde": True}),
    "A2C": (sb3.A2C, {}, {}),
    "SAC": (sb3.SAC, {}, {"buffer_size": 10}),
    "TD3": (sb3.TD3, {}, {"buffer_size": 10}),
    "ARS": (contrib.ARS, {}, {"zero_policy": False}),
}
OBSERVATIONS = np.random.default_rng(4).normal(0.0, 1.5, (40, 3)).astype(np.float32)


def made(algorithm: type, world: object, options: dict | None = None, **arguments: object):
    """A new-born model with four hidden units."""
    options = {"net_arch": [4], **(options or {})}
    return algorithm("MlpPolicy", world, seed=1, device="cpu", policy_kwargs=options, **arguments)


def efforts(policy: Policy) -> np.ndarray:
    """Of a lifetime that acts by it."""
    robot = describe(f"gymnasium:{ENVIRONMENT}").robot
    _, controller = from_policy(policy, robot, (), Learning(), "policy")
    rows = OBSERVATIONS.astype(np.float64)
    return np.array([controller.step(row, 0.0, False, False).copy() for row in rows])


@pytest.mark.parametrize("kind", KINDS)
def test_it_acts_as_the_library_does(kind: str, tmp_path: Path):
    algorithm, options, arguments = KINDS[kind]
    model = made(algorithm, ENVIRONMENT, options, **arguments)
    _make_large(model.policy)
    model.save(tmp_path / "policy.zip")
    expected, _ = model.predict(OBSERVATIONS, deterministic=True)
    assert np.ptp(expected) > 1.0
    found = efforts(read_sb3(tmp_path / "policy.zip"))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def _make_large(policy: torch.nn.Module) -> None:
    """First weights hardly move the actions."""
    with torch.no_grad():
        for name, weight in policy.named_parameters():
            if name.endswith(("action_net.weight", "mu.weight", "mu.2.weight")):
                weight.mul_(100.0 if "action_net" in name else 3.0)


def test_observations_are_scaled_as_vec_normalize_does(tmp_path: Path):
    world = VecNormalize(DummyVecEnv([lambda: gymnasium.make(ENVIRONMENT)]), clip_obs=1.2)
    model = made(sb3.PPO, world, n_steps=64)
    model.learn(64)
    _make_large(model.policy)
    model.save(tmp_path / "policy.zip")
    world.save(str(tmp_path / "statistics.pkl"))
    expected, _ = model.predict(world.normalize_obs(OBSERVATIONS), deterministic=True)
    found = efforts(read_sb3(tmp_path / "policy.zip", tmp_path / "statistics.pkl"))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    plain = efforts(read_sb3(tmp_path / "policy.zip"))
    assert np.abs(plain - expected).max() > 0.1


def test_what_is_no_mlp_policy_is_refused(tmp_path: Path):
    path = tmp_path / "policy.zip"
    made(sb3.PPO, "CartPole-v1").save(path)
    with pytest.raises(PolicyError, match="actions: found Discrete, expected a Box"):
        read_sb3(path)
    made(sb3.PPO, ENVIRONMENT, {"activation_fn": torch.nn.Sigmoid}).save(path)
    with pytest.raises(PolicyError, match="found Sigmoid, expected one of Tanh, ReLU, ELU"):
        read_sb3(path)
    made(sb3.DQN, "CartPole-v1", buffer_size=10).save(path)
    with pytest.raises(PolicyError, match="expected those of an MlpPolicy of PPO"):
        read_sb3(path)
    path.write_bytes(b"PK nothing")
    with pytest.raises(PolicyError, match=r"damaged, or not a \.zip of Stable-Baselines3"):
        read_sb3(path)


def test_an_onnx_file_acts_as_onnx_says_it_does(tmp_path: Path):
    random = np.random.default_rng(5)
    first, last = random.normal(size=(4, 3)), random.normal(size=(1, 4))
    numbers = {
        "mean": random.normal(size=3),
        "spread": random.uniform(0.5, 2.0, 3),
        "first": first,
        "shift": random.normal(size=4),
        "last": last.T,
        "constant": random.normal(size=1),
        "low": np.array(-2.0),
        "high": np.array(2.0),
    }
    make = onnx.helper.make_node
    nodes = [
        make("Sub", ["observation", "mean"], ["a"]),
        make("Div", ["a", "spread"], ["b"]),
        make("Gemm", ["b", "first", "shift"], ["c"], transB=1),
        make("Elu", ["c"], ["d"]),
        make("MatMul", ["d", "last"], ["e"]),
        make("Add", ["constant", "e"], ["f"]),
        make("Clip", ["f", "low", "high"], ["actions"]),
    ]
    shape = onnx.helper.make_tensor_value_info
    double = onnx.TensorProto.DOUBLE
    graph = onnx.helper.make_graph(
        nodes,
        "policy",
        [shape("observation", double, ["n", 3])],
        [shape("actions", double, ["n", 1])],
        [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in numbers.items()],
    )
    model = onnx.helper.make_model(graph)
    model.metadata_props.add(key="joint_names", value="action_0")
    path = tmp_path / "policy.onnx"
    onnx.save(model, path)
    run = reference.ReferenceEvaluator(model).run
    (expected,) = run(None, {"observation": OBSERVATIONS.astype(np.float64)})
    policy = read_onnx(path)
    np.testing.assert_allclose(efforts(policy), expected, atol=1e-12)
    assert policy.joints == ("action_0",)
    assert np.ptp(expected) > 1.0
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(PolicyError, match="damaged, or not an ONNX file"):
        read_onnx(path)
