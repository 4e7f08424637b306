"""The swimming circuit against the paper's equations, its options, commands, signs and errors."""

from __future__ import annotations

import dataclasses

import ncap_oracle as oracle
import numpy as np
import pytest

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.core.learners.dynamic_synapse.settings import DynamicSynapseSettings
from dynsyn_controller.core.networks.ncap_options import NcapOptions
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.core.step import step_batch
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.writer import Origin, open_lifetime
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_sim_bridge.robots.swimmer import Swimmer
from dynsyn_sim_bridge.robots.swimmer_physics import joint_range

SIGNS = {"osc": 1, "prop": 1, "ipsi": 1, "contra": -1}


def newborn(joints=5, preset="dynsyn", seed=0, rule=None, **network) -> Controller:
    """A lifetime of the shipped robot file with some options of its network changed."""
    robot = load_robot(config_path("robots/swimmer.yaml"), modules=joints)
    learner = {"type": "dynamic_synapse", "preset": preset, **(rule or {})}
    blueprint = Blueprint(robot.body, {**robot.network, **network}, learner)
    return Controller(blueprint, blueprint.new_state(seed))


def swimmer_file(network: dict) -> Robot:
    return load_robot(config_path("robots/swimmer.yaml"), network=network)


def observation_of(body: Swimmer, speed=1.0, turn=0.0) -> np.ndarray:
    """The observation that the robot file asks for: bends in rad, speed, turn."""
    sensors = body.layout.zeros()
    body.sense(sensors)
    return np.r_[body.layout.view(sensors, "joint_states.position"), speed, turn]


@pytest.mark.parametrize(
    ("joints", "preset", "options"),
    [
        (5, "dynsyn", {}),
        (5, "authors", {"weights": "separate", "commands": "fixed", "turn_weight": 1.0}),
        (
            5,
            "paper",
            {"signs": "free", "initial": "given", "given": {"osc": 0.7}, "activation": "clip"},
        ),
        (2, "dynsyn", {"weights": "separate", "signs": "free", "oscillator": "sine"}),
        (5, "dynsyn", {"oscillator": "sine", "period_steps": 37, "initial_magnitude": 0.3}),
        (2, "dynsyn", {"activation": "clip", "weights": "separate", "initial_magnitude": 1.2}),
        (5, "dynsyn", {"saturation": "pass"}),
        pytest.param(9, "dynsyn", {"oscillator": "sine"}, marks=pytest.mark.long),
    ],
)
def test_it_follows_the_paper_s_equations(joints, preset, options):
    """800 steps of a swimming, learning lifetime whose commands change all the time."""
    controller = newborn(joints, preset, seed=4, **options)
    reference = oracle.NcapReference(controller, seed=4)
    body, reward = Swimmer(joints), 0.0
    generator = np.random.default_rng(8)
    speed, turn = 1.0, 0.0
    first = controller.quantity("centre").copy()
    for t in range(800):
        if t % 50 == 0:
            speed, turn = generator.uniform(-0.2, 1.2), generator.uniform(-1.2, 1.2)
        observation = observation_of(body, speed, turn)
        effort = controller.step(observation, reward)
        expected = reference.step(observation, reward)
        np.testing.assert_allclose(effort / 5e-4, expected / 5e-4, atol=1e-9, rtol=0)
        reward = body.step(effort).reward
        if t % 10 == 0:
            record = controller.state[0]
            for found, meant in (
                (record["neuron"], reference.neurons.ravel()),
                (record["muscle"], reference.muscles.ravel()),
                (controller.quantity("centre"), reference.layers[0].centre),
                (controller.quantity("amplitude"), reference.layers[0].amplitude),
                (controller.weight, reference.layers[0].weight),
            ):
                np.testing.assert_allclose(found, meant, atol=1e-9, rtol=0)
    assert np.abs(controller.weight - controller.quantity("centre")).max() > 0.05
    assert np.abs(controller.quantity("centre") - first).max() > 1e-3


