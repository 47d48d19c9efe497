"""Owns the schedule: how each value of a program is computed, which are kept in memory, and when.

Every value has a level, one more than that of what it must find in memory. Values of one level with one iteration space are
computed in one loop: whatever lies between two reductions is fused, and is written to memory only if a later level needs it
and to compute it again would cost more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from chainrule.core.graph import ITEM
from chainrule.native.memory.layout import (
    Storage,
    contiguous,
    is_basic,
    is_pad,
    is_view,
    join_bounds,
    memory_of,
    region_shape,
    storage_of_view,
)
from chainrule.native.memory.steps import READ_IN_MEMORY, REDUCTIONS, Piece
from chainrule.native.schedule.costs import CHEAP, LONGEST, MANY, MODEST, SIMPLE, is_spread, weight
from chainrule.native.schedule.few_numbers import in_registers
from chainrule.native.schedule.roles import ALIAS, ASSEMBLE, CALL, CELL, POINT, PRODUCT, REDUCE, SOURCE, Role
from chainrule.native.vectors.functions import FUNCTIONS
from chainrule.native.vectors.instructions import ELEMENTS, REALS, has_instruction
from chainrule.native.writing.accumulations import is_accumulated
from chainrule.native.writing.cells import MOST
from chainrule.native.writing.lapack import has_lapack
from chainrule.native.writing.products import can_multiply, wants_copy
from chainrule.passes.places import GATHER, SCATTER
from chainrule.passes.simplify_index import PLACED
from chainrule.passes.terms import BOOL, Term
from chainrule.passes.weaving import WEAVE
from chainrule.primitives.indexing import INDEX_ADD, INDEX_SET
from chainrule.primitives.joining import STACK
from chainrule.primitives.products import MATMUL
from chainrule.primitives.shape import CONCATENATE, PAD, RESHAPE, TRANSPOSE

ACROSS = 4
"""A view whose last axis does not lie in order in memory is copied before it is read so often."""
JOINED = 12
"""Up to so many parts of joined values are computed as pieces of the loops that read them."""


class Schedule:
    """How `wanted` is computed from what is ready.

    storage: where terms are, or will be, in memory. roles: of every term that is computed.
    is_read_later: tells of a term's index whether it is read after `wanted` is known, by another schedule.
    in_place: what a term overwrites; `overwriting` finds it.
    """

    def __init__(
        self, wanted: Iterable[Term], storage: Mapping[int, Storage], cells: Iterable[int],
        is_read_later: Callable[[int], object] = lambda index: False,
    ) -> None:  # fmt: skip
        self.wanted = list(wanted)
        self.is_read_later = is_read_later
        self.storage = dict(storage)
        self.ready_cells = set(cells)
        self.order = self._order()
        self.roles: dict[int, Role] = {}
        self.level: dict[int, int] = {}
        self.weight: dict[int, int] = {}  # what a value's own operation costs at a point
        self.cost: dict[int, int] = {}  # the same with all that is computed at that point, and not read there
        self.inside: dict[int, frozenset[int]] = {}  # which values these are
        self.kept: set[int] = set()
        self.longest = LONGEST if len(self.order) <= MANY else MODEST
        self.lazy_pads = sum(is_pad(term) for term in self.order) <= PLACED
        joins = [term for term in self.order if join_bounds(term) is not None and term not in self.wanted]
        self.lazy_joins = (
            {term.index for term in joins} if sum(len(each.operands) for each in joins) <= JOINED else set()
        )
        self.small = in_registers(self.order)
        for term in self.order:
            self._place(term)
        for term in self.wanted:
            if self.roles.get(term.index) is POINT:
                self.kept.add(term.index)
        self._keep_what_is_needed_later()
        self._read_what_is_kept_in_other_shapes()
        self.in_place: dict[int, Term] = {}

    def _order(self) -> list[Term]:
        """Return the terms to compute, operands first; what is ready is where the search ends."""
        seen: set[int] = set()
        found: list[Term] = []
        stack = list(self.wanted)
        while stack:
            term = stack.pop()
            if term.index in seen or term.index in self.storage or term.index in self.ready_cells:
                continue
            seen.add(term.index)
            if term.primitive is None:
                continue
            found.append(term)
            stack.extend(term.operands)
        found.sort(key=lambda term: term.index)
        return found

    def role(self, term: Term) -> Role:
        """Return how a term is computed; what is ready is a source."""
        return self.roles.get(term.index, SOURCE)

    # --- roles and levels

    def _role(self, term: Term, view: bool) -> Role:
        # Hot path: benchmarks/test_first_calls.py
        primitive, operands = term.primitive, term.operands
        if primitive is ITEM:
            return ALIAS
        if term.size and has_lapack(term):
            return ASSEMBLE
        if term.results is not None or not term.size:
            return CALL
        same = native = True
        for operand in operands:
            if not operand.size:
                return CALL
            if operand.dtype is not term.dtype:
                same = same and operand.dtype == term.dtype
                native = native and operand.dtype in ELEMENTS
        if term.index in self.small:
            return CELL
        if (view or primitive is RESHAPE) and (source := self._stored(operands[0])) is not None:
            stored = storage_of_view(term, source)
            if stored is not None:
                self.storage[term.index] = stored
                return ALIAS
        if not native or term.dtype not in ELEMENTS:
            return CALL
        if view or has_instruction(term) or (is_pad(term) and self.lazy_pads) or primitive is GATHER:
            return POINT
        if term.index in self.lazy_joins:
            return POINT
        if primitive is SCATTER or is_accumulated(term):
            return ASSEMBLE
        if primitive in REDUCTIONS and same and term.dtype != BOOL:
            return REDUCE
        if primitive is MATMUL and same and term.dtype in REALS and min(len(each.shape) for each in operands) > 1:
            fits = all(self._is_matrix(each) or self._can_copy(each) for each in operands)
            return PRODUCT if fits else CALL
        if primitive is RESHAPE or (primitive in (CONCATENATE, STACK, WEAVE, PAD) and same):
            return ASSEMBLE
        if (
            primitive in (INDEX_SET, INDEX_ADD)
            and same
            and len(operands) == 2
            and is_basic(term.parameters["template"])
        ):
            fits = len(operands[1].shape) <= len(region_shape(term.parameters["template"], term.shape))
            return ASSEMBLE if fits else CALL
        return CALL

    def _stored(self, term: Term) -> Storage | None:
        """Return where a value is, or will be, in memory; None where it is not, or not yet."""
        found = self.storage.get(term.index)
        if found is None and term.is_reference and (memory := memory_of(term.constant)) is not None:
            found = self.storage[term.index] = Storage(term, *memory[1:])
        return found

    def _place(self, term: Term) -> None:
        # Hot path: benchmarks/test_first_calls.py
        view = is_view(term)
        role = self._role(term, view)
        self.roles[term.index] = role
        if role is POINT and term.primitive is TRANSPOSE and self.cost.get(term.operands[0].index, 0) > CHEAP:
            self.level[term.index] = self.cost[term.index] = 0
            self._keep(term, False)  # to compute what it turns in two orders would be to compute it twice
            role = self.roles[term.index]
            if role is ALIAS:
                return
        self.weight[term.index] = 0 if view else weight(term)
        level, self.cost[term.index], self.inside[term.index] = self._take_in(term, role)
        if role is REDUCE:
            level = self._copy_what_lies_across(term, level)
        if role is ALIAS:
            (operand,) = term.operands
            if self.role(operand) not in (SOURCE, ALIAS):
                level = self.level.get(operand.index, 0) + 1
        self.level[term.index] = level
        for result in term.results or ():
            if result.index not in self.ready_cells:  # else it is read from registers
                self.storage[result.index] = Storage(result, 0, contiguous(result.shape))
        if role is REDUCE or role is PRODUCT or role is ASSEMBLE or role is CALL:
            self.storage[term.index] = Storage(term, 0, contiguous(term.shape))

    def _take_in(self, term: Term, role: Role) -> tuple[int, int, frozenset[int]]:
        """Decide which operands are computed where they are read, and which are kept in memory.

        Return the level of the term, what it costs at a point with what is computed there, and which values these are.
        """
        level, cost = 0, self.weight[term.index]
        inside = frozenset((term.index,))
        inline = role is POINT or role is REDUCE or role is ASSEMBLE
        if term.primitive is SCATTER and not term.parameters["adds"]:
            inline = False  # of several values for one place the last is kept: they are written in order
        for number, operand in enumerate(term.operands):
            kind = self.roles.get(operand.index, SOURCE)
            least = self.level.get(operand.index, 0)
            if kind is ALIAS:
                if role is PRODUCT and self._can_copy(operand):
                    least = self._copy(term, operand)
            elif kind is POINT:
                own = self.cost[operand.index]
                spread = own > SIMPLE and is_spread(operand, term, own)
                in_memory = READ_IN_MEMORY.get(term.primitive) == number
                more = self.inside[operand.index] - inside  # what operands share is computed once
                if len(more) < len(self.inside[operand.index]):
                    own = sum(map(self.weight.__getitem__, more))
                if inline and not spread and not in_memory and cost + own <= self.longest:
                    cost += own
                    inside |= more
                else:
                    least = self._keep(operand, role is PRODUCT)
                    cost += 1
            elif kind is not SOURCE and kind is not CELL:
                least += 1
            if least > level:
                level = least
        return level, cost, inside

    def _is_matrix(self, term: Term) -> bool:
        """Whether a product can read a value where it is, or where it will be kept."""
        if term.index in self.storage:
            return can_multiply(self.storage[term.index].strides, term.shape)
        if term.is_reference:
            return can_multiply(tuple(stride // term.dtype.itemsize for stride in term.constant.strides), term.shape)
        return True

    def _can_copy(self, term: Term) -> bool:
        """Whether a view can be copied for a product. What registers may be loaded from stays where it is."""
        return self.role(term) is ALIAS and (is_view(term) or term.primitive is RESHAPE) and term.size > MOST

    def _copy(self, term: Term, operand: Term) -> int:
        """Let a loop copy a view that a product cannot read well where it is. Return the level of the product."""
        if not wants_copy(term, operand, self.storage[operand.index].strides):
            return self.level.get(operand.index, 0)
        self.copy_alias(operand)
        return self.level[operand.index] + 1

    def copy_alias(self, term: Term) -> None:
        """Let a loop copy a view, rather than that it be read where it is."""
        if is_view(term):
            self.roles[term.index] = POINT
            self.kept.add(term.index)
            del self.storage[term.index]
        else:
            self.roles[term.index] = ASSEMBLE
            self.storage[term.index] = Storage(term, 0, contiguous(term.shape))
        (operand,) = term.operands
        if self.role(operand) is ASSEMBLE or operand.index in self.kept:  # it may be such a copy itself
            self.level[term.index] = max(self.level[term.index], self.level[operand.index] + 1)

    def _copy_what_lies_across(self, reduced: Term, level: int) -> int:
        """Let a loop copy views that a reduction would read again and again against their order in memory.

        Return the level of the reduction, which is `level` where nothing is copied.
        """
        (domain,) = reduced.operands
        found = [
            term
            for term in domain.operands
            if self._can_copy(term)
            and term.shape[-1] > 1
            and self.storage[term.index].strides[-1] not in (0, 1)
            and domain.size >= ACROSS * term.size
        ]
        if self.role(domain) is not POINT or domain.index in self.kept:
            return level
        for term in found:
            self.copy_alias(term)
            level = max(level, self.level[term.index] + 1)
        return level

    def _keep(self, term: Term, for_product: bool) -> int:
        """Keep a value in memory; of a view, such as a transpose, what it is a view of. Return the level of who reads it."""
        if not is_view(term):
            self.kept.add(term.index)
            return self.level[term.index] + 1
        chain = []
        root = term
        while self.role(root) is POINT and is_view(root):
            chain.append(root)
            (root,) = root.operands
        stored: Storage | None = Storage(root, 0, contiguous(root.shape))
        found = []
        for view in reversed(chain):
            stored = storage_of_view(view, stored) if stored is not None else None
            found.append((view, stored))
        if stored is not None and for_product and not can_multiply(stored.strides, term.shape):
            stored = None
        if self.role(root) is not POINT or stored is None:
            self.kept.add(term.index)
            return self.level[term.index] + 1
        self.kept.add(root.index)
        for view, place in found:
            assert place is not None
            self.roles[view.index] = ALIAS
            self.storage[view.index] = place
            self.level[view.index] = self.level[root.index] + 1
        return self.level[root.index] + 1

    def _keep_what_is_needed_later(self) -> None:
        """Keep what a loop of a later level, or another one of its own, would have to compute again, unless that is cheap."""
        # Hot path: benchmarks/test_first_calls.py
        # Of a value that is not kept, the loops that compute it: levels, and which.
        uses: dict[int, set[tuple[int, object]]] = {}
        for term in reversed(self.order):
            role = self.roles[term.index]
            at: Iterable[tuple[int, object]] = ()
            inline = role is POINT and term.index not in self.kept
            if inline:
                at = loops = uses.get(term.index, set())
                last = max((level for level, _ in loops), default=0)
                if self.cost[term.index] > CHEAP and (
                    last > self.level[term.index] or len(loops) > 1 or self.is_read_later(term.index)
                ):
                    self._keep(term, False)
                    inline = False
            if not inline:
                which = term.operands[0].shape if role is REDUCE else term.index if role is ASSEMBLE else term.shape
                at = ((self.level[term.index], which),)
            for operand in term.operands:
                if self.roles.get(operand.index) is POINT and operand.index not in self.kept:
                    uses.setdefault(operand.index, set()).update(at)

    def _read_what_is_kept_in_other_shapes(self) -> None:
        """Read what is kept anyway where it is, rather than compute it once more into the memory of another shape."""
        for term in self.order:
            if self.roles[term.index] is not ASSEMBLE or term.primitive is not RESHAPE:
                continue
            (operand,) = term.operands
            if operand.index not in self.kept or self.level[operand.index] > self.level[term.index]:
                continue
            self.roles[term.index] = ALIAS
            self.level[term.index] = self.level[operand.index] + 1
            for index, stored in self.storage.items():
                if stored.buffer is term:
                    self.storage[index] = stored._replace(buffer=operand)

    def operations(self, pieces: Iterable[Piece]) -> int:
        """Return about how many operations a loop does at a point; what its pieces share counts once."""
        inside = set[int]()
        for piece in pieces:
            term, target = piece.term.index, piece.target.index
            if term not in self.kept or term == target or self.level[term] == self.level[target]:
                inside |= self.inside.get(term, frozenset())
        return sum(map(self.weight.__getitem__, inside))

    def functions_on_cells(self) -> int:
        """Return how many functions such as exp are computed in registers."""
        return sum(
            self.roles[term.index] is CELL and term.primitive is not None and term.primitive.name in FUNCTIONS
            for term in self.order
        )
