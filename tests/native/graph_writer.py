"""Owns how random programs are made: written line by line while they run on their first arguments, so that shapes fit and values
stay moderate. All choices go through one function `choose(n)`, which Hypothesis or a seeded generator provides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from tests.native.agreement import eagerly
from tests.native.graph_arrays import (
    ABOVE,
    ALONG,
    BELOW,
    MASKS,
    MATRICES,
    PLACES,
    PRODUCTS,
    REDUCTIONS,
    SHAPES,
    SLICES,
    SYMMETRIC,
    UPDATES,
    WRITES,
)
from tests.native.graph_flows import FLOWS
from tests.native.graph_functions import FUNCTIONS
from tests.native.graph_loops import LOOPS
from tests.native.graph_numbers import (
    ANY,
    BINARY,
    COMPLEX_BINARY,
    COMPLEX_UNARY,
    INTEGER_BINARY,
    INTEGER_UNARY,
    UNARY,
)
from tests.native.graph_transforms import TRANSFORMS
from tests.native.graphs import FORMS, NAMES, Graph

from chainrule.errors import ChainruleError

Choose = Callable[[int], int]
"""`choose(n)` is a whole number of at least 0 and less than n."""
LENGTHS = (3, 2, 4, 1, 5, 8, 0, 7, 16, 9, 17, 15, 31, 32, 33, 63, 64, 65)
NUMBERS = ("a float", "an int")
"""Types of arguments that are Python's own numbers."""
DTYPES = ("float64",) * 8 + ("float32", "float32", "int64", "int64", "bool", *NUMBERS)
ALL_DTYPES = (
    "int8",
    "uint8",
    "int16",
    "int32",
    "uint32",
    "int64",
    "bool",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
)
LAYOUTS = ("C", "C", "C", "F", "reversed", "strided", "read-only", "wide", "turned", "unaligned", "swapped")
REJECTED = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, RuntimeError, np.linalg.LinAlgError,
    ChainruleError,
)  # fmt: skip
"""What a line may raise that does not fit its operands."""
RUNS = ("same", "same", "same", "layouts", "kinds", "around")
"""What changes from call to call, besides the values: `Graph.arguments` says how."""
MOST_ELEMENTS = 4000
LARGEST = 50.0


class Rejected(Exception):
    """A line that does not fit the values that it would be applied to."""


FAMILIES: dict[str, tuple[str, ...]] = {
    "elementwise": ("unary", "binary", "unary", "binary", "reduction"),
    "reduction": ("reduction", "binary", "unary", "shape"),
    "shape": ("shape", "along", "binary", "unary", "slice"),
    "indexing": ("slice", "write", "mask", "binary", "unary"),
    "updates": ("update", "unary", "update", "binary", "update", "mask"),
    "along": ("along", "reduction", "binary", "slice"),
    "places": ("place", "unary", "place", "binary", "place", "slice", "reduction"),
    "products": ("product", "binary", "unary", "shape", "reduction"),
    "matrices": ("matrix", "product", "unary"),
    "integers": ("integer", "binary", "reduction", "slice"),
    "complex": ("complex_number", "complex_number", "unary", "complex_number", "slice"),
    "flow": ("flow", "unary", "binary", "write", "reduction"),
    "functions": ("function", "unary", "function", "binary", "reduction"),
    "loops": ("loop", "unary", "binary", "loop", "reduction", "function"),
    "transforms": ("transform", "unary", "transform", "binary", "update", "loop"),
    "types": ("binary", "integer", "binary", "complex_number", "unary", "reduction", "flow"),
    "mixed": ("unary", "binary", "reduction", "along", "shape", "slice", "write", "product", "mask", "flow", "matrix", "integer",
              "function", "loop", "transform"),
}  # fmt: skip
"""What each family of programs is made of; the names are methods of Writer."""


