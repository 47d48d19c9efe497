"""Owns the commands and their options. What a command does is in a module of its own, imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from chainrule.cli.signs import decoded, write_signs_plainly

_ABOUT = "Derivatives of typed mathematics and of plain NumPy functions: exact, and explained rule by rule."

app = typer.Typer(
    name="chainrule",
    help=_ABOUT,
    epilog='Examples: chainrule derive "(2x+3)^2" · chainrule gradient "x^2+3xy+y^2" --at x=1,y=2 · '
    "chainrule check model.py:loss --at 1.0,2.0",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich is not imported for --help
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"chainrule {importlib.import_module('chainrule').__version__}")
        raise typer.Exit


@app.callback(help=_ABOUT)
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that belong to no command."""


_FUNCTION = 'Mathematics such as "(2x+3)^2", or FILE.py:function.'
_QUESTION = 'Mathematics such as "(2x+3)^2" or "x^2 + y^2 = 25", or FILE.py:function.'
_POINT = "A point: x=1,y=2 or 1,2; a vector is x=[1,2]."
Function = Annotated[str, typer.Argument(metavar="FUNCTION", help=_FUNCTION)]
Point = Annotated[str | None, typer.Option(metavar="POINT", help=_POINT)]
OwnPoint = Annotated[
    str | None, typer.Option(metavar="POINT", help=f"{_POINT} Not needed by a function whose parameters have defaults.")
]
RequiredPoint = Annotated[str, typer.Option("--at", metavar="POINT", help=_POINT)]
Plot = Annotated[str | None, typer.Option(metavar="FILE.html", help="Draw it into this file: .html, .png or .svg.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def derive(
    function: Annotated[str, typer.Argument(metavar="FUNCTION", help=_QUESTION)],
    wrt: Annotated[str | None, typer.Option(metavar="NAME", help="The variable; all of them without it.")] = None,
    at: Point = None,
    order: Annotated[int, typer.Option(help="How often to differentiate, 1 to 6.")] = 1,
    detail: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="brief: a line per rule; full: everything.")
    ] = None,
    hint: Annotated[bool, typer.Option("--hint", help="Print a nudge for each step, and no result.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Print a page of HTML.")] = False,
    json: Json = False,
) -> None:
    """Find a derivative, step by step."""
    options = {"wrt": wrt, "at": at, "order": order, "detail": detail, "hints": hint, "latex": latex, "html": html}
    _run("derive", json, function=function, **options)


@app.command()
def gradient(function: Function, at: Point = None, json: Json = False) -> None:
    """Find all partial derivatives, and their values at a point."""
    _run("gradient", json, function=function, at=at)


@app.command()
def descend(
    function: Function,
    start: Annotated[str, typer.Option(metavar="POINT", help="Where to start: x=5, or x=1,y=2.")],
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="gd, momentum, nesterov, rmsprop, adam, lbfgs, ...")
    ] = "gd",
    rate: Annotated[float | None, typer.Option(help="The learning rate; 0.1 where none is given.")] = None,
    momentum: Annotated[float | None, typer.Option(help="The part of the speed that is kept, such as 0.9.")] = None,
    steps: Annotated[int, typer.Option(min=0, max=100_000_000, help="At most so many steps.")] = 10,
    tol: Annotated[float, typer.Option(min=0.0, help="Stop where the gradient's norm is at most this.")] = 1e-8,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="FILE.npz", help="Keep the descent in this file, and go on from there.")
    ] = None,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Follow the gradient downhill, and say how it ended."""
    options = {"method": method, "rate": rate, "momentum": momentum, "steps": steps, "tol": tol}
    _run("descend", json, function=function, start=start, checkpoint=checkpoint, plot=plot, **options)


@app.command()
def curvature(function: Function, at: RequiredPoint, json: Json = False) -> None:
    """Say whether a point is a minimum, a maximum or a saddle."""
    _run("curvature", json, function=function, at=at)


@app.command()
def rates(
    function: Function,
    start: Annotated[str, typer.Option(metavar="POINT", help="Where to start: x=5, or x=1,y=2.")],
    rates: Annotated[str | None, typer.Option(metavar="RATES", help="Rates to judge: 0.001,0.1,1.0,1.1.")] = None,
    method: Annotated[str, typer.Option(metavar="METHOD", help="gd, momentum, nesterov, rmsprop, adam, ...")] = "gd",
    tol: Annotated[float, typer.Option(help="The gradient's norm to arrive at.")] = 1e-6,
    json: Json = False,
) -> None:
    """Say which learning rates will work, before a step is taken."""
    _run("rates", json, function=function, start=start, method=method, rates=rates, tol=tol)


@app.command()
def race(
    function: Annotated[
        str, typer.Argument(metavar="FUNCTION", help=f"A test function such as rosenbrock. {_FUNCTION}")
    ],
    methods: Annotated[
        str, typer.Option(metavar="METHODS", help="Such as gd,momentum,adam; with learning rates gd=0.001,adam=0.1.")
    ] = "gd,momentum,rmsprop,adam",
    start: Annotated[
        str | None, typer.Option(metavar="POINT", help="Where to start; test functions have a start.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, max=10_000_000, help="At most so many steps.")] = 1000,
    tol: Annotated[
        float, typer.Option(min=0.0, help="A method has arrived where the gradient's norm is at most this.")
    ] = 1e-6,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Let methods of descent race, and rank them."""
    _run("race", json, function=function, methods=methods, start=start, steps=steps, tol=tol, plot=plot)