def test_relative_commands_are_the_paper_s_at_weights_of_one():
    fixed, relative = (newborn(commands=kind, turn_weight=1.0) for kind in ("fixed", "relative"))
    body = Swimmer(5)
    for t in range(300):
        observation = observation_of(body, 0.5 + 0.4 * np.sin(t / 30), np.cos(t / 40))
        efforts = [c.step(observation, 0.0, learning=False).copy() for c in (fixed, relative)]
        np.testing.assert_allclose(efforts[0], efforts[1], atol=1e-15)
        body.step(efforts[0])


@pytest.mark.parametrize(("weights", "count"), [("shared", 4), ("separate", 30)])
def test_number_of_synapses_is_the_paper_s(weights, count):
    controller = newborn(weights=weights)
    assert controller.weight.size == count
    names = [
        (layer.name, output, column)
        for layer in controller.layers
        for output in layer.output_names
        for column in layer.input_names
    ]
    assert len(set(names)) == count


def test_untrained_weights_swim_as_the_paper_s_circuit():
    controller, body = newborn(), Swimmer(5)
    body.reset(0)
    total = reward = 0.0
    for _ in range(1000):
        reward = body.step(controller.step(observation_of(body), reward, learning=False)).reward
        total += reward
    assert 0.98 * 794 <= total <= 1.02 * 807
    np.testing.assert_array_equal(controller.weight, [1.0, 1.0, 1.0, -1.0])


def test_oscillator_knows_of_no_episode():
    controller = newborn()
    waves = []
    for t in range(200):
        controller.step(np.r_[np.zeros(5), 1.0, 0.0], 0.5, terminal=t in (17, 95))
        waves.append(controller.state["oscillator"][0, 0])
    np.testing.assert_array_equal(waves, [oracle.square_wave(t, 60)[0] for t in range(200)])
    assert controller.statistics.episodes == 2


@pytest.mark.parametrize("weights", ["shared", "separate"])
def test_constrained_signs_hold_under_any_reward(weights):
    """Large steps drive every weight about; under free signs the same life crosses 0."""
    crossed = {}
    for signs in ("constrained", "free"):
        controller = newborn(
            signs=signs,
            weights=weights,
            initial="given",
            given={"osc": 0.1, "prop": 0.1, "ipsi": 0.1, "contra": -0.1},
            rule={"learning_rate": 5e-4, "amplitude_initial": 1.0, "period_mean": 4.0},
        )
        generator = np.random.default_rng(0)
        sign = np.concatenate(
            [np.full(layer.rows, SIGNS[layer.name]) for layer in controller.layers]
        )
        lowest = np.inf
        for _ in range(3000):
            controller.step(np.r_[np.zeros(5), 1.0, 0.0], generator.normal())
            lowest = min(lowest, (sign * controller.quantity("centre")).min())
        crossed[signs] = lowest
    assert crossed["constrained"] == 0.0
    assert crossed["free"] < -0.1


@pytest.mark.parametrize("weights", ["shared", "separate"])
def test_osc_stops_where_it_saturates_the_first_joint(weights):
    """Large steps drive every weight about; where osc passes, the same life goes far beyond."""
    furthest = {}
    for saturation in ("stop", "pass"):
        controller = newborn(
            saturation=saturation,
            weights=weights,
            rule={"learning_rate": 5e-4, "amplitude_initial": 1.0, "period_mean": 4.0},
        )
        osc, _, ipsi, _ = (layer.slice for layer in controller.layers)
        generator, products = np.random.default_rng(0), []
        for _ in range(3000):
            controller.step(np.r_[np.zeros(5), 1.0, 0.0], generator.normal())
            centre = controller.quantity("centre")
            products.append(centre[osc] * centre[ipsi][: centre[osc].size])
        furthest[saturation] = np.max(products, axis=0)
    np.testing.assert_allclose(furthest["stop"], 1.0, rtol=1e-15)
    assert furthest["pass"].max() > 2.0


