"""`dynsyn study`: tables and figures as they are in results/, from one's own runs."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from dynsyn_lab.cli import study_runs
from dynsyn_lab.cli.arguments import count, positive, whole
from dynsyn_lab.cli.study_arguments import add_budget, add_lived
from dynsyn_lab.studies.bodies_arms import ARMS as BODIES_ARMS
from dynsyn_lab.studies.bodies_arms import BEFORE, BODIES, SAME
from dynsyn_lab.studies.defaults import (
    ABLATIONS_OUT,
    ABLATIONS_WORK,
    BODIES_HOURS,
    BODIES_OUT,
    BODIES_SEEDS,
    BODIES_STEPS,
    BODIES_WORK,
    FIGURE11_GROUPS,
    FIGURE11_HOURS,
    FIGURE11_OUT,
    FIGURE11_SEEDS,
    FIGURE11_STEPS,
    FIGURE11_WORK,
    LIFELONG_OUT,
    LIFELONG_PEERS_CHILDHOOD,
    LIFELONG_PEERS_SEEDS,
    LIFELONG_PEERS_STEPS,
    LIFELONG_PEERS_WORK,
    LIFELONG_ROBOTS,
    LIFELONG_SEEDS,
    LIFELONG_WORK,
    NCAP_OUT,
    NCAP_WORK,
    PEERS_HOURS,
    PEERS_OUT,
    PEERS_SEEDS,
    PEERS_STEPS,
    PEERS_WORK,
    SPIKING_OUT,
    SPIKING_PARTS,
    SPIKING_WORK,
    SWIMMER_STEPS,
    SWIMMER_STUDIES,
    WALKER_EVERY,
)
from dynsyn_lab.studies.peers_arms import DYNAMIC_SYNAPSES, PEERS


def add_parser(subparsers: Any) -> None:
    """Add `study` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "study",
        help="the tables and figures of results/, from runs of one's own",
        description="Make tables and figures as they are in results/.",
    )
    parts = parser.add_subparsers(metavar="STUDY", required=True)
    _add_walker(parts)
    _add_swimmer(parts)
    _add_spiking(parts)
    _add_bodies(parts)
    _add_figure11(parts)
    _add_peers(parts)
    _add_ncap_transfer(parts)
    _add_lifelong(parts)
    _add_lifelong_peers(parts)
    _add_faults(parts)


def _add_walker(parts: Any) -> None:
    parser = parts.add_parser(
        "walker",
        help="what walkers' training runs came to, by arm",
        description="Tables and a figure of walkers' training runs. An arm is one way of "
        "learning: one run folder, or several with the same settings and other seeds.",
    )
    parser.add_argument(
        "arms", nargs="+", type=named_files, metavar="ARM=RUN", help="name and run folders"
    )
    parser.add_argument("--out", type=Path, default=Path("results/walker"), metavar="DIR")
    parser.add_argument(
        "--every",
        type=count,
        default=WALKER_EVERY,
        metavar="N",
        help=f"steps in curves.csv ({WALKER_EVERY:,})",
    )
    parser.add_argument(
        "--eval",
        dest="evaluations",
        action="append",
        type=named_files,
        default=[],
        metavar="ARM=JSON",
        help="results of `dynsyn eval --json`",
    )
    parser.set_defaults(run=study_runs.run_walker)


def _add_swimmer(parts: Any) -> None:
    about = "; ".join(f"{name}: {text}" for name, text in SWIMMER_STUDIES.items())
    parser = parts.add_parser(
        "swimmer",
        help="the swimmer's experiments",
        description=f"Run the swimmer's experiments. {about}. What has been lived is kept in a "
        "work folder, so that a study which was stopped goes on.",
    )
    parser.add_argument("studies", nargs="+", choices=SWIMMER_STUDIES, metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path("results/swimmer"), metavar="DIR")
    parser.add_argument("--work", type=Path, default=Path("runs/swimmer-study"), metavar="DIR")
    parser.add_argument("--processes", type=count, default=2, metavar="N")
    parser.add_argument(
        "--saturation",
        choices=("stop", "pass"),
        default="stop",
        help="what osc does there, in a work folder of its own (stop)",
    )
    parser.add_argument("--nice", type=whole, default=10, metavar="N")
    for name, steps in SWIMMER_STEPS.items():
        parser.add_argument(
            f"--{name}-steps", type=count, default=steps, metavar="N", help=f"({steps:,})"
        )
    parser.set_defaults(run=study_runs.run_swimmer)


