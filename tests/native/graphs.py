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
    if dtype == "bool" and not shape:
        # NumPy squares a truth value to an int64, and an array of one, which no traced value can be told to be, to an int8.
        return np.bool(rng.integers(0, 2))
    if layout == "turned" and len(shape) > 1:  # neither in C's order nor in Fortran's
        return draw(seed, (shape[1], shape[0], *shape[2:]), dtype, "C").swapaxes(0, 1)[:, ::-1]
    if layout == "unaligned":
        x = draw(seed, shape, dtype, "C")
        return np.frombuffer(b"." + x.tobytes(), x.dtype, x.size, 1).reshape(shape)
    if layout == "swapped":
        x = draw(seed, shape, dtype, "C")
        return x.astype(x.dtype.newbyteorder())
    if layout == "strided" and shape:
        return draw(seed, (*shape[:-1], 2 * shape[-1]), dtype, "C")[..., ::2]
    if dtype == "bool":
        x = rng.integers(0, 2, shape).astype(bool)
        if (
            not shape
        ):  # NumPy squares a truth value to an int64, and an array of one, as a traced value cannot know, to an int8
            return x[()]
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
        return np.asarray(x, order="F")
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


def derived(what: str, program: Callable[..., Any], moving: tuple[int, ...]) -> Callable[..., Any]:
    """Return a program, or a derivative of a scalar one by the arguments in the positions `moving`, as a tuple of results.

    product: of the Hessian with a vector; mixed: the gradient of a tangent; batch: gradients of two examples; hessian: by the
    first of them; nested: the gradient of a compiled program, compiled.
    """
    if what == "program":
        return program
    if what == "gradient":
        return cr.grad(program, argnums=moving)
    if what == "nested":
        return cr.jit(cr.grad(cr.jit(program), argnums=moving))
    if what == "hessian":
        return cr.hessian(lambda *arguments: program(*arguments), argnums=moving[0])

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
    around: (shape, type) of each array that it closes over; form: how its results are nested; run: what changes from call to
    call besides the values.
    """

    lines: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[tuple[int, ...], str, str], ...]
    results: tuple[str, ...]
    real: tuple[str, ...]
    seed: int
    around: tuple[tuple[tuple[int, ...], str], ...] = ()
    form: str = "({},)"
    run: str = "same"

    def text(self, scalar: bool = False) -> str:
        names = ", ".join(f"x{i}" for i in range(len(self.inputs)))
        result = " + ".join(f"np.sum({name} * constant(np.shape({name}), 0.3))" for name in self.weighed()) or "0.0"
        last = f"return {result}" if scalar else "return " + self.form.format(", ".join(self.results))
        body = [*(line for _, line in self.lines), last]
        inner = "\n".join("    " + part for line in body for part in line.split("\n"))
        return f"def program({names}):\n{inner}\n"

    def function(
        self,
        scalar: bool = False,
        around: dict[str, Any] | None = None,
    ) -> Callable[..., Any]:
        """Return the program."""
        space: dict[str, Any] = {**NAMES, **(self.surroundings(0) if around is None else around)}
        exec(compile(self.text(scalar), "<random program>", "exec"), space)
        program: Callable[..., Any] = space["program"]
        return program

    def kinds(self, turn: int) -> tuple[tuple[tuple[int, ...], str, str], ...]:
        """Return the shape, type and layout of each argument of a call."""
        rng = np.random.default_rng(self.seed + turn)
        if not turn or self.run not in ("layouts", "kinds"):
            return self.inputs
        if self.run == "layouts":
            return tuple((shape, dtype, str(rng.choice(CHANGES))) for shape, dtype, _ in self.inputs)
        longer = {length: length + int(rng.integers(0, 2)) for shape, _, _ in self.inputs for length in shape}
        return tuple(
            (tuple(longer[length] for length in shape), str(rng.choice(ALIKE.get(dtype, (dtype,)))), layout)
            for shape, dtype, layout in self.inputs
        )

    def arguments(self, turn: int) -> tuple[Any, ...]:
        """Return the arguments of a call: where their layouts change, some are others of them, or overlap with them."""
        drawn = [draw(self.seed + 101 * turn + place, *kind) for place, kind in enumerate(self.kinds(turn))]
        if turn and self.run == "layouts":
            for place, x in enumerate(drawn[1:], 1):
                before = drawn[place - 1]
                if (
                    isinstance(x, np.ndarray)
                    and isinstance(before, np.ndarray)
                    and (x.shape, x.dtype) == (before.shape, before.dtype)
                ):
                    drawn[place] = before[::-1] if x.ndim and turn % 2 else before
        return tuple(drawn)

    def surroundings(self, turn: int) -> dict[str, Any]:
        """Return the arrays that the program closes over, with what they hold at a call."""
        which = turn if self.run == "around" else 0
        return {
            f"d{place}": draw(self.seed + 57 + 101 * which + place, *kind, "C")
            for place, kind in enumerate(self.around)
        }

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
        drawn = ", ".join(f"draw({self.seed + 101 * turn + i}, *{kind!r})" for i, kind in enumerate(self.kinds(turn)))
        plain = f"derived({what!r}, program, {self.moving()})"
        around = "".join(f"d{i} = draw({self.seed + 57 + i}, *{kind!r}, 'C')\n" for i, kind in enumerate(self.around))
        return (
            "import numpy as np\nimport scipy.special as sp\nimport chainrule as cr\n"
            "from tests.native.graphs import constant, derived, draw\n\n"
            f"{around}{self.text(scalar=scalar)}\n"
            f"arguments = ({drawn},)\nplain = {plain}\ncompiled = cr.jit(plain)  # calls that change: {self.run}\n"
            "for _ in range(4):\n    print(compiled(*arguments))\nprint(plain(*arguments))\n"
        )


NAMES = {"np": np, "sp": scipy.special, "cr": cr, "constant": constant}
FORMS = ("({},)", "({},)", "[{},]", "{{'a': ({},), 'b': None, 'c': [3, 'text', 2.5]}}", "({},), {{}}, [()], True")
"""How results may be nested."""
CHANGES = ("C", "F", "reversed", "strided", "read-only", "wide", "turned", "unaligned", "swapped")
ALIKE = {
    "float64": ("float64", "float32", "float64", "int64", "complex128"),
    "float32": ("float64", "float32", "float16"),
    "int64": ("float64", "int32", "bool"),
    "bool": ("int64", "bool"),
    "a float": ("an int", "a float"),
    "an int": ("a float", "an int"),
    "complex128": ("complex64", "float64"),
}
"""Of which types an argument may be that was of another one."""
