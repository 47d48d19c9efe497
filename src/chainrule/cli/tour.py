"""Owns `chainrule tour`: the main job from end to end on built-in examples. Everything that it shows is computed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.cli.descend import descent, steps_table
from chainrule.cli.numbers import short
from chainrule.cli.output import Output
from chainrule.cli.source import read_source
from chainrule.optim import GradientDescent


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the tour: how one gets there oneself, what one sees, and the same as data."""

    title: str
    command: str
    text: str
    data: Any


def wave(x: Any) -> Any:
    """Return the sum of sin(x) / (1 + x²), written in plain NumPy."""
    return np.sum(np.sin(x) / (1 + x**2))


def run() -> Output:
    """Return all stops."""
    stops = [make() for make in STOPS]
    shown = [f"{n}. {stop.title}\n   $ {stop.command}\n\n{_indented(stop.text)}" for n, stop in enumerate(stops, 1)]
    data = [{"title": stop.title, "command": stop.command, "result": stop.data} for stop in stops]
    return Output("\n\n\n".join(shown), {"tour": data})


def _indented(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.splitlines())


def _derivation() -> Stop:
    derivation = cr.explain("(2x+3)^2", at=1)
    command = 'chainrule derive "(2x+3)^2" --at x=1'
    return Stop("A derivative, rule by rule", command, str(derivation), derivation.to_dict())


def _partials() -> Stop:
    point = {"x": 1.0, "y": 2.0}
    derivation = cr.explain("x^2+3xy+y^2", at=point)
    command = 'chainrule derive "x^2+3xy+y^2" --at x=1,y=2'
    return Stop("Two variables: one partial derivative for each", command, str(derivation), derivation.to_dict())


def _numpy() -> Stop:
    x = np.linspace(-1.0, 2.0, 4)
    value, slope = cr.value_and_grad(wave)(x)
    report = cr.check_grad(wave, x)
    header, *_, body = inspect.getsourcelines(wave)[0]
    lines = [f"{header}{body}", f"wave({short(x)}) = {short(value)}", f"cr.grad(wave)(x) = {short(slope)}", str(report)]
    data = {"x": x, "value": value, "gradient": slope, "check": str(report), "difference": report.difference}
    title = "A plain NumPy function, checked against the limit"
    return Stop(title, "chainrule check FILE.py:wave --at [-1,0,1,2]", "\n".join(lines), data)


def _neuron() -> Stop:
    text = "y = sigmoid(wx + b); L = (y - t)^2"
    found = cr.backprop(text, w=0.5, x=2.0, b=-1.0, t=1.0)
    gradients = "\n".join(f"dL/d{name} = {short(found.gradients[name])}" for name in ("w", "b"))
    command = f'chainrule backprop "{text}" --at w=0.5,x=2,b=-1,t=1'
    return Stop("A neuron learns: backpropagation", command, f"{found}\n\n{gradients}", found.to_dict())


def _descend(title: str, rate: float) -> Stop:
    source = read_source("x^2")
    found, seen = descent(source, {"x": 5.0}, GradientDescent(rate), 10)
    command = f'chainrule descend "x^2" --start x=5 --rate {rate:g} --steps 10'
    data = {"message": found.message, "path": [p.x["x"] for p in seen], "losses": found.losses}
    return Stop(title, command, f"{steps_table(source, seen)}\n\n{found.message}", data)


STOPS: tuple[Callable[[], Stop], ...] = (
    _derivation,
    _partials,
    _numpy,
    _neuron,
    lambda: _descend("Downhill: ten steps of gradient descent", 0.1),
    lambda: _descend("A learning rate that is too large", 1.1),
)
"""The stops, in order."""