@dataclass
class Writer:
    """Writes one program line by line, and knows what every name of it holds on the first arguments."""

    choose: Choose
    values: dict[str, Any]
    inputs: list[str]
    lines: list[tuple[str, str]] = field(default_factory=list)

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.choose(len(options))]

    def operand(self, least: int = 0, kinds: str = "fiub", most: int = 9) -> str:
        """Return a name; the latest ones are likelier, so that programs grow deep."""
        fitting = [
            n for n, v in self.values.items() if least <= np.ndim(v) <= most and np.asarray(v).dtype.kind in kinds
        ]
        if not fitting:
            raise Rejected
        return str(self.pick(fitting[::-1] + fitting[-2:]))

    def partner(self, name: str, kinds: str = "fiub") -> str:
        """Return a name whose value broadcasts with that of another one."""
        shape, fitting = np.shape(self.values[name]), []
        for other, value in self.values.items():
            try:
                if np.prod(np.broadcast_shapes(shape, np.shape(value))) <= MOST_ELEMENTS:
                    fitting.append(other)
            except ValueError:
                continue
        return str(self.pick([n for n in fitting[::-1] if np.asarray(self.values[n]).dtype.kind in kinds] or [name]))

    def add(self, expression: str) -> str:
        return self.run("{v} = " + expression)

    def run(self, statement: str) -> str:
        """Add a statement where it works and its value can be gone on with; return the name of the value."""
        name = f"t{len(self.lines)}"
        text = statement.replace("{v}", name)
        space = {**NAMES, **{k: v.copy() if isinstance(v, np.ndarray) else v for k, v in self.values.items()}}
        try:
            eagerly(exec, compile(text, "<line>", "exec"), space)
        except REJECTED as error:
            raise Rejected from error
        value = space[name]
        if (
            not isinstance(value, np.ndarray | np.generic | float | int | complex)
            or np.asarray(value).dtype.kind not in "fiubc"
        ):
            raise Rejected
        if np.size(value) > MOST_ELEMENTS:
            raise Rejected
        if np.ndim(value) == 0 and np.asarray(value).dtype == np.int8:
            raise Rejected  # the square of one truth value: an int8 where it lies in an array without axes, else an int64
        self.lines.append((name, text))
        self.values[name] = value
        with np.errstate(all="ignore"):
            finite = np.isfinite(value)
            large = np.max(np.abs(np.asarray(value)), initial=0, where=finite) > LARGEST
        if not np.all(finite) and self.choose(4):
            return self.add(f"np.nan_to_num({name}, nan=0.5, posinf=1.5, neginf=-1.5)")
        if large and np.asarray(value).dtype.kind == "f":
            return self.add(f"np.arctan({name})")
        if large and np.asarray(value).dtype.kind == "c":
            return self.add(f"{name} / (1 + np.abs({name}))")
        return name

    def inside(self, name: str, domain: str) -> str:
        """Return a name of the operand moved into a domain; now and then the operand as it is."""
        return name if domain == ANY or self.choose(12) == 11 else self.add(domain.format(name))

    # --- one method for each word of FAMILIES ------------------------------------------------------------------------------

    def unary(self) -> None:
        expression, domain = self.pick(UNARY)
        self.add(expression.format(self.inside(self.operand(), domain)))

    def binary(self) -> None:
        expression, domain = self.pick(BINARY)
        first = self.operand()
        second = self.inside(self.partner(first), domain)
        self.add(expression.format(first, second) if self.choose(3) else expression.format(second, second))

    def integer(self) -> None:
        first = self.operand(kinds="iub")
        if self.choose(2):
            self.add(self.pick(INTEGER_UNARY).format(first))
        else:
            self.add(self.pick(INTEGER_BINARY).format(first, self.partner(first, "iub")))

    def complex_number(self) -> None:
        name = self.operand(kinds=self.pick(("c", "c", "fiubc")))
        if np.asarray(self.values[name]).dtype.kind != "c":
            name = self.add(self.pick(("{0} + 0.5j", "np.exp(1j * {0})", "{0} * (1 - 2j)")).format(name))
        if self.choose(3):
            template = self.pick(COMPLEX_UNARY).replace("{0}", name)
            if "irfft" in template and np.shape(self.values[name])[-1:] == (0,):
                raise Rejected  # NumPy reads what it does not hold
            self.run(template if "{v} = " in template else "{v} = " + template)
        else:
            self.add(self.pick(COMPLEX_BINARY).format(name, self.partner(name, "fiubc")))

    def reduction(self) -> None:
        name = self.operand()
        ndim = np.ndim(self.values[name])
        axes: list[Any] = [None, *range(-ndim, ndim)]
        single = self.pick(axes)
        axis = self.pick([*axes, *((i, j) for i in range(ndim) for j in range(-ndim, 0) if i != j + ndim)])
        keep = self.pick(("", "", ", keepdims=True"))
        words = ["" if a is None else f", axis={a}" for a in (axis, single)]
        template = self.pick(REDUCTIONS)
        if "prod" in template and not _is_safe_product(self.values[name]):
            raise Rejected
        keep = "" if "average" in template else keep
        self.add(template.format(name, axis=words[0] + keep, single=words[1] + keep))

    def along(self) -> None:
        name = self.operand(1)
        ndim = np.ndim(self.values[name])
        self.add(self.pick(ALONG).format(name, a=self.pick(range(-ndim, ndim)), k=self.pick((1, -1, 2, 5))))

    def shape(self) -> None:
        self.add(self.pick(SHAPES).format(self.operand(self.pick((0, 1, 2)))))

    def slice(self) -> None:
        name = self.operand(1)
        count = 1 + self.choose(np.ndim(self.values[name]))
        self.add(f"{name}[{', '.join(self.pick(SLICES) for _ in range(count))}]")

    def mask(self) -> None:
        self.add(self.pick(MASKS).format(self.operand(1)))

    def write(self) -> None:
        self.run(self.pick(WRITES).replace("{0}", self.operand(1)))

    def update(self) -> None:
        name = self.operand(1)
        changes = [self.pick(UPDATES).replace("{0}", name) for _ in range(2 + self.choose(4))]
        self.run("\n".join(["{v} = {0} * 1.0".replace("{0}", name), *changes]))

    def place(self) -> None:
        template = self.pick(PLACES).replace("{above}", ABOVE).replace("{below}", BELOW).replace("{0}", self.operand(1))
        self.run(template if "{v} = " in template else "{v} = " + template)

    def flow(self) -> None:
        self.run(self.pick(FLOWS).replace("{0}", self.operand(1)))

    def loop(self) -> None:
        self.run(self.pick(LOOPS).replace("{0}", self.operand(1, kinds="fi")))

    def transform(self) -> None:
        self.run(self.pick(TRANSFORMS).replace("{0}", self.operand(1, kinds="f")))

    def function(self) -> None:
        template = self.pick(FUNCTIONS)
        name = self.operand(2 if "{m}" in template else self.pick((1, 1, 2)), kinds="fi")
        rows = np.shape(self.values[name])[-2:][0]
        template = template.replace("{m}", SYMMETRIC.format(name, first2=rows)).replace("{0}", name)
        self.run(template if "{v} = " in template else "{v} = " + template)

    def product(self) -> None:
        name = self.operand(self.pick((1, 2, 2, 3)))
        shape = np.shape(self.values[name])
        template = self.pick(PRODUCTS)
        if "'ii->" in template and shape[0] != shape[-1]:
            raise Rejected  # of an array of shape (0, 1) NumPy reads what it does not hold
        self.add(template.format(name, first=shape[0], first2=shape[-2:][0], last=shape[-1], ndim=len(shape)))

    def matrix(self) -> None:
        name = self.operand(2, kinds="f")
        rows = np.shape(self.values[name])[-2]
        if np.size(self.values[name]) > 200:
            raise Rejected
        self.add(self.pick(MATRICES).format(name, m=SYMMETRIC.format(name, first2=rows), first2=rows))