def _add_spiking(parts: Any) -> None:
    about = "; ".join(f"{name}: {text}" for name, text in SPIKING_PARTS.items())
    parser = parts.add_parser(
        "spiking",
        help="learners of spiking networks on the cart and pole",
        description=f"Live spiking networks on the cart and pole, and controls. {about}. What has "
        "been lived is kept in a work folder, so that a study which was stopped goes on.",
    )
    add_lived(parser, "parts", "PART", SPIKING_PARTS, SPIKING_WORK, SPIKING_OUT)
    parser.add_argument("--nice", type=whole, default=10, metavar="N")
    parser.set_defaults(run=study_runs.run_spiking)


def _add_bodies(parts: Any) -> None:
    parser = parts.add_parser(
        "bodies",
        help="one learner with one set of values on many bodies",
        description="Let lifetimes of many bodies learn with the same values, each in its own "
        "process, never reset; evaluate, and write what they came to beside random efforts. What "
        "has been lived is kept in a work folder; with more steps or hours the same study goes on.",
    )
    parser.add_argument(
        "--arms",
        nargs="+",
        choices=BODIES_ARMS,
        default=[SAME, BEFORE],
        metavar="ARM",
        help=f"of {', '.join(BODIES_ARMS)} ({SAME} {BEFORE})",
    )
    parser.add_argument("--seed", type=whole, default=0, metavar="S", help="of the first (0)")
    add_budget(parser, BODIES_SEEDS, BODIES_STEPS, BODIES_HOURS)
    add_lived(parser, "bodies", "BODY", BODIES, BODIES_WORK, BODIES_OUT)
    parser.set_defaults(run=study_runs.run_bodies)


def _add_figure11(parts: Any) -> None:
    parser = parts.add_parser(
        "figure11",
        help="walkers with and without repulsion, and with adaptation of three kinds",
        description="Let walkers learn with and without repulsion, adaptation none, linear and "
        "nonlinear: of one birth on several courses, and of several births on the same courses "
        "(figure 11 of the paper). What has been lived is kept in a work folder; with more steps "
        "or hours the same study goes on.",
    )
    parser.add_argument("--preset", default="dynsyn", metavar="NAME", help="of the rule (dynsyn)")
    parser.add_argument("--seed", type=whole, default=0, metavar="S", help="of the first (0)")
    add_budget(parser, FIGURE11_SEEDS, FIGURE11_STEPS, FIGURE11_HOURS)
    add_lived(parser, "groups", "GROUP", FIGURE11_GROUPS, FIGURE11_WORK, FIGURE11_OUT)
    parser.set_defaults(run=study_runs.run_figure11)


def _add_peers(parts: Any) -> None:
    ablations = "the swimmer's circuit, with and without its constraints,"
    for name, what, work, out in (
        ("peers", "the walker", PEERS_WORK, PEERS_OUT),
        ("ncap", "the swimmer, its circuit and perceptrons,", NCAP_WORK, NCAP_OUT),
        ("ncap_ablations", ablations, ABLATIONS_WORK, ABLATIONS_OUT),
    ):
        parser = parts.add_parser(
            name,
            help=f"other learners on {what} beside the dynamic synapses",
            description=f"Train {what} by other learners, each in its own process; evaluate, and "
            "write what it took. What has been lived is kept in a work folder; with more steps or "
            "hours the same study goes on.",
        )
        add_budget(parser, PEERS_SEEDS, PEERS_STEPS, PEERS_HOURS)
        add_lived(parser, "arms", "ARM", PEERS[name].arms, work, out)
        parser.set_defaults(run=study_runs.run_peers, study=name)


def _add_ncap_transfer(parts: Any) -> None:
    parser = parts.add_parser(
        "ncap_transfer",
        help="what the lifetimes of `ncap` and `ncap_ablations` earn in bodies of other lengths",
        description="Put the lifetimes of a work folder of `dynsyn study ncap` or "
        "`ncap_ablations`, frozen as they stand, into swimmers of 3 to 15 joints (figure 6 of the "
        "paper). What has been found is kept in the work folder. It trains nothing.",
    )
    arms = [*PEERS["ncap"].arms, *PEERS["ncap_ablations"].arms]
    add_lived(parser, "arms", "ARM", arms, NCAP_WORK, NCAP_OUT)
    parser.set_defaults(run=study_runs.run_ncap_transfer)


