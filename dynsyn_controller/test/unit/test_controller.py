"""The controller: determinism, refusals, freezing, snapshots, batches, and what a step costs."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from numba import njit
from numba.core.runtime import _nrt_python, rtsys

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.step import step, step_batch
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import load_robot

CHANNELS = 24


@pytest.fixture(scope="module")
def walker() -> Robot:
    return load_robot(config_path("robots/walker.yaml"))


def live(controller: Controller, steps: int, seed: int, learning: bool = True) -> np.ndarray:
    """Efforts of some steps on random observations and rewards, (steps, joints)."""
    random = np.random.default_rng(seed)
    return np.array(
        [
            controller.step(
                random.normal(size=CHANNELS), random.normal(), random.random() < 0.02, learning
            ).copy()
            for _ in range(steps)
        ]
    )


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.tobytes() == second.tobytes()


def test_the_same_seed_lives_the_same_life(walker):
    first, second, other = (new_controller(walker, seed=seed) for seed in (4, 4, 5))
    efforts = live(first, 1000, 1)
    assert np.array_equal(efforts, live(second, 1000, 1))
    assert same(first.state, second.state)
    assert not np.array_equal(efforts, live(other, 1000, 1))


@pytest.mark.parametrize("preset", ["paper", "authors", "dynsyn"])
def test_a_snapshot_goes_on_bit_for_bit(walker, preset):
    controller = new_controller(walker, preset, seed=7)
    live(controller, 700, 1)
    snapshot = controller.state.copy()
    efforts, end = live(controller, 1500, 2), controller.state.copy()
    controller.state[...] = snapshot
    assert np.array_equal(live(controller, 1500, 2), efforts)
    assert same(controller.state, end)


def test_a_batch_lives_as_single_lifetimes_do(walker):
    """Bit for bit, with some lifetimes refused in some steps."""
    lives = [new_controller(walker, "dynsyn", seed=seed) for seed in range(5)]
    parameters = lives[0].blueprint.parameters
    states = np.concatenate([life.state for life in lives])
    random = np.random.default_rng(3)
    for at in range(400):
        observation = random.normal(size=(5, CHANNELS))
        reward, terminal = random.normal(size=5), random.random(5) < 0.05
        if at % 50 == 7:
            observation[2, 11] = np.nan
        refused = step_batch(states, parameters, observation, reward, terminal, at % 90 > 5)
        assert refused == (at % 50 == 7)
        for i, life in enumerate(lives):
            if np.isfinite(observation[i]).all():
                life.step(observation[i], reward[i], bool(terminal[i]), at % 90 > 5)
    for i, life in enumerate(lives):
        assert same(states[i : i + 1], life.state), f"lifetime {i}"


def test_efforts_stay_within_the_limits_and_reach_them(walker):
    controller = new_controller(walker, "paper", {"amplitude_initial": 3.0})
    efforts = np.abs(live(controller, 2000, 8))
    assert np.all(efforts.max(axis=0) == [joint.effort_limit for joint in walker.joints])


@pytest.mark.parametrize("preset", ["paper", "authors", "dynsyn"])
def test_whatever_is_finite_stays_finite(walker, preset):
    """Sensor glitches and large weights must not poison a lifetime that is never reset."""
    controller = new_controller(walker, preset, {"amplitude_initial": 20.0}, seed=3)
    random = np.random.default_rng(4)
    for _ in range(3000):
        observation = random.normal(size=CHANNELS) * 10.0 ** random.integers(-3, 7)
        effort = controller.step(observation, random.normal() * 1000.0)
        assert np.all(np.isfinite(effort))
    for name in controller.state.dtype.names:
        if not name.startswith("return"):
            assert np.all(np.isfinite(controller.state[name])), name


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (0, np.nan, "observation: hull_angle is nan, expected a finite number"),
        (23, np.inf, "observation: lidar_9 is inf, expected a finite number"),
        (5, -np.inf, "observation: hip_1_velocity is -inf, expected a finite number"),
    ],
)
def test_a_broken_observation_changes_nothing(walker, at, value, message):
    controller = new_controller(walker, seed=2)
    live(controller, 10, 1)
    before = controller.state.copy()
    observation = np.zeros(CHANNELS)
    observation[at] = value
    with pytest.raises(ValueError, match="observation") as refused:
        controller.step(observation, 0.0)
    assert str(refused.value) == message
    assert same(controller.state, before)


@pytest.mark.parametrize("reward", [np.nan, np.inf, -np.inf])
def test_a_broken_reward_changes_nothing(walker, reward):
    controller = new_controller(walker, seed=2)
    before = controller.state.copy()
    with pytest.raises(ValueError, match=f"reward: found {reward}, expected a finite number"):
        controller.step(np.zeros(CHANNELS), reward)
    assert same(controller.state, before)


@pytest.mark.parametrize("size", [0, 23, 25])
def test_an_observation_of_another_length_is_refused(walker, size):
    controller = new_controller(walker, seed=2)
    before = controller.state.copy()
    with pytest.raises(
        ValueError, match=rf"observation: found shape \({size},\), expected \(24,\)"
    ):
        controller.step(np.zeros(size), 0.0)
    assert same(controller.state, before)


OBJECTS = np.array([0.1] * CHANNELS, dtype=object)


@pytest.mark.parametrize(
    ("observation", "message"),
    [
        (np.zeros((1, CHANNELS)), r"observation: found shape \(1, 24\), expected \(24,\)"),
        (np.zeros((CHANNELS, 1)), r"observation: found shape \(24, 1\), expected \(24,\)"),
        (np.zeros((2, 12)), r"observation: found shape \(2, 12\), expected \(24,\)"),
        (np.float64(3.0), r"observation: found shape \(\), expected \(24,\)"),
        (OBJECTS, "observation: found elements of type object, expected 24 numbers"),
        (np.array(["0.1"] * CHANNELS), "observation: found elements of type <U3, expected 24"),
        (np.zeros(CHANNELS, complex), "observation: found elements of type complex128, expected"),
        (np.zeros(CHANNELS, "datetime64[s]"), "observation: found elements of type datetime64"),
        ([[0.0] * CHANNELS], r"observation: found shape \(1, 24\), expected \(24,\)"),
        (
            [[0.0], [0.0, 1.0]],
            "observation: found a list with parts of unequal length, expected 24",
        ),
        ([0.0] * 23, r"observation: found shape \(23,\), expected \(24,\)"),
        ([None] * CHANNELS, "observation: found elements of type object, expected 24 numbers"),
        (None, r"observation: found shape \(\), expected \(24,\)"),
        ("hull", r"observation: found shape \(\), expected \(24,\)"),
    ],
)
@pytest.mark.parametrize("lived", [0, 3])
def test_what_is_not_one_vector_of_numbers_changes_nothing(walker, observation, message, lived):
    controller = new_controller(walker, seed=2)
    live(controller, lived, 1)
    before = controller.state.copy()
    for _ in range(2):  # also where it is known
        with pytest.raises(ValueError, match=f"^{message}"):
            controller.step(observation, 0.0)
    assert same(controller.state, before)


def test_lists_of_numbers_are_observations_too(walker):
    first, second = new_controller(walker, seed=1), new_controller(walker, seed=1)
    values = np.linspace(-1.0, 1.0, CHANNELS)
    listed = values.tolist()
    for kind in (list, tuple):
        assert np.array_equal(first.step(values, 0.0), second.step(kind(listed), 0.0))
    listed[3] = values[3] = 0.5  # a list that is changed in place is read anew
    assert np.array_equal(first.step(values, 0.0), second.step(listed, 0.0))
    listed[3] = values[3] = -0.5
    assert np.array_equal(first.step(values, 0.0), second.step(listed, 0.0))
    assert same(first.state, second.state)


def test_an_array_that_is_bent_afterwards_is_read_as_it_was(walker):
    """The compiled step must never see another shape or type than it was compiled for."""
    first, second = new_controller(walker, seed=1), new_controller(walker, seed=1)
    own, bent = np.linspace(-1.0, 1.0, CHANNELS), np.linspace(-1.0, 1.0, CHANNELS)
    first.step(own, 0.0)
    second.step(bent, 0.0)
    own[2] = bent[2] = 0.75
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        bent.shape = (2, 12)
    assert np.array_equal(first.step(own, 0.0), second.step(bent, 0.0))
    assert same(first.state, second.state)


@pytest.mark.parametrize("reward", ["much", None, [1.0], {}])
def test_a_reward_that_is_no_number_changes_nothing(walker, reward):
    controller = new_controller(walker, seed=2)
    before = controller.state.copy()
    with pytest.raises(ValueError, match=r"reward: found .*, expected a finite number"):
        controller.step(np.zeros(CHANNELS), reward)
    assert same(controller.state, before)


@pytest.mark.parametrize("lived", [0, 300])
def test_frozen_weights_stand_at_their_centres(walker, lived):
    controller = new_controller(walker, "dynsyn", seed=9)
    live(controller, lived, 1)
    before = controller.state.copy()[0]
    efforts = live(controller, 100, 2, learning=False)
    assert np.array_equal(controller.weight, controller.quantity("centre"))
    for name in ("centre", "amplitude", "gain", "baseline", "sine", "remaining", "random_state"):
        assert np.array_equal(before[name], controller.state[0][name]), name
    assert np.ptp(efforts, axis=0).min() > 0, "the network itself lives on"
    assert controller.steps == lived + 100


def test_learning_goes_on_after_freezing(walker):
    controller = new_controller(walker, "authors", seed=9)
    live(controller, 50, 1)
    live(controller, 50, 2, learning=False)
    centre = controller.quantity("centre").copy()
    controller.step(np.zeros(CHANNELS), 100.0)
    assert np.array_equal(controller.quantity("centre"), centre), (
        "a frozen step's reward teaches nothing"
    )
    assert not np.array_equal(controller.weight, controller.quantity("centre"))
    controller.step(np.zeros(CHANNELS), 100.0)
    assert not np.array_equal(controller.quantity("centre"), centre)


def test_the_first_reward_is_for_nothing_done(walker):
    first, second = new_controller(walker, seed=1), new_controller(walker, seed=1)
    observation = np.full(CHANNELS, 0.1)
    assert np.array_equal(first.step(observation, 0.0), second.step(observation, -100.0, True))
    assert same(first.state, second.state)


def test_the_effort_is_a_buffer_used_again(walker):
    controller = new_controller(walker, seed=1)
    first = controller.step(np.zeros(CHANNELS), 0.0)
    assert controller.step(np.ones(CHANNELS), 0.0).ctypes.data == first.ctypes.data


def test_observations_of_any_layout_and_number_type_mean_the_same(walker):
    grid = np.arange(4.0 * CHANNELS).reshape(CHANNELS, 4) / 50.0
    strided = grid[:, 1]
    expected = new_controller(walker, seed=1).step(strided.copy(), 0.0)
    for observation in (strided, strided.astype(">f8"), np.flip(np.flip(strided).copy())):
        assert np.array_equal(new_controller(walker, seed=1).step(observation, 0), expected)
    whole = np.ones(CHANNELS)
    expected = new_controller(walker, seed=1).step(whole, 0.0)
    for kind in (np.float32, np.int64, bool):
        effort = new_controller(walker, seed=1).step(whole.astype(kind), np.float32(0.0))
        assert np.array_equal(effort, expected)


def test_state_of_another_network_is_refused(walker):
    paper, authors = new_controller(walker, "paper"), new_controller(walker, "authors")
    with pytest.raises(ValueError, match="state: found another shape or dtype"):
        Controller(paper.blueprint, authors.state)


def test_a_state_that_cannot_be_written_is_refused(walker):
    life = new_controller(walker)
    life.state.flags.writeable = False
    with pytest.raises(ValueError, match="state: "):
        Controller(life.blueprint, life.state)


def test_compiling_leaves_nothing_to_compile_and_the_lifetime_alone(walker):
    controller = new_controller(walker, "paper", seed=1, options={"oscillator_bias": True})
    before = controller.state.copy()
    controller.compile()
    assert same(controller.state, before)
    compiled = len(step.overloads)
    controller.step(np.zeros(CHANNELS), 0.0)
    controller.step(np.zeros(CHANNELS), -100, True)
    controller.step(np.zeros(CHANNELS), np.float64(1.0), np.bool_(False), np.bool_(True))
    assert len(step.overloads) == compiled, "a control step had to compile"


@njit
def live_on(states, settings, observation, steps):
    for _ in range(steps):
        step(states, 0, settings, observation, 0.3, False, True)


@pytest.mark.parametrize("preset", ["paper", "dynsyn"])
def test_kernels_allocate_nothing(walker, preset):
    """Numba's own count of allocations is that of the call alone, however many steps it lives."""
    controller = new_controller(walker, preset, {"period_mean": 2.0, "period_std": 0.5}, seed=1)
    parameters, observation = controller.blueprint.parameters, np.full(CHANNELS, 0.2)
    live_on(controller.state, parameters, observation, 1)
    _nrt_python.memsys_enable_stats()
    counts = []
    for steps in (1, 5000):
        before = rtsys.get_allocation_stats().alloc
        live_on(controller.state, parameters, observation, steps)
        counts.append(rtsys.get_allocation_stats().alloc - before)
    _nrt_python.memsys_disable_stats()
    assert counts[0] == counts[1]


def test_a_step_leaves_nothing_behind_in_python(walker):
    controller, observation = new_controller(walker, seed=1), np.full(CHANNELS, 0.2)
    controller.compile()
    controller.step(observation, 0.1)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(1000):
        controller.step(observation, 0.1)
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now - before < 200
    assert peak - before < 1000, "a step made an array"


def test_settings_of_the_robot_file_belong_to_its_own_preset(walker):
    robot = walker.with_sections(walker.network, {**walker.learner, "learning_rate": 1e-4})
    assert new_controller(robot).learner.options.learning_rate == 1e-4
    assert new_controller(robot, "paper").learner.options.learning_rate == 1.2e-5
    own = new_controller(robot, None, {"learning_rate": 2e-4})
    assert own.learner.options.learning_rate == 2e-4


def test_settings_that_cannot_be_name_the_robot(walker):
    with pytest.raises(RobotFileError, match=r"robot walker: learner\.alpha: unknown key"):
        new_controller(walker, None, {"alpha": 1.0})
