"""The walker network against its plain NumPy reference, and its sizes."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from oracle import differences, live_together, robot_data, sized_robot, twins

from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import load_robot, parse_robot

TOLERANCE = 1e-9
ARMS = {
    "paper": ("paper", {}),
    "paper swinging": ("paper", {"oscillator_b": 2.0}),
    "authors": ("authors", {}),
    "dynsyn": ("dynsyn", {}),
    "attractive only": ("authors", {"repulsion": False}),
    "attractive only, with baseline": ("dynsyn", {"repulsion": False}),
    "standardised states": ("dynsyn", {"normalisation_time": 20.0, "state_scale": 0.5}),
    "homeostasis that slows down": (
        "dynsyn",
        {
            "amplitude_minimum": 0.03,
            "progress_goal": 0.5,
            "progress_time": 30.0,
            "normalisation_time": 20.0,
            "adaptation_rate": 1e-4,
            "homeostasis_exponent": 1.5,
        },
    ),
    "a body that settles": (
        "dynsyn",
        {
            "settling_time": 5.0,
            "progress_goal": 0.05,
            "progress_time": 30.0,
            "reward_minimum": -1.0,
        },
    ),
    "effort that costs": (
        "dynsyn",
        {
            "effort_cost": 0.2,
            "progress_goal": 0.05,
            "progress_time": 30.0,
            "reward_minimum": -1.0,
        },
    ),
    "effort that costs, without a bound on outputs": (
        "paper",
        {"effort_cost": 0.2, "progress_goal": 0.05, "progress_time": 30.0, "reward_minimum": -1.0},
    ),
    "scaled states": ("authors", {"state_scale": 1.5}),
    "amplitude that follows progress": (
        "dynsyn",
        {
            "amplitude_law": "progress",
            "amplitude_minimum": 0.03,
            "progress_goal": 0.5,
            "reward_minimum_late": -60.0,
            "progress_time": 30.0,
            "step_exponent": 2.0,
        },
    ),
    "no adaptation": ("authors", {"adaptation": "none"}),
    "linear adaptation": ("authors", {"adaptation": "linear", "adaptation_rate": 1e-4}),
    "nonlinear adaptation": ("authors", {"adaptation_rate": 1e-4}),
    "bounds": (
        "authors",
        {
            "reward_minimum": -1.0,
            "reward_maximum": 0.5,
            "amplitude_minimum": 0.19,
            "amplitude_maximum": 0.21,
            "convergence_rate": 1e-4,
            "period_mean": 5.0,
        },
    ),
}


@pytest.fixture(scope="module")
def walker() -> Robot:
    return load_robot(config_path("robots/walker.yaml"))


@pytest.mark.parametrize("arm", ARMS)
def test_follows_the_reference(walker, arm):
    preset, settings = ARMS[arm]
    controller, reference = twins(walker, preset, 11, **settings)
    born = controller.quantity("centre").copy()
    steps = 2_000 if arm in PRESETS else 800
    effort = live_together(controller, reference, steps, seed=12)
    assert effort < TOLERANCE
    assert max(differences(controller, reference).values()) < TOLERANCE
    assert np.abs(controller.quantity("centre") - born).max() > 1e-3, (
        "nothing was learnt: nothing was compared"
    )


def test_bounds_are_kept_and_reached(walker):
    preset, settings = ARMS["bounds"]
    controller = new_controller(walker, preset, settings, seed=3)
    for reward, bound in ((1.0, "amplitude_minimum"), (-2.0, "amplitude_maximum")):
        for _ in range(2000):
            controller.step(np.zeros(24), reward)
        assert np.all(controller.quantity("amplitude") == settings[bound])


@pytest.mark.parametrize(
    "sizes",
    [
        {"joints": 2, "other_states": 1, "rays": 0, "hidden": 2, "oscillators": 1},
        pytest.param(
            {"joints": 1, "other_states": 0, "rays": 0, "hidden": 1, "oscillators": 1},
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"joints": 12, "other_states": 9, "rays": 36, "hidden": 20, "oscillators": 6},
            marks=pytest.mark.long,
        ),
    ],
    ids=["small", "smallest", "large"],
)
def test_any_size_follows_the_reference(sizes):
    controller, reference = twins(sized_robot(**sizes), "authors", 5)
    states = 2 * sizes["joints"] + sizes["other_states"]
    hidden, oscillators, joints = sizes["hidden"], sizes["oscillators"], sizes["joints"]
    assert [(layer.rows, layer.columns) for layer in controller.layers] == [
        (hidden, 2 * states + sizes["rays"] + 1 + joints),
        (oscillators, hidden + 1),
        (joints, 2 * oscillators + states + 1),
    ]
    assert live_together(controller, reference, 500, seed=6) < TOLERANCE
    assert max(differences(controller, reference).values()) < TOLERANCE


def test_the_papers_walker_has_438_synapses(walker):
    layers = new_controller(walker, "authors").layers
    assert [layer.rows * layer.columns for layer in layers] == [344, 18, 76]
    assert [layer.start for layer in layers] == [0, 344, 362]
    assert layers[-1].output_names == ("hip_1", "knee_1", "hip_2", "knee_2")
    assert layers[-1].input_names[:4] == (
        "oscillator.0.v",
        "oscillator.1.v",
        "oscillator.0.w",
        "oscillator.1.w",
    )


def test_action_layer_is_born_as_the_authors_set_it(walker):
    controller = new_controller(walker, "authors", seed=1)
    action = controller.layers[-1]
    centre = controller.quantity("centre")[action.slice].reshape(action.rows, action.columns)
    set_by_hand = {
        ("hip_1", "oscillator.0.w"): -0.5,
        ("knee_1", "oscillator.0.v"): 0.5,
        ("hip_2", "oscillator.1.w"): -0.5,
        ("knee_2", "oscillator.1.v"): 0.5,
    } | {
        (joint, f"{joint}_{field}"): -0.2
        for joint in action.output_names
        for field in ("position", "velocity")
    }
    for row, output in enumerate(action.output_names):
        for column, name in enumerate(action.input_names):
            assert centre[row, column] == set_by_hand.get((output, name), 0.0), (output, name)


@pytest.mark.parametrize(("preset", "reach"), [("paper", 0.1), ("authors", 0.2)])
def test_first_centres_are_uniform(walker, preset, reach):
    lives = [new_controller(walker, preset, seed=seed) for seed in range(10)]
    centre = np.concatenate([life.quantity("centre")[: life.layers[-1].start] for life in lives])
    assert np.abs(centre).max() <= reach
    assert abs(centre.mean()) < 4 * reach / np.sqrt(3 * centre.size)
    assert np.isclose(centre.std(), reach / np.sqrt(3), rtol=0.05)


def test_dead_negative_inputs_carry_nothing(walker):
    """In the authors' program the negative halves never reach layer 1; in the paper they do."""
    observation = np.full(24, -0.8)
    names = new_controller(walker, "authors").layers[0].input_names
    negative = [names.index(f"{name}-") for name in walker.body.states]
    for preset, alive in (("authors", False), ("paper", True)):
        controller = new_controller(walker, preset)
        controller.step(observation, 0.0)
        assert np.all((controller.state["input"][0, negative] > 0.0) == alive)


