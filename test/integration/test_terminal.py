"""`dynsyn sim` on a terminal: keys, Ctrl-Z, background, and terminals that cannot show much."""

from __future__ import annotations

import shlex
import termios

import pytest
from forked import DYNSYN
from ros_environment import TIMEOUT
from terminal import Terminal

from dynsyn_msgs.msg import Status

pytestmark = [pytest.mark.usefixtures("state_folder"), pytest.mark.faults]

SIM = [*DYNSYN, "sim", "--from-scratch"]
SHELL = ["/bin/bash", "--norc", "-i"]
PROMPT = "at the prompt> "
SECOND_SCREEN = b"\x1b[?1049h"
LOCAL_MODES = 3


def modes_in_shell(terminal):
    """Whether a shell's terminal shows what is typed and waits for Enter."""
    terminal.press("stty -a | tr ' ;' '\\n' | grep -x -e '-*icanon' -e '-*echo' | tr '\\n' .\r")
    terminal.wait_for("icanon.echo.")


def test_dashboard_obeys_its_keys_and_gives_the_terminal_back(ros_domain):
    with Terminal(SIM) as terminal:
        terminal.wait_for("a new-born lifetime")
        terminal.wait_for("(target 50)")
        terminal.press("l")
        terminal.wait_for("frozen (learning off)")
        terminal.press("l")
        terminal.wait_for("learning")
        terminal.press(" ")
        terminal.wait_for("EMERGENCY STOP")
        terminal.press("r")
        terminal.wait_for("learning")
        terminal.press("q")
        terminal.wait_for("lived in memory only")
        now = termios.tcgetattr(terminal.descriptor)
        assert now[LOCAL_MODES] == terminal.modes[LOCAL_MODES]
        assert terminal.close() == 0


def test_a_shell_puts_it_into_the_background_stops_it_and_fetches_it(ros_domain, peer):
    """In the background it prints lines; Ctrl-Z makes the robot stand still; keys work after fg."""
    heard = peer.listen(Status, "/dynsyn/status")
    with Terminal(SHELL, PS1=PROMPT) as terminal:
        terminal.wait_for(PROMPT)
        terminal.press("stty tostop; " + shlex.join(SIM) + " &\r")
        terminal.wait_for("steps (", 2 * TIMEOUT)
        terminal.press("echo $((6*7))\r")
        terminal.wait_for("42")
        assert SECOND_SCREEN not in terminal.screen
        terminal.press("fg\r")
        terminal.wait_for("(target 50)")
        terminal.press("\x1a")
        terminal.wait_for("Stopped")
        terminal.wait_for(PROMPT)
        modes_in_shell(terminal)
        heard.clear()

        def stands_still() -> bool:
            """For six reports in a row: one alone may be stale on a busy machine, too."""
            last = heard[-6:]
            stale = all(each.stale for each in last)
            return len(last) == 6 and stale and len({each.steps for each in last}) == 1

        peer.wait_for(stands_still, "a robot that stands still")
        steps = heard[-1].steps
        heard.clear()
        peer.wait_for(lambda: len(heard) > 5, "more reports")
        assert heard[-1].steps == steps
        terminal.press("bg\r")
        terminal.wait_for("steps (")
        terminal.press("fg\r")
        terminal.wait_for("(target 50)")
        peer.wait_for(lambda: heard[-1].steps > steps, "more steps")
        terminal.press(" ")
        terminal.wait_for("EMERGENCY STOP")
        terminal.press("\x03")
        terminal.wait_for("lived in memory only")
        terminal.wait_for(PROMPT)
        modes_in_shell(terminal)
        terminal.press("exit 3\r")
        assert terminal.close() == 3


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "dumb"},
        pytest.param({"PYTHONIOENCODING": "iso-8859-1"}, marks=pytest.mark.long),
        pytest.param(
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, marks=pytest.mark.long
        ),
    ],
    ids=["dumb", "latin_1", "ascii"],
)
def test_terminals_that_cannot_show_a_dashboard_get_lines_and_have_its_keys(
    ros_domain, environment
):
    with Terminal(SIM, **environment) as terminal:
        terminal.wait_for("space emergency stop   r re-arm")
        terminal.press(" ")  # before there is a controller: it is told as soon as it hears
        terminal.wait_for("emergency_stop: stopped")
        terminal.wait_for("EMERGENCY STOP")
        terminal.press("r")
        terminal.wait_for("rearm: re-armed")
        terminal.press("q")
        terminal.wait_for("lived in memory only")
        assert terminal.close() == 0
