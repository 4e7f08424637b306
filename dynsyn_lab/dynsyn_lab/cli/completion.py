"""`dynsyn completion bash|zsh`: a script with which the shell completes the command's words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

SHELLS = ("bash", "zsh")

_ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"
_SCRIPT = """\
# Completion of dynsyn. For this shell: source <(dynsyn completion {shell})
_dynsyn() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command="" i part
  for ((i = 1; i < COMP_CWORD; i++)); do
    part=${{COMP_WORDS[i]}}
    case "$command $part" in
{commands}
    esac
  done
  local words="" files=""
  case "$command $before" in
{choices}
    *) case "$command" in
{words}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  local IFS=$'\n'
  [[ -z "$files" || "$word" == -* ]] || COMPREPLY+=($(compgen -f -- "$word"))
}}
complete -o filenames -F _dynsyn dynsyn
"""


def add_parser(subparsers: Any) -> None:
    """Add `completion` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "completion",
        help="a script with which the shell completes commands and options",
        description="Print a script that makes the shell complete commands, options and their "
        "choices. For good: dynsyn completion bash > "
        "~/.local/share/bash-completion/completions/dynsyn",
    )
    parser.add_argument("shell", choices=SHELLS, help="bash or zsh")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script. Returns 0."""
    print(script(args.parser, args.shell), end="")
    return 0


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion script of a command for one of SHELLS."""
    commands, choices, words = [], [], []
    for path, part in _walk("", parser):
        if path:
            commands.append(f'      "{path.rpartition(" ")[0]} {path.split()[-1]}") '
                            f'command="{path}" ;;')  # fmt: skip
        offered = [option for option in _options(part) if option.startswith("--")]
        below = _subparsers(part)
        offered += below
        for action in part._actions:
            if action.choices and not action.option_strings and not below:
                offered += map(str, action.choices)
        files = "" if below else " files=yes"
        words.append(f'      "{path}") words="{" ".join(offered)}"{files} ;;')
        for action in part._actions:
            if action.choices and action.option_strings:
                values = " ".join(map(str, action.choices))
                names = "|".join(f'"{path} {name}"' for name in action.option_strings)
                choices.append(f'    {names}) words="{values}" ;;')
    body = _SCRIPT.format(
        shell=shell,
        commands="\n".join(commands),
        choices="\n".join(choices),
        words="\n".join(words),
    )
    return (_ZSH if shell == "zsh" else "") + body


def _walk(path: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, Any]]:
    """Every parser with its words, such as "bench loop"; that of the whole command has none."""
    yield path, parser
    for name, part in _subparsers(parser).items():
        yield from _walk(f"{path} {name}".strip(), part)


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [
        option
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        for option in action.option_strings
    ]
