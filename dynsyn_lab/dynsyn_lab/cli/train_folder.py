"""The run folder that `dynsyn train` is asked for: a new one, or one to go on with."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dynsyn_lab.baselines.registry import BASELINES
from dynsyn_lab.cli.arguments import with_joints
from dynsyn_lab.errors import UsageError
from dynsyn_lab.training.backends.registry import IN_PROCESS

if TYPE_CHECKING:
    from dynsyn_lab.training.limits import Limits
    from dynsyn_lab.training.run_config import RunConfig
    from dynsyn_lab.training.run_folder import RunFolder

SAVE_EVERY = 100_000
TRACE_EVERY = 1_000
DOTTED = ("learner", "network", "robot")
"""Options --PREFIX.KEY."""
_OF_BIRTH = (
    "robot",
    "lifetimes",
    "seed",
    "robot_seed",
    "hold",
    "origin",
    "transfer",
    "joints",
    "learner",
    "network",
    "preset",
    "repulsive",
    "attractive_only",
    "adaptation",
    "backend",
    "save_every",
    "trace_every",
    "change",
    "out",
)
_NOT_OF_BASELINES = (
    "hold",
    "origin",
    "transfer",
    "preset",
    "repulsive",
    "attractive_only",
    "adaptation",
    "backend",
    "trace_every",
    "render",
)


def resumed(args: argparse.Namespace) -> RunFolder:
    """The folder of a run that goes on.

    Raises:
        UsageError: something else is asked for than it was begun with.
        RunError: there is no run in it.
    """
    from dynsyn_lab.training.run_folder import RunFolder

    for name in _OF_BIRTH:
        if getattr(args, name) is not None:
            raise UsageError(f"{_flag(name)}: cannot be changed with --resume")
    for prefix in DOTTED:
        for key in args.dotted[prefix]:
            raise UsageError(f"--{prefix}.{key}: cannot be changed with --resume")
    folder = RunFolder(args.resume)
    _check_render(args, folder.config)
    return folder


def created(args: argparse.Namespace, limits: Limits) -> RunFolder:
    """The folder of a new run.

    Raises:
        UsageError: something that does not exist or cannot be is asked for, also within `limits`.
        RunError: the folder cannot be made.
        CheckpointError: what its lifetimes are to go on from is no lifetime.
        CommandError, ImportError: what the run needs is not installed.
    """
    from dynsyn_lab.training.limits import check_limits
    from dynsyn_lab.training.run_folder import RunFolder
    from dynsyn_lab.training.run_setup import default_folder

    if args.robot is None:
        raise UsageError("robot: missing; for example dynsyn train walker")
    config = _baseline_config(args) if args.learner in BASELINES else _config(args)
    _check_render(args, config)
    check_limits(limits, config)
    return RunFolder.create(args.out or default_folder(config.spec), config)


def _config(args: argparse.Namespace) -> RunConfig:
    from dynsyn_lab.training.run_setup import make_config

    chosen = {prefix: dict(args.dotted[prefix]) for prefix in ("learner", "network")}
    for prefix, name, given, value in (
        ("learner", "repulsion", args.repulsive, args.repulsive),
        ("learner", "repulsion", args.attractive_only, False),
        ("network", "adaptation", args.adaptation, args.adaptation),
    ):
        if given is not None:
            if name in chosen[prefix]:
                raise UsageError(f"--{prefix}.{name}: given twice")
            chosen[prefix][name] = value
    _check_origin(args)
    return make_config(
        args.robot,
        robot_options=with_joints(args),
        learner=args.learner,
        preset=args.preset,
        settings=chosen["learner"],
        lifetimes=args.lifetimes or 1,
        seed=args.seed or 0,
        backend=args.backend,
        save_every=args.save_every or SAVE_EVERY,
        trace_every=args.trace_every or TRACE_EVERY,
        network=args.network,
        options=chosen["network"],
        origin=args.origin,
        transfer=bool(args.transfer),
        robot_seed=args.robot_seed,
        changes=args.change or (),
        held=args.hold or "",
    )


def _baseline_config(args: argparse.Namespace) -> RunConfig:
    """Of a run whose lifetime learns by a baseline."""
    from dynsyn_lab.baselines.run_setup import make_baseline_config

    for name in _NOT_OF_BASELINES:
        found = getattr(args, name)
        # a flag that is not given is False, too; --repulsive False is given
        if found is not None and (found is not False or name == "repulsive"):
            hint = "; that of a network is --network.preset" if name == "preset" else ""
            raise UsageError(f"{_flag(name)}: not with --learner {args.learner}{hint}")
    if (args.lifetimes or 1) != 1:
        raise UsageError(
            f"--lifetimes: found {args.lifetimes}, expected 1 with --learner {args.learner}, which "
            "has its process to itself; start one run for each seed"
        )
    return make_baseline_config(
        args.learner,
        args.robot,
        robot_options=with_joints(args),
        settings=args.dotted["learner"],
        network=args.network,
        options=args.dotted["network"],
        seed=args.seed or 0,
        save_every=args.save_every or SAVE_EVERY,
        robot_seed=args.robot_seed,
        changes=args.change or (),
    )


def _flag(name: str) -> str:
    """As it is written on the command line."""
    return {"robot": "robot", "origin": "--from"}.get(name, "--" + name.replace("_", "-"))


def _check_origin(args: argparse.Namespace) -> None:
    """A lifetime that goes on brings network and learner along, and has lived already."""
    if args.origin is None:
        if args.transfer:
            raise UsageError("--transfer: needs --from FILE, the lifetime to move")
        return
    for name in ("learner", "preset"):
        if getattr(args, name) is not None:
            raise UsageError(
                f"--{name}: not with --from, whose lifetime has its own; see --learner.KEY"
            )
    from dynsyn_controller.lifetime import checkpoint

    saved = checkpoint.load(args.origin)
    options = {**args.dotted["network"], **({"type": args.network} if args.network else {})}
    for name in options:
        if name not in saved.robot.blueprint.network.adjustable:
            raise UsageError(f"--network.{name}: not with --from, whose lifetime has its own")
    state = saved.state
    for name in ("steps", "episodes"):
        given, lived = getattr(args, name), int(state[name][0])
        if given is not None and given <= lived:
            raise UsageError(
                f"--{name}: found {given}, but {args.origin} has lived {lived} already: limits "
                "count since birth"
            )


def _check_render(args: argparse.Namespace, config: RunConfig) -> None:
    if args.render and config.backend != IN_PROCESS:
        raise UsageError(f"--render: not with backend {config.backend}, only {IN_PROCESS}")
