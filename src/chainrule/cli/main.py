"""Owns the commands and their options. What a command does is in a module of its own, imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="chainrule",
    help="Derivatives of typed mathematics and of plain NumPy functions: exact, and explained rule by rule.",
    epilog='Examples: chainrule derive "(2x+3)^2" · chainrule gradient "x^2+3xy+y^2" --at x=1,y=2 · '
    "chainrule check model.py:loss --at 1.0,2.0",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich is not imported for --help
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_FUNCTION = 'Mathematics such as "(2x+3)^2", or FILE.py:function.'
_POINT = "A point: x=1,y=2 or 1,2; a vector is x=[1,2]."
Function = Annotated[str, typer.Argument(metavar="FUNCTION", help=_FUNCTION)]
Point = Annotated[str | None, typer.Option(metavar="POINT", help=_POINT)]
RequiredPoint = Annotated[str, typer.Option("--at", metavar="POINT", help=_POINT)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def derive(
    function: Function,
    wrt: Annotated[str | None, typer.Option(metavar="NAME", help="The variable; all of them without it.")] = None,
    at: Point = None,
    order: Annotated[int, typer.Option(help="How often to differentiate, 1 to 6.")] = 1,
    hint: Annotated[bool, typer.Option("--hint", help="Show only which rule comes next.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
    json: Json = False,
) -> None:
    """Find a derivative, step by step."""
    _run("derive", json, function=function, wrt=wrt, at=at, order=order, hint=hint, latex=latex)


@app.command()
def gradient(function: Function, at: Point = None, json: Json = False) -> None:
    """Find all partial derivatives, and their values at a point."""
    _run("gradient", json, function=function, at=at)


@app.command()
def descend(
    function: Function,
    start: Annotated[str, typer.Option(metavar="POINT", help="Where to start: x=5, or x=1,y=2.")],
    rate: Annotated[float, typer.Option(help="The learning rate.")] = 0.1,
    steps: Annotated[int, typer.Option(min=0, max=100_000, help="At most so many steps.")] = 10,
    tol: Annotated[float, typer.Option(min=0.0, help="Stop where the gradient's norm is at most this.")] = 1e-8,
    json: Json = False,
) -> None:
    """Follow the gradient downhill, and print every step."""
    _run("descend", json, function=function, start=start, rate=rate, steps=steps, tol=tol)


@app.command()
def backprop(function: Function, at: RequiredPoint, json: Json = False) -> None:
    """Run a function forward and backward, node by node."""
    _run("backprop", json, function=function, at=at)


@app.command()
def check(function: Function, at: RequiredPoint, json: Json = False) -> None:
    """Compare a function's derivatives with the limit definition."""
    _run("check", json, function=function, at=at)


@app.command()
def bench(
    function: Function,
    at: Annotated[
        str,
        typer.Option(metavar="POINT", help=f"{_POINT} Or NAME(): a function of the file that returns the arguments."),
    ],
    gradient: Annotated[bool, typer.Option("--gradient/--value", help="What is timed.")] = True,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="Each run is timed so often, in turn.")] = 7,
    json: Json = False,
) -> None:
    """Time a function: as it is, compiled by jit, and by the other libraries that are installed."""
    _run("bench", json, function=function, at=at, is_gradient=gradient, rounds=rounds)


@app.command()
def rules(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only rules whose name contains this.")] = None,
    json: Json = False,
) -> None:
    """Print the table of rules."""
    _run("rules", json, name=name)


@app.command()
def tour(json: Json = False) -> None:
    """See everything once, on built-in examples."""
    _run("tour", json)


def _run(command: str, json: bool, **options: Any) -> None:
    """Import the module of a command and run it: the one place where the rest of chainrule, and NumPy, are imported."""
    module = importlib.import_module(f"chainrule.cli.{command}")
    output = importlib.import_module("chainrule.cli.output")
    raise typer.Exit(output.report(lambda: module.run(**options), json))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: with 0, with 1 where a check has failed, with 2 where the input is at fault."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign gets an escape, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=[_not_an_option(argument) for argument in given], prog_name="chainrule")
    except BrokenPipeError:
        # The reader (`head`) has enough. Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _not_an_option(argument: str) -> str:
    """Return mathematics that starts with a minus, such as -x^2, so that it is not taken for an option."""
    is_negative = len(argument) > 1 and argument[0] == "-" and argument[1] != "-" and argument != "-h"
    return f" {argument}" if is_negative else argument