def test_activity_names_every_unit(walker):
    controller = new_controller(walker, "authors")
    for _ in range(50):
        effort = controller.step(np.full(24, 0.3), 0.0)
    units = dict(zip(controller.unit_names, controller.activity(), strict=True))
    assert len(units) == 8 + 4 + 4
    limit = walker.body.effort_limit
    outputs = [units[f"output.{name}"] for name in walker.joint_names]
    assert np.array_equal(np.clip(outputs, -1, 1) * limit, effort)
    assert units["oscillator.1.w"] == controller.state["w"][0, 1]
    assert units["hidden.7"] == controller.state["hidden"][0, 7]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": 0}, "network.hidden: found 0, expected 1 or more"),
        ({"oscillators": -1}, "network.oscillators: found -1, expected 1 or more"),
        ({"hiden": 3}, "network.hiden: unknown key; did you mean 'hidden'?"),
        ({"type": "worm"}, "network.type: found 'worm', expected one of walker"),
        ({"drives": [{"joint": "j", "oscillator": 0, "output": "v", "weight": 1.0}]}, "'j' is not"),
        (
            {"drives": [{"joint": "joint_1", "oscillator": 1, "output": "v", "weight": 1.0}]},
            "network.drives[0].oscillator: found 1, expected 0 to 0",
        ),
        (
            {"drives": [{"joint": "joint_1", "oscillator": 0, "output": "x", "weight": 1.0}]},
            "network.drives[0].output: found 'x', expected v or w",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(change, message):
    data = robot_data()
    data["network"] |= change
    with pytest.raises(RobotFileError) as refused:
        parse_robot(yaml.safe_dump(data))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
