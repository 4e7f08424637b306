"""The program `dynsyn`: what goes round the command, from its first moment to its last.

Quick to import: a Ctrl-C before this file has been read is Python's own affair.
"""

from __future__ import annotations

import io
import signal
import sys

from dynsyn_controller.node.standard_output import drop_output

INTERRUPTED = 1
"""Exit code of a command that a Ctrl-C ended before its work was done."""
FAILED = 1
"""Exit code of a command whose output cannot be written, if it has no other."""


def dynsyn() -> None:
    """Entry point: run the command line of this process and exit with its code."""
    code = INTERRUPTED
    try:
        try:
            code = _run()
        finally:  # argparse leaves by SystemExit: --help, and a wrong word
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        print("dynsyn: interrupted", file=sys.stderr)
    except BrokenPipeError:  # `| head` has what it wanted: nothing is left to be said, or to whom
        drop_output()
    except OSError as error:  # a full disk: what is still to be written would fail again
        drop_output()
        print(f"dynsyn: error: {error}", file=sys.stderr)
        code = code or FAILED
    finally:
        # All is done: a Ctrl-C that still comes would only break into the end of Python.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
    sys.exit(code)


def _run() -> int:
    # A name or a path may hold what the terminal's encoding does not.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    from dynsyn_lab.cli.main import main

    return main()