def test_reward_pulls_an_osc_back_that_has_stopped():
    """Far beyond saturation the return does not depend on osc: there nothing would pull it."""
    products = {}
    for saturation in ("stop", "pass"):
        network = {"saturation": saturation, "initial": "given"}
        network["given"] = {"osc": 3.0, "prop": 1.5, "ipsi": 1.5}
        controller = new_controller(swimmer_file(network), seed=2)
        body, reward = Swimmer(5), 0.0
        body.reset(2)
        for _ in range(10_000):
            reward = body.step(controller.step(observation_of(body), reward)).reward
        products[saturation] = controller.quantity("centre")[0] * controller.quantity("centre")[2]
    assert products["stop"] < 0.9
    assert products["pass"] > 4.5


def test_the_swimmer_s_rule_is_its_own():
    """Whatever becomes of preset dynsyn, which the walker is tuned with: pin what it changes."""
    rule = new_controller(swimmer_file({})).learner.options
    elsewhere = ("progress_goal", "progress_time")  # what only another amplitude law reads
    meant = dataclasses.replace(
        DynamicSynapseSettings(**PRESETS["authors"].settings),
        learning_rate=2e-4,
        convergence_rate=2e-7,
        amplitude_initial=0.3,
        amplitude_minimum=0.04,
        period_mean=40.0,
        period_std=16.0,
        period_minimum=4.0,
        baseline_time=100.0,
        reward_minimum=rule.reward_minimum,
        reward_minimum_late=rule.reward_minimum_late,
        **{name: getattr(rule, name) for name in elsewhere},
    )
    assert rule == meant
    assert rule.reward_minimum <= 0.0


def test_speed_zero_stops_and_frees_the_body():
    controller, body = newborn(), Swimmer(5)
    for _ in range(100):
        body.step(controller.step(observation_of(body), 0.0))
    for _ in range(100):
        effort = controller.step(observation_of(body, speed=0.0), 0.0)
        body.step(effort)
        if np.abs(observation_of(body)[:5]).max() < joint_range(5):
            assert not np.any(effort)
    assert not np.any(effort)


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_full_turn_turns_and_swims(turn):
    controller, body = newborn(), Swimmer(5)
    body.reset(3)
    headings = []
    for _ in range(660):
        body.step(controller.step(observation_of(body, turn=turn), 0.0, learning=False))
        headings.append(body._position[2])
    rate = (np.mean(headings[-60:]) - np.mean(headings[60:120])) / (540 * 0.03)
    assert 0.15 < rate * turn < 0.4


def test_batch_is_many_single_lives():
    single = [newborn(weights="separate", seed=seed) for seed in range(3)]
    parameters = single[0].blueprint.parameters
    states = np.concatenate([controller.state.copy() for controller in single])
    generator = np.random.default_rng(5)
    for _ in range(500):
        observation = np.c_[generator.uniform(-1, 1, (3, 5)), np.ones(3), np.zeros(3)]
        reward, terminal = generator.uniform(0, 1, 3), np.zeros(3, bool)
        refused = step_batch(states, parameters, observation, reward, terminal, True)
        assert refused == 0
        for i, controller in enumerate(single):
            controller.step(observation[i], reward[i])
    for i, controller in enumerate(single):
        assert states[i].tobytes() == controller.state[0].tobytes()


def test_every_unit_has_a_name_and_a_value():
    controller = newborn(7)
    controller.step(np.r_[0.1, -0.2, 0.3, np.zeros(4), 0.7, 0.4], 0.0)
    activity = dict(zip(controller.unit_names, controller.activity(), strict=True))
    assert len(activity) == len(controller.unit_names) == 2 + 2 + 14 + 14 + 7
    assert activity["oscillator.dorsal"] == 1.0
    assert (activity["command.speed"], activity["command.turn"]) == (0.7, 0.4)
    assert activity["neuron.2.dorsal"] == 0.0 or activity["neuron.2.ventral"] == 0.0
    assert activity["output.joint_3"] == controller.state["output"][0, 2]


