"""Owns `chainrule backprop`: a function run forward and backward, node by node."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

import chainrule as cr
from chainrule.cli.output import CommandError, Output
from chainrule.cli.source import read_source, user_code
from chainrule.explain.backpropagation.run import Backprop


def run(function: str, at: str | None, fold: str, svg: str | None, steps: bool, orders: bool) -> Output:
    """Return the table of nodes and the chain-rule products; with `steps` one line for each step, `svg`: a file to draw."""
    source = read_source(function)
    values = source.values_at(at)
    with user_code(source.path, source.label):
        # Typed mathematics goes in as text, so that the names that it defines on the way are shown.
        if source.text is None:
            found = cr.backprop(source.fun, *values.values(), fold=fold)
        else:
            found = cr.backprop(source.text, **values, fold=fold)
    text = _steps(found) if steps else _table(found)
    if orders:
        text = f"{text}\n\n{found.compare_orders()}"
    if svg is not None:
        text = f"{text}\n\n{_draw(found, svg)}"
    return Output(text, found.to_dict())


def _table(found: Backprop) -> str:
    """Return the table, styled where stdout is a terminal."""
    terminal = Console()
    if not terminal.is_terminal or terminal.no_color:
        return str(found)
    with terminal.capture() as captured:
        terminal.print(found)
    return captured.get()


def _steps(found: Backprop) -> str:
    return "\n".join(f"{number}. {step}\n   {step.text}" for number, step in enumerate(found.steps(), 1))


def _draw(found: Backprop, svg: str) -> str:
    """Write the picture into a file."""
    path = Path(svg)
    if path.suffix.lower() != ".svg":
        raise CommandError(f"--svg writes an SVG; name the file {path.stem or 'graph'}.svg, not {str(path)[:200]}")
    try:
        path.write_text(found.to_svg(), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{str(path)[:200]} cannot be written ({error.strerror}); choose another place") from error
    return f"The graph is drawn in {path}"
