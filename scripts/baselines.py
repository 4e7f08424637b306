"""Install what the tests of the baselines need. Exit codes: 0 it is there, 1 it cannot be."""

from __future__ import annotations

import sys

from setup_steps import baselines
from setup_steps.common import SetupError, exclusive


def main() -> int:
    """Install; where that fails, say in one line that their tests are skipped."""
    try:
        with exclusive():
            baselines.ensure()
    except SetupError as error:
        why = str(error).splitlines()[-1].strip()
        print(
            f"baselines: their tests are skipped, because pip cannot install "
            f"requirements/{baselines.PINS.name} with torch for CPUs (log/{baselines.LOG}): {why}"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
