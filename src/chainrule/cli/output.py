"""Owns what reaches the terminal: text or JSON on stdout, errors in a sentence or two on stderr, and the exit code."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chainrule.errors import ChainruleError
from chainrule.explain.backpropagation.figures import json_safe

MAX_ERROR = 600
"""Errors are cut to this many characters: what was typed may be of any length."""

EXIT_INPUT = 2
EXIT_CHECK = 1


class CommandError(Exception):
    """Something that a person can put right; its message is all that is printed."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a command has to say: the same as text and as data, and its exit code."""

    text: str
    data: Any
    code: int = 0


def report(run: Callable[[], Output], as_json: bool) -> int:
    """Run a command, print what it has to say, and return the exit code."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is seen in the numbers that are printed
            output = run()
    except KeyboardInterrupt:
        print_error("interrupted")
        return 130
    except (CommandError, ChainruleError, ValueError, TypeError, KeyError, OSError) as error:
        # Every one of these carries a message for people; what users' own code raises arrives as CommandError.
        print_error(_message(error))
        return EXIT_INPUT
    except RecursionError:
        print_error("the function is nested too deeply; write it with fewer brackets or less recursion")
        return EXIT_INPUT
    if as_json:
        sys.stdout.write(json.dumps(json_safe(output.data), allow_nan=False, indent=2) + "\n")
    else:
        sys.stdout.write(output.text.rstrip() + "\n")
    return output.code


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def print_error(message: str) -> None:
    """Print a message on stderr, bounded and without control characters."""
    shown = "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in message)
    if len(shown) > MAX_ERROR:
        shown = shown[: MAX_ERROR - 1] + "…"
    sys.stderr.write(f"error: {shown}\n")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], left: int = 0) -> str:
    """Return a table as text; the first `left` columns are set to the left, the others, numbers, to the right.

    It is styled where stdout is a terminal and NO_COLOR is not set.
    """
    if not in_color():
        return _plain_table(headings, rows, left)
    grid = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for index, heading in enumerate(headings):
        grid.add_column(escape(heading), justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        grid.add_row(*map(escape, row))
    return colored(grid)


def in_color() -> bool:
    """Return whether stdout is a terminal and NO_COLOR is not set."""
    terminal = Console()
    return terminal.is_terminal and not terminal.no_color


def colored(renderable: Any) -> str:
    """Return what rich shows as text with the signs for colors in it, as wide as the terminal."""
    page = Console(file=io.StringIO(), force_terminal=True, width=Console().width)
    with page.capture() as captured:
        page.print(renderable)
    return captured.get().strip("\n")


def _plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """Return one line for each row, whatever its length: other programs read it."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        set_cells = (
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(set_cells).rstrip()

    return "\n".join([line(headings), line(["-" * width for width in widths]), *map(line, rows)])
