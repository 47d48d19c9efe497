"""Owns random programs as data: the text of a Python function over NumPy, and its arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.special

import chainrule as cr


def draw(seed: int, shape: tuple[int, ...], dtype: str, layout: str) -> Any:
    """Return an array of moderate values in one of the layouts that NumPy's arrays may have, or a number of Python's."""
    rng = np.random.default_rng(seed)
    if dtype == "a float":
        return float(rng.uniform(-2, 2))
    if dtype == "an int":
        return int(rng.integers(-3, 5))
    if layout == "strided" and shape:
        return draw(seed, (*shape[:-1], 2 * shape[-1]), dtype, "C")[..., ::2]
    if dtype == "bool":
        x = rng.integers(0, 2, shape).astype(bool)
    elif np.dtype(dtype).kind in "iu":
        x = rng.integers(0 if dtype.startswith("u") else -3, 5, shape).astype(dtype)
        if x.dtype.itemsize == 1:  # these meet the ends of their range
            ends = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
            x = np.where(rng.integers(0, 6, shape) == 0, rng.choice(ends, shape), x)
    elif np.dtype(dtype).kind == "c":
        x = (rng.uniform(-2, 2, shape) + 1j * rng.uniform(-2, 2, shape)).astype(dtype)
    else:
        x = rng.uniform(-2, 2, shape).astype(dtype)
    x = np.asarray(x)
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "reversed" and shape:
        return x[::-1]
    if layout == "wide" and shape:  # a stride of zero
        return np.broadcast_to(x[..., :1], shape)
    if layout == "read-only":
        x.flags.writeable = False
    return x


def constant(shape: tuple[int, ...], phase: float) -> Any:
    """Return a constant of a program."""
    return np.cos(np.arange(float(np.prod(shape))) * 1.7 + phase).reshape(shape)


def disturbed(value: Any, rng: np.random.Generator) -> Any:
    """Return an array or number of which each element is off by several roundings."""
    dtype = getattr(value, "dtype", np.dtype(type(value)) if type(value) in (float, complex) else None)
    if dtype is None or dtype.kind not in "fc":
        return value
    noise = rng.uniform(-64, 64, np.shape(value)) * np.finfo(dtype).eps
    return value * (1 + noise).astype(np.finfo(dtype).dtype)


def derived(what: str, program: Callable[..., Any], moving: tuple[int, ...]) -> Callable[..., Any]:
    """Return a program, or a derivative of a scalar one by the arguments in the positions `moving`, as a tuple of results.

    product: of the Hessian with a vector; mixed: the gradient of a tangent; batch: gradients of two examples.
    """
    if what == "program":
        return program
    if what == "gradient":
        return cr.grad(program, argnums=moving)

    def split(arguments: tuple[Any, ...]) -> tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]:
        def function(*parts: Any) -> Any:
            whole = list(arguments)
            for place, part in zip(moving, parts, strict=True):
                whole[place] = part
            return program(*whole)

        parts = tuple(arguments[place] for place in moving)
        return function, parts, tuple(0.5 - 0.25 * part for part in parts)

    def tangent(*arguments: Any) -> Any:
        return cr.jvp(*split(arguments))

    def product(*arguments: Any) -> Any:
        function, parts, directions = split(arguments)
        result = cr.jvp(cr.grad(function, argnums=tuple(range(len(parts)))), parts, directions)[1]
        return tuple(result)

    def mixed(*arguments: Any) -> Any:
        function, parts, directions = split(arguments)
        return cr.grad(lambda *parts: cr.jvp(function, parts, directions)[1], argnums=tuple(range(len(parts))))(*parts)

    def batch(*arguments: Any) -> Any:
        function, parts, directions = split(arguments)
        stacked = [np.stack([part, part + direction]) for part, direction in zip(parts, directions, strict=True)]
        return cr.vmap(cr.grad(function, argnums=tuple(range(len(parts)))))(*stacked)

    return {"tangent": tangent, "product": product, "mixed": mixed, "batch": batch}[what]


@dataclass(frozen=True)
class Graph:
    """A program.

    lines: the statements, each with the name that it gives a value; inputs: (shape, type, layout) of each argument;
    results: names; real: the names of real values. The scalar program is the weighed sum of the real results.
    """

    lines: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[tuple[int, ...], str, str], ...]
    results: tuple[str, ...]
    real: tuple[str, ...]
    seed: int

    def text(self, noisy: bool = False, scalar: bool = False) -> str:
        names = ", ".join(f"x{i}" for i in range(len(self.inputs)))
        body = [f"{name} = noise({name})" for name in names.split(", ")] if noisy else []
        for name, line in self.lines:
            body.append(line)
            if noisy:
                body.append(f"{name} = noise({name})")
        result = " + ".join(f"np.sum({name} * constant(np.shape({name}), 0.3))" for name in self.weighed()) or "0.0"
        body.append(f"return {result}" if scalar else f"return {', '.join(self.results)},")
        inner = "\n".join("    " + part for line in body for part in line.split("\n"))
        return f"def program({names}):\n{inner}\n"

    def function(self, scalar: bool = False, noise: Callable[[Any], Any] | None = None) -> Callable[..., Any]:
        space: dict[str, Any] = {**NAMES, "noise": noise}
        if noise is not None:  # a sum of a constant's elements, which may cancel, is rounded as any other
            space["constant"] = lambda shape, phase: noise(constant(shape, phase))
        exec(compile(self.text(noise is not None, scalar), "<random program>", "exec"), space)
        program: Callable[..., Any] = space["program"]
        return program

    def arguments(self, turn: int) -> tuple[Any, ...]:
        return tuple(draw(self.seed + 101 * turn + place, *kind) for place, kind in enumerate(self.inputs))

    def weighed(self) -> list[str]:
        return [name for name in self.results if name in self.real]

    def moving(self) -> tuple[int, ...]:
        """Return the positions of the arguments that a derivative can be taken by."""
        return tuple(
            place for place, (_, dtype, _) in enumerate(self.inputs) if dtype.startswith("float") or dtype == "a float"
        )

    def of(self, result: str) -> Graph:
        """Return the part of the program that one result needs."""
        needed, lines = {result}, []
        for name, line in reversed(self.lines):
            if name in needed:
                needed.update(re.findall(r"\b[tx]\d+\b", line))
                lines.append((name, line))
        return replace(self, lines=tuple(reversed(lines)), results=(result,))

    def snippet(self, what: str = "program", turn: int = 0) -> str:
        """Return a program that shows what was found."""
        scalar = what != "program"
        drawn = ", ".join(f"draw({self.seed + 101 * turn + i}, *{kind!r})" for i, kind in enumerate(self.inputs))
        plain = f"derived({what!r}, program, {self.moving()})"
        return (
            "import numpy as np\nimport scipy.special as sp\nimport chainrule as cr\n"
            "from tests.native.graphs import constant, derived, draw\n\n"
            f"{self.text(scalar=scalar)}\n"
            f"arguments = ({drawn},)\nplain = {plain}\ncompiled = cr.jit(plain)\n"
            "for _ in range(4):\n    print(compiled(*arguments))\nprint(plain(*arguments))\n"
        )


NAMES = {"np": np, "sp": scipy.special, "constant": constant}
