"""What the places of a tree of paths know of the places after them: which values are read there, and only there."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.passes.recorded import terms_of

from chainrule.native.memory.layout import Storage
from chainrule.native.program.paths import Later, Path
from chainrule.native.schedule.schedule import Schedule


def chain(x: Any) -> tuple[Any, ...]:
    product = x @ x
    shifted = product + 1
    total = np.sum(np.tanh(shifted))
    return product, shifted, total, np.cumsum(product, axis=0), np.cumsum(shifted, axis=0)


def test_a_value_is_read_at_the_places_after_one_that_compute_from_it_first() -> None:
    product, shifted, total, of_product, of_shifted = terms_of(chain, np.ones((20, 20)))
    yes = Path(outputs=(of_product, product))
    nested = Path(decision=total, branches={True: Path(outputs=(product,)), False: Path(outputs=(shifted,))})
    tree = Path(decision=total, branches={True: yes, False: nested})
    later = Later(tree)
    assert len(later.reads(product.index, tree)) == 2  # as a result of two paths, of which one computes from it too
    assert len(later.reads(product.index, nested)) == 1
    assert later.reads(product.index, yes) == []
    assert later.reads(total.index, nested) == []
    assert later.reads(of_shifted.index, tree) == []


def test_what_has_no_memory_of_its_own_hands_its_readers_on() -> None:
    product, shifted, total, _, of_shifted = terms_of(chain, np.ones((20, 20)))
    tree = Path(decision=total, branches={True: Path(outputs=(of_shifted,))})
    later = Later(tree)
    assert later.reads(product.index, tree) == []
    (source,) = set(product.operands)
    schedule = Schedule([total], {source.index: Storage(source, 0, (20, 1))}, ())
    assert shifted.index not in schedule.kept
    later.hand_on(schedule, tree)
    assert later.reads(product.index, tree) == later.reads(shifted.index, tree) != []


def test_a_program_without_decisions_has_nothing_to_note() -> None:
    product, *_ = terms_of(chain, np.ones((20, 20)))
    end = Path(outputs=(product,))
    assert Later(end).reads(product.index, end) == []