def _add_lifelong(parts: Any) -> None:
    parser = parts.add_parser(
        "lifelong",
        help="lifetimes whose bodies change",
        description="Lifetimes meet changed bodies: frozen, learning on, and new-born beside; each "
        "change alone, and all in one life. What has been lived is kept in a work folder, so that "
        "a study which was stopped goes on.",
    )
    parser.add_argument(
        "--seeds", type=count, default=LIFELONG_SEEDS, metavar="N", help=f"({LIFELONG_SEEDS})"
    )
    add_lived(parser, "robots", "ROBOT", LIFELONG_ROBOTS, LIFELONG_WORK, LIFELONG_OUT)
    parser.add_argument("--nice", type=whole, default=10, metavar="N")
    parser.set_defaults(run=study_runs.run_lifelong)


def _add_lifelong_peers(parts: Any) -> None:
    parser = parts.add_parser(
        "lifelong_peers",
        help="other learners on the walker's changes",
        description="Other learners learn on the unchanged walker first, and then meet each change "
        "of the study lifelong: frozen, and going on learning. What has been lived is kept in a "
        "work folder, so that a study which was stopped goes on; runs of dynsyn train that are "
        "put there as walker/childhood/ARM-SEED are gone on from.",
    )
    parser.add_argument("--seed", type=whole, default=0, metavar="S", help="the first (0)")
    for name, value, what in (
        ("seeds", LIFELONG_PEERS_SEEDS, "how many"),
        ("childhood", LIFELONG_PEERS_CHILDHOOD, "control steps before the change"),
        ("steps", LIFELONG_PEERS_STEPS, "control steps since the change"),
    ):
        parser.add_argument(
            f"--{name}", type=count, default=value, metavar="N", help=f"{what} ({value:,})"
        )
    arms = [arm for arm in PEERS["peers"].arms if arm != DYNAMIC_SYNAPSES]
    add_lived(parser, "arms", "ARM", arms, LIFELONG_PEERS_WORK, LIFELONG_OUT)
    parser.add_argument("--nice", type=whole, default=10, metavar="N")
    parser.set_defaults(run=study_runs.run_lifelong_peers)


def _add_faults(parts: Any) -> None:
    parser = parts.add_parser(
        "faults",
        help="random faults on a running robot",
        description="Run a robot and its controller in real time, break them and what they say at "
        "random, and evaluate the lifetime beside what it was. For a clock that steps, install "
        "libfaketime; for a full disk, let --life be a small file system of its own (sudo mount -t "
        "tmpfs -o size=8m tmpfs DIR).",
    )
    parser.add_argument("robot", help="registered name")
    parser.add_argument("--lifetime", type=Path, metavar="FILE", help="to begin with (shipped)")
    parser.add_argument("--minutes", type=positive, default=60.0, metavar="M", help="(60)")
    parser.add_argument(
        "--pause", type=positive, default=8.0, metavar="S", help="mean s between faults (8)"
    )
    parser.add_argument(
        "--no-faults",
        dest="pause",
        action="store_const",
        const=math.inf,
        help="inject none, for comparison",
    )
    parser.add_argument("--seed", type=whole, default=0, metavar="S", help="of the faults (0)")
    parser.add_argument("--domain", type=whole, default=101, metavar="N", help="of ROS (101)")
    parser.add_argument(
        "--episodes", type=count, default=300, metavar="N", help="of each evaluation (300)"
    )
    parser.add_argument("--work", type=Path, default=Path("runs/faults"), metavar="DIR")
    parser.add_argument(
        "--life", type=Path, metavar="DIR", help="folder of the running lifetime (WORK/life)"
    )
    parser.add_argument("--out", type=Path, default=Path("results/faults"), metavar="DIR")
    parser.set_defaults(run=study_runs.run_faults)


def named_files(text: str) -> tuple[str, list[Path]]:
    """NAME=FILE,FILE as name and files."""
    name, _, files = text.partition("=")
    paths = [Path(file) for file in files.split(",") if file]
    if not name or not paths:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected ARM=PATH or ARM=PATH,PATH")
    return name, paths
