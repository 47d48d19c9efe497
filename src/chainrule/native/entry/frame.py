"""Owns the text of one entry while it is written: its stack, its state, and the pointers it hands to the program."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.native.machine.text import Body, Module

# The state of an entry: how many calls are under way, its arena, whether that is taken, the items of the list of
# arrays to recycle, then the objects its text refers to.
UNDER_WAY, ARENA, ARENA_TAKEN, RECYCLED, OBJECTS = 0, 8, 16, 24, 32

# A chain is an array of links, each the address of an entry's code and the address of its state. A call that an entry
# cannot serve goes on to the next link with the same arguments; the last link calls the fallback.
LINK = 16

CALL = "ptr %self, ptr %arguments, i64 %count, ptr %names"
ARGUMENTS = f"{CALL}, ptr %link"
BY_POSITION = (
    1 << 63
) - 1  # the bits of %count that count; a caller may mark that it owns the place before the arguments


class Frame:
    """The text so far. Blocks that it may branch to: `mismatch` before the call counts as under way, `failed` after.

    fleeting: arguments that other code could replace in a list or dict meanwhile. owned: how many objects have had a
    place from which they are dropped if the call fails.
    """

    __slots__ = ("body", "fleeting", "owned", "_stack", "_bases", "_objects", "_recycled")

    def __init__(self, module: Module) -> None:
        self.body = Body(module)
        self.fleeting: list[str] = []
        self.owned = 0
        self._stack: list[str] = []
        self._bases = 0
        self._objects = 0
        self._recycled = 0

    def outside(self, name: str) -> str:
        """Return the symbol of an object outside, such as a type."""
        return self.body.module.constant(name, "external global i8")

    def call(self, signature: str, name: str, arguments: Sequence[str]) -> str:
        """Call a function outside; `signature` is such as "ptr {}(ptr)". Return the result's name, empty for void."""
        symbol = self.body.module.declare(name, signature)
        return self.body.call(signature.split(" ", 1)[0], symbol, arguments)

    def at(self, pointer: str, offset: int) -> str:
        """Return the place so many bytes from a pointer."""
        return self.body.let(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def field(self, pointer: str, offset: int, kind: str = "ptr") -> str:
        """Load what is so many bytes from a pointer."""
        return self.body.let(f"load {kind}, ptr {self.at(pointer, offset) if offset else pointer}")

    def stack(self, size: int, alignment: int) -> str:
        """Return memory on the stack."""
        name = f"%{self.body.fresh('stack')}"
        self._stack.append(f"  {name} = alloca [{max(size, 1)} x i8], align {alignment}")
        return name

    def base(self, pointer: str) -> None:
        """Append a pointer to those the program gets."""
        self.body.do(f"store ptr {pointer}, ptr {self.at('%bases', 8 * self._bases)}")
        self._bases += 1

    def object(self) -> str:
        """Load the next object of the state."""
        self._objects += 1
        return self.field("%state", OBJECTS + 8 * (self._objects - 1))

    def recycled(self) -> str:
        """Return the place of the next two arrays to recycle."""
        self._recycled += 1
        return self.at(self.field("%state", RECYCLED), 16 * (self._recycled - 1))

    def own(self, pointer: str) -> int:
        """Put an object where it is dropped if the call fails; return the place's number."""
        self.body.do(f"store ptr {pointer}, ptr {self.at('%owned', 8 * self.owned)}")
        self.owned += 1
        return self.owned - 1

    def drop(self, number: int) -> None:
        """Drop what the first so many places hold."""
        if number:
            self.call("void {}(ptr, i64)", "chainrule_drop", ["ptr %owned", f"i64 {number}"])

    def disown(self, place: int) -> None:
        """Empty a place, since something else owns the object now."""
        self.body.do(f"store ptr null, ptr {self.at('%owned', 8 * place)}")

    def require(self, condition: str, otherwise: str = "mismatch") -> None:
        """Go on if a condition holds, and to a block if not."""
        following = self.body.fresh("go")
        self.body.do(f"br i1 {condition}, label %{following}, label %{otherwise}")
        self.body.label(following)

    def made(self, pointer: str, otherwise: str = "failed") -> str:
        """Go on with an object if it could be made."""
        self.require(self.body.let(f"icmp ne ptr {pointer}, null"), otherwise)
        return pointer

    def text(self, name: str) -> str:
        """Return the function."""
        stack = [
            f"  %bases = alloca [{max(self._bases, 1)} x ptr], align 16",
            f"  %owned = alloca [{max(self.owned, 1)} x ptr], align 16",
            *self._stack,
        ]
        first, *others = self.body.lines
        return "\n".join([f"define ptr @{name}({ARGUMENTS}) nounwind {{", first, *stack, *others, "}"])
