"""Owns LLVM text: modules, functions and their instructions, written as plain strings.

Text is many times faster to make than objects are, and what is made is what one reads in a test.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

LONGEST_BLOCK = 1000
"""Blocks of more lines are cut in two: LLVM needs 2 seconds for 45 of them, and 50 for one of 45,000."""


class Module:
    """The text of one compilation: globals, declarations, and functions by name."""

    __slots__ = ("globals", "declarations", "functions")

    def __init__(self) -> None:
        self.globals: dict[str, str] = {}
        self.declarations: dict[str, str] = {}
        self.functions: dict[str, str] = {}

    def declare(self, name: str, signature: str) -> str:
        """Declare an outside function once; `signature` is such as "double {}(double)". Return its symbol, such as "@exp"."""
        symbol = f"@{name}"
        if name not in self.declarations:
            self.declarations[name] = f"declare {signature.format(symbol)}"
        return symbol

    def define(self, name: str, write: Callable[[], str]) -> str:
        """Write a function of this module once; `write` returns its whole text. Return its symbol."""
        if name not in self.functions:
            self.functions[name] = ""  # a function may call itself
            self.functions[name] = write()
        return f"@{name}"

    def constant(self, name: str, text: str) -> str:
        """Define a global once, such as "private constant [2 x i64] [i64 1, i64 2]". Return its symbol."""
        self.globals.setdefault(name, f"@{name} = {text}")
        return f"@{name}"

    @property
    def lines(self) -> int:
        """The number of lines of all functions."""
        return sum(text.count("\n") for text in self.functions.values())

    def text(self) -> str:
        """Return the whole module."""
        return "\n".join([*self.globals.values(), *self.declarations.values(), *self.functions.values(), ""])


class Body:
    """The body of one function while it is written: instructions, fresh names and the current block.

    names: numbers for fresh names; bodies that become parts of one function share them.
    memo: what the functions of `vectors` wrote before, by block: two functions of one operand share their common part.
    """

    __slots__ = ("module", "lines", "block", "memo", "names", "_begun")

    def __init__(self, module: Module, block: str = "entry", names: Iterator[int] | None = None) -> None:
        self.module = module
        self.lines: list[str] = [f"{block}:"]
        self._begun = 1
        self.block = block
        self.memo: dict[str, dict[tuple[str, str, str], tuple[str, ...]]] = {}
        self.names = itertools.count(1) if names is None else names

    def fresh(self, stem: str = "v") -> str:
        """Return a name that is not used yet, without its sign."""
        return f"{stem}{next(self.names)}"

    def let(self, instruction: str) -> str:
        """Write an instruction that has a result; return the result's name."""
        name = f"%v{next(self.names)}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        """Write an instruction without a result."""
        self.lines.append(f"  {instruction}")

    def label(self, block: str) -> None:
        """Start a block; the block before it must have ended with a branch."""
        self.lines.append(f"{block}:")
        self.block = block
        self._begun = len(self.lines)

    def cut(self) -> None:
        """Start another block where this one has become long: LLVM's time for a block grows with its square."""
        if len(self.lines) - self._begun > LONGEST_BLOCK:
            following = self.fresh("then")
            self.do(f"br label %{following}")
            self.label(following)

    def repeat(self, count: int, write: Callable[[str], None]) -> None:
        """Write a loop over 0 to `count` - 1, at least once; `write` gets the name of the index."""

        def turn(index: str) -> tuple[Sequence[str], str]:
            write(index)
            after = self.let(f"add i64 {index}, 1")
            return [after], self.let(f"icmp slt i64 {after}, {count}")

        self.carry([("i64", "0")], turn)

    def carry(self, firsts: Sequence[tuple[str, str]], turn: Callable[..., tuple[Sequence[str], str]]) -> Sequence[str]:
        """Write a loop that carries values from turn to turn, at least one turn; return the names of the last ones.

        firsts: the type of each value, and what it is at first. `turn` gets the names of the values in a turn, and returns
        those of the next turn with that of the condition for one.
        """
        before, head, done = self.block, self.fresh("head"), self.fresh("done")
        values = [f"%{self.fresh('v')}" for _ in firsts]
        self.do(f"br label %{head}")
        self.label(head)
        place = len(self.lines)
        following, goes_on = turn(*values)
        self.lines[place:place] = [
            f"  {value} = phi {kind} [ {first}, %{before} ], [ {after}, %{self.block} ]"
            for value, (kind, first), after in zip(values, firsts, following, strict=True)
        ]
        self.do(f"br i1 {goes_on}, label %{head}, label %{done}")
        self.label(done)
        return following

    def call(self, result: str, symbol: str, arguments: Sequence[str]) -> str:
        """Write a call; `arguments` carry their types. Return the result's name, empty for void."""
        text = f"call {result} {symbol}({', '.join(arguments)})"
        if result == "void":
            self.do(text)
            return ""
        return self.let(text)

    def text(self) -> str:
        """Return the instructions."""
        return "\n".join(self.lines)
