"""The dashboard shows what Status messages say."""

import math

import pytest
from rich.console import Console

from dynsyn_controller.node.evaluations import EVALUATION
from dynsyn_lab.live.dashboard import bar, chart, draw, signed_bar
from dynsyn_lab.live.telemetry import CHART_POINTS, Telemetry, duration, line, state
from dynsyn_msgs.msg import Activity, Quantity, Status

JOINTS = ("hip_1", "knee_1", "hip_2", "knee_2")


def status(**changes):
    """A report of a walker in the middle of its life."""
    fields = {
        "robot": "walker",
        "learner": "dynamic_synapse",
        "preset": "authors",
        "steps": 2_211_000,
        "hours_lived": 12.2833,
        "reward": 0.125,
        "reward_average": 0.0625,
        "return_last": 151.25,
        "return_average": 120.5,
        "return_best": 133.75,
        "episodes": 4_321,
        "falls": 1_234,
        "effort": [80.0, -40.0, 0.0, 20.0],
        "effort_name": list(JOINTS),
        "layer_name": ["hidden", "action"],
        "layer_quantities": [Quantity(name="amplitude", value=[0.2, 0.15])],
        "gain": [0.5, 0.75],
        "rate_target": 50.0,
        "rate_achieved": 49.9,
        "overruns": 17,
        "latency_us_median": 312.0,
        "latency_us_p99": 901.0,
        "learning": True,
        "armed": True,
    }
    return Status(**{**fields, **changes})


def heard(*reports):
    """What is known after these reports, which came at time 0."""
    telemetry = Telemetry()
    for report in reports:
        telemetry.update(report, 0.0)
    return telemetry


def shown(report, now=0.0, width=80, height=24, notes=()):
    """The dashboard as text, of a controller that reported at time 0."""
    telemetry = heard() if report is None else heard(report)
    console = Console(width=width, height=height, force_terminal=False)
    with console.capture() as capture:
        console.print(draw(telemetry, now, width, height, notes))
    return capture.get()


MADE_BEFORE = {"evaluations": 2, "evaluation_average": 151.5}


@pytest.mark.parametrize(
    ("reports", "made"),
    [
        ([{}], False),
        ([MADE_BEFORE], False),  # of a life before, maybe
        ([{}, {"evaluations": 500, "evaluation_average": 151.5}], False),  # another lifetime
        ([MADE_BEFORE | {"learning_paused": EVALUATION}, MADE_BEFORE], True),
        ([MADE_BEFORE | {"evaluations": 1}, MADE_BEFORE, MADE_BEFORE], True),
    ],
)
def test_what_it_earns_frozen_is_told_where_evaluations_are_made(reports, made):
    telemetry = heard(*(status(**fields) for fields in reports))
    between = "frozen 151.5  " if made else ""
    assert f"last 100 episodes 120.5  {between}falls 1,234" in line(telemetry)
    assert telemetry.evaluation_average == (151.5 if made else pytest.approx(math.nan, nan_ok=True))


def test_after_a_silence_evaluations_are_to_be_heard_anew():
    telemetry = heard(status(**MADE_BEFORE, learning_paused=EVALUATION))
    telemetry.update(status(**MADE_BEFORE), 1.5)
    assert "frozen" in line(telemetry)
    telemetry.update(status(**MADE_BEFORE), 4.0)
    assert "frozen" not in line(telemetry)


def test_firing_rates_of_hidden_layers_are_shown():
    telemetry = Telemetry()
    telemetry.update(status(), 0.0)
    names = ["hidden_1.0", "hidden_1.1", "hidden_2.0", "value.cart"]
    telemetry.update_activity(Activity(name=names, value=[0.25, 0.5, 0.0625, 9.0]))
    console = Console(width=80, height=24, force_terminal=False)
    with console.capture() as capture:
        console.print(draw(telemetry, 0.0))
    lines = [line for line in capture.get().splitlines() if "|hidden" in line]
    assert len(lines) == 2
    assert "0.3750" in lines[0]
    assert "0.0625" in lines[1]


