"""Eligibility traces of dynamic synapses, beside the equations of their module in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from oracle import made_of, robot_data

from dynsyn_controller.core.learners.dynamic_synapse import kernels
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot

STEPS = 300
FALL, END = 130, 220
"""Steps with a terminal reward: a fall, and a course's end that is none."""
LOOSE = {"preset": "paper", "amplitude_initial": 0.2, "learning_rate": 0.0}
"""Nothing but the traces moves a centre, and no reward is bounded or priced."""
PRICED = {"preset": "dynsyn", "learning_rate": 0.0, "progress_time": 3.0, "fall_cost": 7.0}
"""Likewise, but every reward is, the more so the more is earned, and A follows what is earned."""


def robot(network: dict | None = None, **settings: object) -> Robot:
    learner = {"type": "dynamic_synapse_eligibility", **settings}
    changed = robot_data() | {"learner": learner}
    if network is not None:
        changed["network"] = network
    return parse_robot(yaml.safe_dump(changed))


def inputs_of(controller) -> np.ndarray:
    """What the output layer has heard, its constant too."""
    state, layer = controller.state[0], controller.layers[-1]
    if "action_input" in state.dtype.names:
        return state["action_input"][: layer.columns].copy()
    return state["unit"][-layer.columns :].copy()


class Oracle:
    """Traces 0.99 x 0.9, rate 1e-3, mean of |delta| over 100 s, k = 20; see the module."""

    def __init__(self, rows: int, columns: int, dt: float) -> None:
        self.trace, self.size = np.zeros((rows, columns)), 0.0
        self.rate = dt / 100e3

    def live(self, moved: np.ndarray, inputs: np.ndarray, error: float, steps: int) -> np.ndarray:
        moved = moved / (inputs @ inputs)
        self.trace = 0.99 * 0.9 * self.trace + np.outer(moved, inputs)
        rate = max(self.rate, 1.0 / (steps + 20.0))
        found = min(abs(error), 20.0 * self.size) if self.size else abs(error)
        self.size = self.size + rate * (found - self.size) if self.size else found
        return 1e-3 * np.clip(error / self.size, -20.0, 20.0) * self.trace if self.size else 0.0


def heard(settings, before: np.void, reward: float, fell: bool, effort: float) -> float:
    """The reward, less the price of a fall, bounded, less the price of effort."""
    earned = min(max(before["progress"] / settings.progress_goal, 0.0), 1.0) ** 2
    least = settings.reward_minimum
    if settings.reward_minimum_late < 0.0:
        least += earned * (settings.reward_minimum_late - least)
    counted = reward - settings.fall_cost * fell
    return max(counted, least) - earned * settings.effort_cost * effort


WALKER, MLP = robot_data()["network"], {"type": "mlp", "hidden": [4]}
NETWORKS = {
    "walker": (WALKER | {"action_activation": "tanh"}, np.tanh),
    "walker-linear": (WALKER | {"action_activation": "linear"}, np.positive),
    "mlp": (MLP, np.tanh),
    "mlp-linear": (MLP | {"output_activation": "linear"}, np.positive),
}
"""Options of networks, and what they make of a sum."""


