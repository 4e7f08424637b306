"""Where the shipped configuration files are: robot files, parameter files, checkpoints."""

from __future__ import annotations

import contextlib
from pathlib import Path

PACKAGE = "dynsyn_controller"


def config_path(relative: str | Path) -> Path:
    """Path of a shipped configuration file, for example "robots/walker.yaml".

    Looked for in the folder `config/` beside the package's sources, then in
    `share/dynsyn_controller/config` of the installation.

    Raises:
        FileNotFoundError: there is no such file; the message lists its neighbours.
    """
    folders = _config_folders()
    for folder in folders:
        if (folder / relative).is_file():
            return folder / relative
    parent = Path(relative).parent
    there = sorted({path.name for folder in folders for path in (folder / parent).glob("*.*")})
    raise FileNotFoundError(
        f"no configuration file {relative}; in {parent} there is {', '.join(there) or 'nothing'}"
    )


def shipped_checkpoint(robot: str) -> Path | None:
    """The shipped lifetime of a robot, config/checkpoints/ROBOT.ckpt; None: there is none.

    To be copied before it is lived on: whoever keeps a lifetime in a file writes to that file.
    """
    try:
        return config_path(Path("checkpoints") / f"{robot}.ckpt")
    except FileNotFoundError:
        return None


def _config_folders() -> list[Path]:
    """The folders to look in, nearest first; those that do not exist left out."""
    module = Path(__file__).resolve()
    # <checkout>/dynsyn_controller/dynsyn_controller/robot/config_files.py
    checkout = module.parents[2]
    candidates = [checkout / "config"] if (checkout / "package.xml").is_file() else []
    # <prefix>/lib/pythonX.Y/site-packages/dynsyn_controller/robot/config_files.py, or a link to it
    for path in (module, Path(__file__).absolute()):
        candidates += [folder / "share" / PACKAGE / "config" for folder in path.parents[4:7]]
    try:
        from ament_index_python.packages import PackageNotFoundError, get_package_share_path
    except ImportError:  # no ROS at hand, for example in the offline trainer
        pass
    else:
        with contextlib.suppress(PackageNotFoundError, OSError):  # nothing is sourced
            candidates.append(get_package_share_path(PACKAGE) / "config")
    return [folder for folder in dict.fromkeys(candidates) if folder.is_dir()]