def _is_safe_product(factors: Any) -> bool:
    """Tell whether no order of the factors makes their product overflow or vanish on the way, with room for other arguments."""
    with np.errstate(all="ignore"):
        sizes = np.abs(np.log2(np.abs(np.asarray(factors, float))))
    return bool(np.sum(sizes, where=np.isfinite(sizes)) < 40)


def build(choose: Choose, family: str = "mixed", longest: int = 14) -> Graph:
    """Return a random program of a family."""

    def pick(options: Sequence[Any]) -> Any:
        return options[choose(len(options))]

    seed = choose(10_000)
    inputs = []
    lengths = [pick(LENGTHS) for _ in range(3)]  # a few, so that shapes often fit each other
    for place in range(1 + choose(4)):
        least = 2 if family == "matrices" and not place else 0
        shape = tuple(pick((*lengths, 1)) for _ in range(max(least, pick((1, 2, 0, 2, 3)))))
        while np.prod(shape, dtype=int) > MOST_ELEMENTS or (least and np.prod(shape) > 200):
            shape = tuple(min(length, 4) for length in shape)
        types = ("int64",) if family == "integers" and not place else ALL_DTYPES if family == "types" else DTYPES
        dtype = pick(types)
        is_number = dtype in NUMBERS
        if is_number and least:
            dtype, is_number = "float64", False
        inputs.append((() if is_number else shape, dtype, pick(LAYOUTS)))
    around = tuple(
        ((pick(lengths), *pick(((), (3,)))), pick(("float64", "float64", "int64", "bool"))) for _ in range(choose(3))
    )
    empty = Graph((), tuple(inputs), (), (), seed, around, pick(FORMS), pick(RUNS))
    values = {f"x{i}": value for i, value in enumerate(empty.arguments(0))}
    writer = Writer(choose, {**empty.surroundings(0), **values}, list(values))
    values = dict(writer.values)
    wanted = 2 + choose(longest)
    for _ in range(4 * wanted):
        if len(writer.lines) >= wanted:
            break
        try:
            getattr(writer, pick(FAMILIES[family]))()
        except Rejected:
            continue
    made = [name for name in writer.values if name not in values] or writer.inputs
    results = [made[-1], *(name for name in made[:-1] if not choose(3))][:4]
    if not choose(6):
        results.append("x0")
    real = [name for name in made if np.asarray(writer.values[name]).dtype.kind == "f"]
    return replace(empty, lines=tuple(writer.lines), results=tuple(results), real=tuple(real))


def seeded(seed: int) -> Graph:
    """Return the program of a seed."""
    rng = np.random.default_rng(seed)
    return build(lambda n: int(rng.integers(n)), list(FAMILIES)[seed % len(FAMILIES)])