@pytest.mark.parametrize(("network", "output"), NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("settings", [LOOSE, PRICED], ids=["loose", "priced"])
def test_it_follows_its_equations(network, output, settings):
    controller = new_controller(robot(network, **settings), seed=4)
    options = controller.learner.options
    random = np.random.default_rng(2)
    layer, state = controller.layers[-1], controller.state[0]
    oracle = Oracle(layer.rows, layer.columns, controller.body.dt)
    part, shape = layer.slice, (layer.rows, layer.columns)
    controller.step(random.normal(size=5), 0.0)
    expected, widths = state["centre"].copy(), set()
    for step in range(STEPS):
        fell, ended = step == FALL, step == END
        reward = -100.0 if fell else float(random.normal(0.1, 0.2))
        before, known = state.copy(), bool(state["critic_looked"])
        inputs, now = inputs_of(controller), before["critic_weights"] @ before["critic_features"]
        swung, centred = (
            np.clip(output(before[name][part].reshape(shape) @ inputs), -1.0, 1.0)
            for name in ("weight", "centre")
        )
        effort = float(np.abs(np.clip(before["output"], -1.0, 1.0)).sum())
        controller.step(random.normal(size=5), reward, fell or ended)
        following = 0.0 if fell else before["critic_weights"] @ state["critic_features"]
        error = heard(options, before, reward, fell, effort) + 0.99 * following - now
        width = (before["amplitude"][0] / options.amplitude_initial) ** options.step_exponent
        widths.add(width)
        moved = oracle.live(
            swung - centred, inputs, error if known and not ended else 0.0, before["steps"]
        )
        expected[part] += width * np.ravel(moved)
        if fell or ended:
            oracle.trace[:] = 0.0
            assert not state["critic_trace"].any()
        np.testing.assert_allclose(state["centre"], expected, rtol=1e-9, atol=1e-15)
        expected[:] = state["centre"]
        assert state["error_size"] == pytest.approx(oracle.size, rel=1e-9)
    assert np.ptp(state["centre"][part]) > 0.0
    assert (len(widths) > 1) == (settings is PRICED)


@pytest.mark.parametrize("network", [each for each, _ in NETWORKS.values()], ids=NETWORKS.keys())
def test_networks_tell_what_they_make_of_a_sum(network):
    controller = new_controller(robot(network, **LOOSE), seed=4)
    random, state, layer = np.random.default_rng(2), controller.state[0], controller.layers[-1]
    for _ in range(20):
        controller.step(random.normal(size=5), 0.0)
        sums = state["weight"][layer.slice].reshape(layer.rows, -1) @ inputs_of(controller)
        np.testing.assert_allclose(
            made_of(controller, sums), state["output"], rtol=1e-12, atol=1e-12
        )


def test_a_network_that_does_not_tell_makes_nothing_of_its_sums(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "from dynsyn_controller.core.networks.mlp import MlpNetwork\n"
        "class Own(MlpNetwork):\n    name = 'own'\n    output_of = None\n"
    )
    linear = {"hidden": [4], "output_activation": "linear"}
    lives = [
        new_controller(robot({"type": kind, **linear}), seed=4) for kind in (f"{path}:Own", "mlp")
    ]
    for observation in np.random.default_rng(3).normal(size=(50, 5)):
        for controller in lives:
            controller.step(observation, float(observation[0]))
    own, plain = (controller.state["credit"] for controller in lives)
    assert own.any()
    np.testing.assert_array_equal(own, plain)


def test_without_a_rate_it_is_the_rule_itself():
    random = np.random.default_rng(3)
    own = new_controller(robot(preset="dynsyn", credit_rate=0.0, inner_swing="full"), seed=4)
    data = robot_data() | {"learner": {"type": "dynamic_synapse", "preset": "dynsyn"}}
    plain = new_controller(parse_robot(yaml.safe_dump(data)), seed=4)
    for step in range(STEPS):
        observation, fell = random.normal(size=5), step % 50 == 49
        reward = -100.0 if fell else float(random.normal())
        for controller in (own, plain):
            controller.step(observation, reward, fell)
    for name in ("weight", *kernels.ARRAYS):
        np.testing.assert_array_equal(own.state[name], plain.state[name])


@pytest.mark.parametrize("swing", ["none", "progress"])
def test_the_other_layers_swing_with_progress(swing):
    random = np.random.default_rng(3)
    controller = new_controller(
        robot(preset="dynsyn", inner_swing=swing, progress_time=1.0), seed=4
    )
    inner = slice(0, controller.layers[-1].start)
    state, first = controller.state[0], controller.state["centre"][0, inner].copy()
    controller.step(random.normal(size=5), 0.0)
    controller.step(random.normal(size=5), -3.0)
    np.testing.assert_array_equal(state["centre"][inner], first)  # nothing is earned at birth
    goal = controller.learner.options.progress_goal
    for reward in (0.0, 0.5 * goal, 2.0 * goal):
        for _ in range(STEPS):
            controller.step(random.normal(size=5), reward)
        share = min(reward / goal, 1.0) if swing == "progress" else 0.0
        swung = (state["weight"] - state["centre"])[inner]
        np.testing.assert_allclose(
            swung, share * (state["amplitude"] * state["sine"])[inner], rtol=1e-3, atol=1e-12
        )
    assert np.array_equal(state["centre"][inner], first) == (swing == "none")


def test_a_copy_goes_on_bit_for_bit_and_frozen_steps_leave_no_trace():
    random = np.random.default_rng(3)
    seen = random.normal(size=(60, 5))
    whole = new_controller(robot(), seed=4)
    for observation in seen[:30]:
        whole.step(observation, float(observation[0]))
    assert whole.state["credit"].any()
    parts = new_controller(robot(), seed=5)
    parts.state[:] = whole.state
    for controller in (whole, parts):
        for observation in seen[30:]:
            controller.step(observation, float(observation[0]))
    assert whole.state.tobytes() == parts.state.tobytes()
    whole.step(seen[0], 5.0, learning=False)
    assert not whole.state["credit"].any()
    before = whole.state["centre"].copy()
    whole.step(seen[1], 0.0, learning=False)
    np.testing.assert_array_equal(whole.state["centre"], before)


def test_attractive_only_hears_no_disappointment():
    random = np.random.default_rng(3)
    controller = new_controller(robot(**LOOSE, repulsion=False), seed=4)
    controller.step(random.normal(size=5), 0.0)
    before = controller.state["centre"].copy()
    for _ in range(50):
        controller.step(random.normal(size=5), -1.0)
        weights = controller.state["critic_weights"]
        weights[:] = 0.0  # whatever comes is as bad as it looks
    np.testing.assert_array_equal(controller.state["centre"], before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"credit_rate": -1.0}, "credit_rate: found -1.0, expected"),
        ({"credit_trace": 1.5}, "credit_trace: found 1.5, expected 0 to 1"),
        ({"credit_trace": -0.5}, "credit_trace: found -0.5, expected"),
        ({"inner_swing": "wide"}, "inner_swing: found 'wide' (str), expected"),
        ({"error_time": 0.0}, "error_time: found 0.0, expected more than 0"),
        ({"error_time": -1.0}, "error_time: found -1.0, expected more than 0"),
        ({"error_time": 0.01}, "found 0.01 s, expected a control step"),
        ({"critic_step": 2.0}, "critic_step: found 2.0, expected"),
        ({"credit_rat": 0.5}, "did you mean 'credit_rate'"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(RobotFileError) as refused:
        robot(**settings)
    assert message in str(refused.value)


def test_a_network_without_an_output_layer_of_its_own_is_refused():
    with pytest.raises(RobotFileError, match=r"their output layer \(.*\), found ncap"):
        new_controller(parse_robot(ncap_with_traces()), seed=1)


def test_a_network_that_tells_other_inputs_than_it_has_is_refused(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "from dynsyn_controller.core.networks.mlp import MlpNetwork\n"
        "from dynsyn_controller.core.numba_support import njit\n"
        "@njit\ndef output_input(state, settings):\n    return state.unit[:2]\n"
        "class Own(MlpNetwork):\n    name = 'own'\n    output_input = output_input\n"
    )
    own = robot({"type": f"{path}:Own", "hidden": [4]})
    with pytest.raises(SchemaError, match="found 2 numbers, expected 5"):
        new_controller(own, seed=1)


def test_a_network_whose_last_layer_has_not_a_row_for_each_joint_is_refused(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "from dynsyn_controller.core.networks.base import stack_layers\n"
        "from dynsyn_controller.core.networks.mlp import MlpNetwork\n"
        "class Own(MlpNetwork):\n    name = 'own'\n"
        "    def __init__(self, body, options):\n        super().__init__(body, options)\n"
        "        self.layers = stack_layers([('all', ('one',), ('a', 'b', 'c', 'd', 'e'))])\n"
    )
    with pytest.raises(RobotFileError, match="own: found 1 rows in its last layer, expected 2"):
        robot({"type": f"{path}:Own", "hidden": [4]})


def ncap_with_traces() -> str:
    """The swimmer's robot file with this learner."""
    data = yaml.safe_load(config_path("robots/swimmer.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump(data | {"learner": {"type": "dynamic_synapse_eligibility"}})
