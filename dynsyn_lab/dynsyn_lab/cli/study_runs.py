"""What each study of `dynsyn study` does with its arguments."""

from __future__ import annotations

import argparse

from dynsyn_lab.studies.defaults import SWIMMER_STEPS


def run_walker(args: argparse.Namespace) -> int:
    """Write and print what was measured. Returns 0."""
    from dynsyn_lab.studies.walker import compare

    compare(args.arms, args.evaluations, args.out, args.every)
    return 0


def run_swimmer(args: argparse.Namespace) -> int:
    """Run the trials that the studies need, then write tables and figures. Returns 0."""
    from dynsyn_lab.studies.swimmer import run_studies
    from dynsyn_lab.studies.swimmer_trials import Lengths
    from dynsyn_lab.studies.trials import SPAN, be_nice

    be_nice(args.nice)
    lengths = Lengths(**{name: getattr(args, f"{name}_steps") // SPAN for name in SWIMMER_STEPS})
    run_studies(args.studies, lengths, args.work, args.out, args.processes, args.saturation)
    return 0


def run_spiking(args: argparse.Namespace) -> int:
    """Live what is missing, then write tables and figures. Returns 0."""
    from dynsyn_lab.studies.spiking import run_study
    from dynsyn_lab.studies.trials import be_nice

    be_nice(args.nice)
    run_study([] if args.report else args.parts, args.work, args.out)
    return 0


def run_bodies(args: argparse.Namespace) -> int:
    """Live and evaluate what is missing, then write tables and a figure. Returns 0."""
    from dynsyn_lab.studies.bodies import run_study
    from dynsyn_lab.studies.trial_processes import Budget

    _check_installed(args)
    budget = Budget(args.steps, args.hours)
    seeds = range(args.seed, args.seed + args.seeds)
    run_study(args.bodies, args.arms, seeds, budget, args.work, args.out, args.report)
    return 0


def run_figure11(args: argparse.Namespace) -> int:
    """Live what is missing, then write tables and the figure. Returns 0."""
    from dynsyn_lab.studies.figure11 import run_study
    from dynsyn_lab.studies.trial_processes import Budget

    budget = Budget(args.steps, args.hours)
    run_study(
        args.groups, args.preset, args.seeds, args.seed, budget, args.work, args.out,
        args.report,
    )  # fmt: skip
    return 0


def run_peers(args: argparse.Namespace) -> int:
    """Train and evaluate what is missing, then write the table. Returns 0."""
    from dynsyn_lab.studies.peers import run_study
    from dynsyn_lab.studies.peers_arms import PEERS
    from dynsyn_lab.studies.trial_processes import Budget

    _check_installed(args)
    budget = Budget(args.steps, args.hours)
    run_study(PEERS[args.study], args.arms, args.seeds, budget, args.work, args.out, args.report)
    return 0


def run_ncap_transfer(args: argparse.Namespace) -> int:
    """Evaluate what is missing, then write the table and the figure. Returns 0."""
    from dynsyn_lab.studies.ncap_transfer import run_study

    run_study(args.arms, args.work, args.out, args.report)
    return 0


def run_lifelong(args: argparse.Namespace) -> int:
    """Live what is missing, then write tables and figures. Returns 0."""
    from dynsyn_lab.studies.lifelong import run_study
    from dynsyn_lab.studies.trials import be_nice

    be_nice(args.nice)
    run_study(args.robots, args.seeds, args.work, args.out, living=not args.report)
    return 0


def run_lifelong_peers(args: argparse.Namespace) -> int:
    """Live what is missing, then write the table. Returns 0."""
    from dynsyn_lab.studies.lifelong_peers import Lengths, run_study
    from dynsyn_lab.studies.trials import be_nice

    _check_installed(args)
    be_nice(args.nice)
    seeds = range(args.seed, args.seed + args.seeds)
    lengths = Lengths(args.childhood, args.steps)
    run_study(args.arms, seeds, lengths, args.work, args.out, living=not args.report)
    return 0


def run_faults(args: argparse.Namespace) -> int:
    """Inject faults; 1 where something went wrong."""
    from dynsyn_controller.node import middleware

    middleware.load()
    from dynsyn_lab.studies.random_faults import Plan, run

    values = {name: vars(args)[name] for name in Plan.__annotations__}
    values["life"] = args.life or args.work / "life"
    return 0 if run(Plan(**values)) else 1


def _check_installed(args: argparse.Namespace) -> None:
    from dynsyn_lab.baselines.registry import BASELINES, check_installed
    from dynsyn_lab.studies.peers_arms import learner_of

    for learner in map(learner_of, args.arms):
        if learner in BASELINES and not args.report:
            check_installed(learner)
