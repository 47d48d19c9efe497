"""Owns the lanes of a loop's innermost body: how a vector of neighbors is loaded from memory and stored there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.native.machine.text import Body
from chainrule.native.vectors.lanes import Lanes

MEMORY = {"double": "double", "float": "float", "i64": "i64", "i1": "i8"}
ALIGNMENT = {"double": 8, "float": 4, "i64": 8, "i8": 1}
WIDE = 64
"""The bytes of vectors on processors that have instructions for masks; others store short rows in pieces faster."""
SHORT = {"double": "f64", "float": "f32", "i64": "i64", "i8": "i8"}


class Inner:
    """One copy of the innermost body: a vector of `width` points, all of them or those under a mask."""

    def __init__(self, width: int, body: Body, index: str, offset: int, mask: str | None) -> None:
        self.body = body
        self.index = index if not offset else body.let(f"add i64 {index}, {offset}")
        self.mask = mask
        self.width = width
        self.memo: dict[Any, Any] = {}

    def address(self, element: str, row: str, stride: int) -> str:
        """Write the address of the first lane."""
        place = self.index if stride == 1 else self.body.let(f"mul i64 {self.index}, {stride}")
        return self.body.let(f"getelementptr {MEMORY[element]}, ptr {row}, i64 {place}")

    def load(self, element: str, row: str, stride: int) -> str:
        """Write a load of all lanes."""
        body, memory, width = self.body, MEMORY[element], self.width
        address = self.address(element, row, stride)
        if width == 1:
            return load_number(body, element, address)
        kind = f"<{width} x {memory}>"
        if stride != 1:
            steps = ", ".join(f"i64 {lane * stride}" for lane in range(width))
            places = body.let(f"getelementptr {memory}, ptr {address}, <{width} x i64> <{steps}>")
            return self._load_each(element, kind, places)
        found = self._load_neighbors(memory, address, width, self.mask)
        return body.let(f"icmp ne {kind} {found}, zeroinitializer") if element == "i1" else found

    def _load_neighbors(self, memory: str, address: str, width: int, mask: str | None) -> str:
        body, kind = self.body, f"<{width} x {memory}>"
        if mask is None:
            return body.let(f"load {kind}, ptr {address}, align {ALIGNMENT[memory]}")
        if (pieces := _pieces(mask, width, memory)) is not None:
            return self._load_pieces(memory, address, width, pieces)
        name = body.module.declare(f"llvm.masked.load.v{width}{SHORT[memory]}.p0", f"{kind} {{}}(ptr, i32, <{width} x i1>, {kind})")  # fmt: skip  # noqa: E501
        return body.let(f"call {kind} {name}(ptr {address}, i32 {ALIGNMENT[memory]}, <{width} x i1> {mask}, {kind} zeroinitializer)")  # fmt: skip  # noqa: E501

    def _load_pieces(self, memory: str, address: str, width: int, pieces: Sequence[tuple[int, int]]) -> str:
        """Write loads of the first lanes; the others are zero."""
        body, kind, found = self.body, f"<{width} x {memory}>", "zeroinitializer"
        for first, count in pieces:
            place = body.let(f"getelementptr {memory}, ptr {address}, i64 {first}")
            part = body.let(f"load <{count} x {memory}>, ptr {place}, align {ALIGNMENT[memory]}")
            spread = ", ".join(f"i32 {lane if lane < count else 'poison'}" for lane in range(width))
            wide = body.let(
                f"shufflevector <{count} x {memory}> {part}, <{count} x {memory}> poison, <{width} x i32> <{spread}>"
            )
            chosen = [width + lane - first if first <= lane < first + count else lane for lane in range(width)]
            lanes = ", ".join(f"i32 {lane}" for lane in chosen)
            found = body.let(f"shufflevector {kind} {found}, {kind} {wide}, <{width} x i32> <{lanes}>")
        return found

    def load_pairs(self, element: str, row: str) -> tuple[str, str]:
        """Write a load of a pair for each lane; return what is first in them, and what is second."""
        found: tuple[str, str] | None = self.memo.get(("pairs", element, row))
        if found is not None:
            return found
        body, memory, width, address = self.body, MEMORY[element], self.width, self.address(element, row, 2)
        if width == 1:
            after = body.let(f"getelementptr {memory}, ptr {address}, i64 1")
            found = load_number(body, element, address), load_number(body, element, after)
        else:
            both = self._load_neighbors(memory, address, 2 * width, self._mask_of_pairs())
            first, second = (self._lanes_of(both, memory, range(side, 2 * width, 2)) for side in (0, 1))
            found = first, second
            if element == "i1":
                kind = f"<{width} x {memory}>"
                first, second = (body.let(f"icmp ne {kind} {each}, zeroinitializer") for each in found)
                found = first, second
        self.memo[("pairs", element, row)] = found
        return found

    def _lanes_of(self, pairs: str, memory: str, lanes: Sequence[int]) -> str:
        """Write the choice of some lanes of a vector of pairs."""
        kind, chosen = f"<{2 * self.width} x {memory}>", ", ".join(f"i32 {lane}" for lane in lanes)
        return self.body.let(f"shufflevector {kind} {pairs}, {kind} poison, <{len(lanes)} x i32> <{chosen}>")

    def _mask_of_pairs(self) -> str | None:
        if self.mask is None:
            return None
        left = constant_lanes(self.mask)
        if left is not None:
            return constant_mask(2 * left, 2 * self.width)
        kind, lanes = f"<{self.width} x i1>", ", ".join(f"i32 {lane // 2}" for lane in range(2 * self.width))
        return self.body.let(f"shufflevector {kind} {self.mask}, {kind} poison, <{2 * self.width} x i32> <{lanes}>")

    def _load_each(self, element: str, kind: str, places: str) -> str:
        """Write a load of lanes from an address for each."""
        body, memory, width = self.body, MEMORY[element], self.width
        mask = self.mask or "<" + ", ".join(["i1 true"] * width) + ">"
        name = body.module.declare(f"llvm.masked.gather.v{width}{SHORT[memory]}.v{width}p0", f"{kind} {{}}(<{width} x ptr>, i32, <{width} x i1>, {kind})")  # fmt: skip  # noqa: E501
        found = body.let(f"call {kind} {name}(<{width} x ptr> {places}, i32 {ALIGNMENT[memory]}, <{width} x i1> {mask}, {kind} zeroinitializer)")  # fmt: skip  # noqa: E501
        return body.let(f"icmp ne {kind} {found}, zeroinitializer") if element == "i1" else found

    def gather(self, element: str, row: str, stride: int, steps: Sequence[tuple[str, int]]) -> str:
        """Write a load of lanes whose places are computed. steps: the places, with strides."""
        body, memory, width = self.body, MEMORY[element], self.width
        kind, whole = f"<{width} x {memory}>", Lanes(body, width)
        offset = whole.whole(0)
        for name, step in steps:
            part = name if step == 1 else whole.bitwise("mul", name, whole.whole(step))
            offset = whole.bitwise("add", offset, part)
        if width == 1:
            address = body.let(f"getelementptr {memory}, ptr {self.address(element, row, stride)}, i64 {offset}")
            return load_number(body, element, address)
        if stride:
            lanes = ", ".join(f"i64 {lane * stride}" for lane in range(width))
            offset = whole.bitwise("add", offset, f"<{lanes}>")
            row = self.address(element, row, stride)
        places = body.let(f"getelementptr {memory}, ptr {row}, <{width} x i64> {offset}")
        return self._load_each(element, kind, places)

    def store(self, element: str, row: str, stride: int, value: str) -> None:
        """Write a store of all lanes."""
        body, memory, width = self.body, MEMORY[element], self.width
        address = self.address(element, row, stride)
        kind = memory if width == 1 else f"<{width} x {memory}>"
        if element == "i1":
            value = body.let(f"zext {'i1' if width == 1 else f'<{width} x i1>'} {value} to {kind}")
        if width == 1:
            body.do(f"store {kind} {value}, ptr {address}")
        elif stride == 1:
            self._store_neighbors(memory, value, address, width, self.mask)
        else:
            steps = ", ".join(f"i64 {lane * stride}" for lane in range(width))
            places = body.let(f"getelementptr {memory}, ptr {address}, <{width} x i64> <{steps}>")
            mask = self.mask or "<" + ", ".join(["i1 true"] * width) + ">"
            name = body.module.declare(f"llvm.masked.scatter.v{width}{SHORT[memory]}.v{width}p0", f"void {{}}({kind}, <{width} x ptr>, i32, <{width} x i1>)")  # fmt: skip  # noqa: E501
            body.do(
                f"call void {name}({kind} {value}, <{width} x ptr> {places}, i32 {ALIGNMENT[memory]}, <{width} x i1> {mask})"
            )

    def _store_neighbors(self, memory: str, value: str, address: str, width: int, mask: str | None) -> None:
        body, kind = self.body, f"<{width} x {memory}>"
        if mask is None:
            body.do(f"store {kind} {value}, ptr {address}, align {ALIGNMENT[memory]}")
            return
        if (pieces := _pieces(mask, width, memory)) is not None:
            for first, count in pieces:
                lanes = ", ".join(f"i32 {lane}" for lane in range(first, first + count))
                part = body.let(f"shufflevector {kind} {value}, {kind} poison, <{count} x i32> <{lanes}>")
                place = body.let(f"getelementptr {memory}, ptr {address}, i64 {first}")
                body.do(f"store <{count} x {memory}> {part}, ptr {place}, align {ALIGNMENT[memory]}")
            return
        name = body.module.declare(f"llvm.masked.store.v{width}{SHORT[memory]}.p0", f"void {{}}({kind}, ptr, i32, <{width} x i1>)")  # fmt: skip  # noqa: E501
        body.do(f"call void {name}({kind} {value}, ptr {address}, i32 {ALIGNMENT[memory]}, <{width} x i1> {mask})")

    def store_pairs(self, element: str, row: str, first: str, second: str) -> None:
        """Write a store of a pair for each lane."""
        body, memory, width, address = self.body, MEMORY[element], self.width, self.address(element, row, 2)
        if width == 1:
            body.do(f"store {memory} {first}, ptr {address}")
            body.do(f"store {memory} {second}, ptr {body.let(f'getelementptr {memory}, ptr {address}, i64 1')}")
            return
        kind = f"<{width} x {memory}>"
        lanes = ", ".join(f"i32 {lane // 2 + lane % 2 * width}" for lane in range(2 * width))
        both = body.let(f"shufflevector {kind} {first}, {kind} {second}, <{2 * width} x i32> <{lanes}>")
        self._store_neighbors(memory, both, address, 2 * width, self._mask_of_pairs())


def constant_mask(left: int, width: int) -> str | None:
    """Return which lanes of a vector are among the `left` elements that are left; None where all are."""
    if left >= width or width == 1:
        return None
    return "<" + ", ".join(f"i1 {'true' if lane < left else 'false'}" for lane in range(width)) + ">"


def constant_lanes(mask: str) -> int | None:
    """Return how many lanes a mask of `constant_mask` has; None for one that is known at run time only."""
    return mask.count("true") if mask.startswith("<") else None


def _pieces(mask: str, width: int, memory: str) -> list[tuple[int, int]] | None:
    """Return the pieces, as (first lane, number of lanes), in which lanes under a mask are read and written; None: at once."""
    left = constant_lanes(mask)
    if left is None or width * ALIGNMENT[memory] >= WIDE:
        return None
    found, first = [], 0
    for count in (1 << power for power in reversed(range(width.bit_length()))):
        if left - first >= count:
            found.append((first, count))
            first += count
    return found


def load_number(body: Body, element: str, address: str) -> str:
    """Write the load of one element."""
    found = body.let(f"load {MEMORY[element]}, ptr {address}")
    return body.let(f"icmp ne i8 {found}, 0") if element == "i1" else found


def splat(body: Body, name: str, element: str, width: int) -> str:
    """Write a vector with one number in every lane."""
    kind = f"<{width} x {element}>"
    first = body.let(f"insertelement {kind} poison, {element} {name}, i32 0")
    return body.let(f"shufflevector {kind} {first}, {kind} poison, <{width} x i32> zeroinitializer")