@app.command()
def backprop(
    function: Function,
    at: OwnPoint = None,
    fold: Annotated[
        str, typer.Option(metavar="LEVEL", help="What is shown as one node: auto, composite, line or none.")
    ] = "auto",
    svg: Annotated[str | None, typer.Option(metavar="FILE.svg", help="Draw the graph into this file.")] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Print one step at a time: forward, then backward.")] = False,
    orders: Annotated[bool, typer.Option("--orders", help="Show what other orders of visiting would give.")] = False,
    json: Json = False,
) -> None:
    """Run a function forward and backward, node by node."""
    _run("backprop", json, function=function, at=at, fold=fold, svg=svg, steps=steps, orders=orders)


@app.command()
def check(function: Function, at: RequiredPoint, json: Json = False) -> None:
    """Compare a function's derivatives with the limit definition."""
    _run("check", json, function=function, at=at)


@app.command()
def limit(
    function: Function,
    at: OwnPoint = None,
    wrt: Annotated[str | None, typer.Option(metavar="NAME", help="The variable that moves, of several.")] = None,
    json: Json = False,
) -> None:
    """See the limit definition: quotients as the step goes to 0."""
    _run("limit", json, function=function, at=at, wrt=wrt)


why = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Find out why a gradient is wrong.")
app.add_typer(why, name="why")


@why.command()
def nan(function: Function, at: OwnPoint = None, json: Json = False) -> None:
    """Find the first operation that is not finite, and the mend."""
    _run("why", json, function=function, at=at, question="nan")


@why.command()
def zero(function: Function, at: OwnPoint = None, json: Json = False) -> None:
    """Find where the gradient of each input dies, and why."""
    _run("why", json, function=function, at=at, question="zero")


@app.command()
def practice(
    topic: Annotated[
        str | None,
        typer.Argument(metavar="TOPIC", help="Such as chain, quotient or gradients; all in turn without it."),
    ] = None,
    level: Annotated[int, typer.Option(min=1, max=3, help="1 asks for one rule, 3 goes deep.")] = 1,
    seed: Annotated[int | None, typer.Option(help="The same seed asks the same again.")] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many exercises.")] = 10,
) -> None:
    """Answer exercises, have mistakes named, and keep the score."""
    _run("practice", False, topic=topic, level=level, seed=seed, count=count)


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
    """Time a function: as it is, compiled, and by other libraries."""
    _run("bench", json, function=function, at=at, is_gradient=gradient, rounds=rounds)


@app.command()
def rules(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only rules whose name contains this.")] = None,
    json: Json = False,
) -> None:
    """Print the table of rules."""
    _run("rules", json, name=name)


@app.command()
def learn(
    host: Annotated[str, typer.Option(help="The address to listen on; 127.0.0.1 is this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 8050,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that compute.")] = 2,
    name: Annotated[list[str] | None, typer.Option(help="A host name under which others reach the site.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
) -> None:
    """Open lessons, explorer and playground in the browser."""
    _run("learn", False, host=host, port=port, workers=workers, name=name or [], is_opened=browser)


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
    write_signs_plainly(sys.stdout, sys.stderr)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=[_not_an_option(decoded(argument)) for argument in given], prog_name="chainrule")
    except BrokenPipeError:
        # The reader (`head`) has enough. Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _not_an_option(argument: str) -> str:
    """Return mathematics that starts with a minus, such as -x^2, so that it is not taken for an option."""
    is_negative = len(argument) > 1 and argument[0] == "-" and argument[1] != "-" and argument != "-h"
    return f" {argument}" if is_negative else argument