@pytest.mark.parametrize(
    ("observation", "reward"),
    [
        ([0.0, np.nan, 0.0, 0.0, 0.0, 1.0, 0.0], 0.0),
        ([0.0] * 7, np.inf),
        ([0.0] * 6, 0.0),
    ],
)
def test_unusable_input_changes_nothing(observation, reward):
    controller = newborn()
    controller.step(np.zeros(7), 0.0)
    before = controller.state.tobytes()
    with pytest.raises(ValueError, match=r"found|finite"):
        controller.step(np.array(observation), reward)
    assert controller.state.tobytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"oscillator": "triangle"}, "network.oscillator: found 'triangle'"),
        ({"saturation": "halt"}, "network.saturation: found 'halt'"),
        ({"period_steps": 1}, "network.period_steps: found 1, expected 2 or more"),
        ({"initial_magnitude": 0.0}, "network.initial_magnitude: found 0.0"),
        ({"wieghts": "shared"}, "network.wieghts: unknown key; did you mean 'weights'?"),
        ({"initial": "given"}, "network.given: missing"),
        ({"given": {"osc": 1.0}}, "network.given: not used"),
        ({"initial": "given", "given": {"contra": 0.5}}, "network.given.contra: found 0.5"),
        ({"speed": "sped"}, "network.speed: found 'sped', expected a state"),
        ({"turn_weight": -1.0}, "network.turn_weight: found -1.0"),
        ({"speed_weight": 1.0}, "network.speed_weight: found 1.0"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(SchemaError) as error:
        newborn(**options)
    assert message in str(error.value)


def test_preset_paper_is_the_paper_s_on_this_body():
    robot = swimmer_file({"preset": "paper", "initial_magnitude": 0.5})
    made = robot.choose(options={"preset": "paper", "weights": "separate"}).blueprint
    options = made.network.options
    assert (options.commands, options.turn_weight, options.speed_weight) == ("fixed", 1.0, -1.0)
    assert (options.saturation, options.activation) == ("pass", "rectify")
    # given beside it; of the file; of the preset in place of the file's
    assert (options.weights, options.bend, options.initial_magnitude) == ("separate", "ring", 1.0)
    assert robot.blueprint.network.options.initial_magnitude == 0.5
    assert "preset" not in robot.complete().network
    # with weights of 1 it is this robot file's circuit but for what a turn weighs
    assert dataclasses.asdict(options) == {
        **dataclasses.asdict(newborn().network.options),
        **{"weights": "separate", "saturation": "pass", "commands": "fixed", "turn_weight": 1.0},
    }
    with pytest.raises(RobotFileError, match="preset: found 'papr', expected one of paper"):
        swimmer_file({"preset": "papr"})
    with pytest.raises(RobotFileError, match="preset: found 'paper', expected none: network mlp"):
        robot.choose(network="mlp", options={"preset": "paper"})


def test_what_preset_paper_learnt_goes_on_where_the_robot_file_says_otherwise(tmp_path):
    robot, path = load_robot(config_path("robots/swimmer.yaml")), tmp_path / "life.ckpt"

    def lived_on(asked: dict, **options) -> NcapOptions:
        chosen = robot.choose(options=asked)
        checkpoint.save(path, chosen, new_controller(chosen, seed=1))
        return open_lifetime(robot, Origin(path, options=options)).controller.network.options

    own = lived_on({"preset": "paper"})
    assert (own.saturation, own.commands, own.turn_weight) == ("pass", "fixed", 1.0)
    # what is asked for replaces what the lifetime has lived with
    assert lived_on({"preset": "paper"}, saturation="stop").saturation == "stop"
    assert lived_on({}, preset="paper").saturation == "pass"
    with pytest.raises(CheckpointError, match=r"'separate', expected 'shared'; see --network.wei"):
        lived_on({"weights": "separate"})
    assert lived_on({"weights": "separate"}, weights="separate").weights == "separate"


def test_a_missing_position_channel_is_named():
    robot = load_robot(config_path("robots/swimmer.yaml"))
    channels = ({}, *robot.body.joint_channels[1:])
    body = dataclasses.replace(robot.body, joint_channels=channels)
    with pytest.raises(SchemaError, match="no position channel of joint_1"):
        Blueprint(body, robot.network, robot.learner)
