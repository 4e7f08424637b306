"""Set up and build the workspace: `.venv` with pinned packages, then colcon into build/ install/.

Run by the Makefile with whatever Python the user has, so this file must parse on old ones: it
first checks the version and only then imports the rest. Quick when nothing has changed.
"""

import sys

OLDEST = (3, 10)
NEWEST_WITH_WHEELS = (3, 13)


def version_complaint(version, has_distribution):
    """Say in one line why a Python cannot be used, or return None.

    :param version: (major, minor) of the Python.
    :param has_distribution: whether a ROS distribution is sourced; the wheels, and with them the
        upper limit, matter only where none is.
    """
    found = "{}.{}".format(version[0], version[1])
    if tuple(version) < OLDEST:
        return (
            "Python {} is too old: install Python 3.10 to 3.13 and run "
            "`make PYTHON=python3.12` (or whichever you installed)".format(found)
        )
    if tuple(version) > NEWEST_WITH_WHEELS and not has_distribution:
        return (
            "there are no ROS 2 wheels for Python {}: run `make PYTHON=python3.13` (3.10 to 3.13), "
            "or source a ROS 2 distribution first".format(found)
        )
    return None


def main():
    """Bring the environment and the build up to date. Exit codes: 0 done, 1 failed."""
    import os

    complaint = version_complaint(sys.version_info[:2], bool(os.environ.get("ROS_DISTRO")))
    if complaint:
        print("setup: error: " + complaint, file=sys.stderr)
        return 1

    from setup_steps import colcon, environment
    from setup_steps.common import SetupError, exclusive

    rebuild = "--rebuild" in sys.argv[1:]
    try:
        with exclusive():
            place = environment.ensure()
            colcon.ensure(place, force=rebuild)
    except SetupError as error:
        print("setup: error: " + str(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the next run starts the unfinished stage again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