def test_every_figure_of_a_report_is_shown():
    text = shown(status())
    for figure in (
        "walker", "dynamic_synapse", "authors", "learning", "mean amplitude by layer",
        "12.28 h", "2,211,000", "4,321", "1,234",
        "0.125", "0.062", "151.2", "120.5", "133.8",
        *JOINTS, "+80", "-40", "hidden", "0.2000", "action", "0.1500", "0.5 to 0.75",
        "49.9 Hz", "17", "312 us", "901 us",
    ):  # fmt: skip
        assert figure in text, figure
    evaluated = {"evaluations": 3, "evaluation_average": 163.25}
    text = shown(status(**evaluated, learning_paused=EVALUATION))
    assert "frozen 163.2" in text  # in the place of the last episode
    assert "151.2" not in text


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("joints", [1, 4, 12])
def test_it_fits_the_terminal(width, joints):
    names = [f"joint_{index}" for index in range(joints)]
    report = status(effort_name=names, effort=[float(index) for index in range(joints)])
    lines = shown(report, width=width).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= width
    assert all(name in "\n".join(lines) for name in names)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"learning": False}, "frozen (learning off)"),
        ({"stale": True}, "STALE"),
        ({"stopped": True, "stale": True}, "EMERGENCY STOP"),
        ({"waiting_for": ["imu", "scan"]}, "waiting for imu, scan"),
        ({"armed": False, "neutral_because": "disarmed"}, "DISARMED"),
        ({"neutral_because": "refused observation"}, "NEUTRAL: refused observation"),
        ({"learning_paused": "just begun to act"}, "learning pauses: just begun to act"),
    ],
)
def test_what_the_controller_is_doing(changes, words):
    assert words in shown(status(**changes))
    assert words in state(status(**changes))


def test_a_silent_controller_is_told_from_a_living_one():
    assert "NO REPORT" not in shown(status(), now=1.0)
    assert "NO REPORT for 7 s" in shown(status(), now=7.0)
    assert "waiting for the controller" in shown(None)


def test_notes_are_text_not_markup():
    assert "[WARN] [sim]: too slow" in shown(status(), notes=["[WARN] [sim]: too slow"])


def test_what_is_not_known_yet_is_a_dash():
    unknown = dict.fromkeys(
        ("reward", "reward_average", "return_last", "return_average", "return_best"), math.nan
    )
    text = shown(status(**unknown, latency_us_median=math.nan, latency_us_p99=math.nan))
    assert "nan" not in text
    assert "last 100 -" in text


def test_the_chart_keeps_the_whole_life_in_a_bounded_number_of_points():
    telemetry = Telemetry()
    for step in range(1, 20_001):
        telemetry.update(status(steps=step, reward_average=step / 20_000), float(step))
    assert CHART_POINTS / 2 <= len(telemetry.chart) <= CHART_POINTS
    steps = [step for step, _ in telemetry.chart]
    assert steps == sorted(set(steps))
    assert steps[0] == 1
    assert steps[-1] > 19_000
    assert all(value == step / 20_000 for step, value in telemetry.chart)


def test_an_earlier_lifetime_begins_a_new_chart():
    telemetry = Telemetry()
    for steps in (100, 105, 7):
        telemetry.update(status(steps=steps), 0.0)
    assert [step for step, _ in telemetry.chart] == [7]


def test_chart_rises_with_its_values():
    lines = chart([0.0, 1.0, 2.0, 3.0], width=4, height=2)
    assert lines[0].endswith("┤  ▃█")
    assert lines[1].endswith("┤▁▆██")
    assert lines[0].strip().startswith("3")
    assert lines[1].strip().startswith("0")


def test_chart_of_nothing_and_of_a_constant():
    assert chart([], 10, 3) == ["", "", ""]
    assert len(chart([1.0] * 50, 10, 3)) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "    "), (2.0, "██  "), (4.0, "████"), (9.0, "████"), (-1.0, "    ")],
)
def test_bar(value, expected):
    assert bar(value, 4.0, 4) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "  │  "), (1.0, "  │█ "), (-2.0, "██│  "), (math.nan, "  │  ")],
)
def test_signed_bar(value, expected):
    assert signed_bar(value, 2.0, 2) == expected


@pytest.mark.parametrize(
    ("hours", "expected"), [(42 / 3600, "42 s"), (0.5, "30.0 min"), (12.3, "12.30 h")]
)
def test_duration(hours, expected):
    assert duration(hours) == expected
