"""Entries take the arguments that their plan describes, whatever way they are given, and leave all others to the fallback."""

from __future__ import annotations

import gc
import pickle
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.native.entry_examples import (
    F4,
    F8,
    PAIR,
    POLYNOMIAL,
    RAISE,
    SQUARES,
    compiled,
    polynomial,
    squares,
    with_entries,
)

from chainrule.native.entry.layout import supported
from chainrule.native.entry.plan import Array, EntryPlan, Nested, Number, Same, Scalar, Whole

pytestmark = pytest.mark.skipif(not supported(), reason="this interpreter has no native calls")


@pytest.mark.parametrize("level", [0, 2])
def test_a_number_is_a_float_also_numpys(level: int) -> None:
    f = with_entries(polynomial(level))
    for x in (2.0, np.float64(2.0)):
        assert f(x) == 10.0
        assert type(f(x)) is float


@pytest.mark.parametrize(
    "args", [(2,), (True,), (np.float32(2),), ("2",), (None,), ([2.0],), (), (1.0, 2.0), (np.array(2.0),)], ids=repr
)
def test_other_arguments_than_a_number(args: tuple[Any, ...]) -> None:
    assert with_entries(polynomial())(*args) == ("fallback", args, {})


def test_keywords_reach_the_fallback() -> None:
    f = with_entries(polynomial())
    assert f(x=2.0) == ("fallback", (), {"x": 2.0})
    assert f(2.0, y=1) == ("fallback", (2.0,), {"y": 1})
    none: dict[str, Any] = {}
    assert f(2.0, **none) == 10.0


def test_an_array_gives_a_new_array() -> None:
    f = with_entries(squares())
    x = np.array([3.0, -4.0])
    first, second = f(x), f(x)
    assert type(first) is np.ndarray
    assert first.dtype is F8
    assert first.flags.owndata
    assert first.flags.writeable
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, x)
    np.testing.assert_array_equal(first, [9.0, 16.0])
    x.setflags(write=False)
    np.testing.assert_array_equal(f(x), [9.0, 16.0])
    np.testing.assert_array_equal(f(pickle.loads(pickle.dumps(x))), [9.0, 16.0])


class Kind(np.ndarray):
    pass


@pytest.mark.parametrize(
    "x",
    [
        [3.0, 4.0],
        np.ones(6)[::2],
        np.ones(2, np.float32),
        np.ones(2, ">f8"),
        np.ones(2, "i8"),
        np.ones(2, object),
        np.ones(3),
        np.ones((1, 2)),
        np.ones(()),
        np.ones(2).view(Kind),
        np.ma.masked_array(np.ones(2)),
        np.float64(1),
    ],
    ids=lambda x: f"{type(x).__name__}-{getattr(x, 'dtype', '')}-{getattr(x, 'strides', '')}",
)
def test_other_arguments_than_the_array(x: Any) -> None:
    out = with_entries(squares())(x)
    assert out[0] == "fallback"
    assert out[1][0] is x


SCATTERED = [
    np.arange(4.0)[::2],
    np.arange(4.0)[::-2],
    np.broadcast_to(3.0, 2),
    np.frombuffer(bytes(17), np.uint8)[1:].view(np.float64),
]


@pytest.mark.parametrize("x", SCATTERED, ids=["strided", "backward", "broadcast", "unaligned"])
def test_arrays_in_several_pieces_are_copied(x: Any) -> None:
    f = with_entries(polynomial(), squares())
    held = sys.getrefcount(x)
    for _ in range(3):
        np.testing.assert_array_equal(f(x), x * x)
    assert sys.getrefcount(x) == held


def test_arrays_in_several_pieces_beside_other_arguments() -> None:
    body = SQUARES.replace("%p1", "%p3")
    entry = compiled(EntryPlan((PAIR, Number(), PAIR), PAIR, keywords=("by", "y")), body, 4)
    f, x = with_entries(entry), np.arange(4.0)[::2]
    np.testing.assert_array_equal(f(x, y=x, by=2.0), x * x)
    for args, kwargs in (((x,), {"y": x, "by": 2}), ((x,), {"y": np.ones(3), "by": 2.0}), ((x, x, x), {})):
        out = f(*args, **kwargs)
        assert out[0] == "fallback"
        assert out[1][0] is x, "what no entry serves goes on as it came"


def test_errors_of_a_program_that_was_given_copies_are_raised() -> None:
    f = with_entries(compiled(EntryPlan((PAIR,), PAIR), RAISE, 2))
    with pytest.raises(RuntimeError, match="bad"):
        f(np.arange(4.0)[::2])


def test_an_array_in_fortran_order_is_no_other() -> None:
    body = "  %x = load double, ptr %p0\n  store double %x, ptr %p1\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((Array(F8, (2, 3), "F"),), Number()), body, 2))
    assert f(np.full((2, 3), 4.0, order="F")) == 4.0
    for other in (
        np.ones((2, 3)),
        np.ones((4, 3), order="F")[::2],
        np.ones((3, 2), order="F"),
        np.ones((4, 6))[::2, ::2],
    ):
        assert f(other)[1][0] is other


def test_keywords_in_any_order() -> None:
    body = "  %x = load double, ptr %p0\n  %y = load double, ptr %p2\n  %z = fsub double %x, %y\n"
    body += "  store double %z, ptr %p3\n  ret i64 0"
    entry = compiled(EntryPlan((Number(), Whole(), Number()), Number(), keywords=("n", "scale")), body, 4)
    f = with_entries(entry)
    assert f(5.0, n=1, scale=2.0) == f(5.0, scale=2.0, n=1) == 3.0
    options = {"scale": 2.0, "n": 1}
    assert f(5.0, **options) == 3.0
    others: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((5.0, 1, 2.0), {}),
        ((5.0, 1), {"scale": 2.0}),
        ((5.0,), {"n": 1}),
        ((5.0,), {"n": 1, "other": 2.0}),
        ((5.0,), {"n": 1, "scale": 2.0, "more": 3.0}),
        ((), {"x": 5.0, "n": 1, "scale": 2.0}),
        ((5.0,), {"n": 1, "scale": 2}),
    ]
    for args, kwargs in others:
        assert f(*args, **kwargs) == ("fallback", args, kwargs)


def test_keywords_in_one_order() -> None:
    body = "  %x = load double, ptr %p0\n  %y = load double, ptr %p1\n  %z = fsub double %x, %y\n"
    body += "  store double %z, ptr %p2\n  ret i64 0"
    f = with_entries(
        compiled(EntryPlan((Number(), Number()), Number(), keywords=("n", "scale"), order=(1, 0)), body, 3)
    )
    assert f(scale=2.0, n=5.0) == 3.0
    assert f(n=5.0, scale=2.0) == ("fallback", (), {"n": 5.0, "scale": 2.0})


def test_a_dict_in_an_order_of_its_own() -> None:
    body = "  %x = load double, ptr %p0\n  %y = load double, ptr %p1\n  %z = fsub double %x, %y\n"
    body += "  store double %z, ptr %p2\n  ret i64 0"
    shape = Nested("dict", (Number(), Number()), ("a", "b"), order=(1, 0))
    f = with_entries(compiled(EntryPlan((shape,), Number()), body, 3))
    assert f({"b": 2.0, "a": 5.0}) == f({"".join(["b"]): 2.0, "a": 5.0}) == 3.0
    for other in ({"a": 5.0, "b": 2.0}, {"b": 2.0, "c": 5.0}, {"b": 2.0, 1: 5.0}):
        assert f(other)[1][0] is other


def test_a_number_of_pythons_is_no_float64() -> None:
    f = with_entries(compiled(EntryPlan((Number(is_python=True),), Number()), POLYNOMIAL, 2))
    assert f(2.0) == 10.0
    assert f(np.float64(2.0))[0] == "fallback"


class Pair(NamedTuple):
    x: Any
    y: Any


class Other(NamedTuple):
    x: Any
    y: Any


def test_a_named_tuple_is_one_of_its_class() -> None:
    given = Nested("tuple", (Number(), PAIR), (), Pair)
    results = Nested("tuple", (PAIR, Nested("tuple", (Number(), Same(None)), (), Other)), (), Pair)
    body = SQUARES.replace("%p1", "%p2").replace("%p0", "%p1").replace("  ret i64 0", "")
    body += "  %n = load double, ptr %p0\n  store double %n, ptr %p3\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((given,), results), body, 4))
    held = sys.getrefcount(Pair)
    for _ in range(100):
        out = f(Pair(2.0, np.array([1.0, 3.0])))
    assert type(out) is Pair
    assert type(out.y) is Other
    assert gc.is_tracked(out)
    np.testing.assert_array_equal(out.x, [1.0, 9.0])
    assert out.y == (2.0, None)
    del out
    assert sys.getrefcount(Pair) == held
    for other in ((2.0, np.ones(2)), Other(2.0, np.ones(2)), Pair(2.0, np.ones(3))):
        assert f(other)[1][0] is other


def test_arrays_of_every_shape_and_of_no_other() -> None:
    for shape in ((), (1,), (2, 3), (2, 3, 4, 5), (0, 3)):
        f = with_entries(compiled(EntryPlan((Array(F8, shape),), Array(F4, shape)), "  ret i64 0", 2))
        out = f(np.ones(shape))
        assert type(out) is np.ndarray
        assert (out.shape, out.dtype, out.flags.c_contiguous) == (shape, F4, True)
        assert f(np.ones((*shape, 1)))[0] == "fallback"
    fortran = with_entries(compiled(EntryPlan((Array(F8, (2, 3)),), Number()), "  ret i64 0", 2))
    assert fortran(np.ones((2, 3), order="F"))[0] == "fallback"


def test_a_whole_number_is_an_int_of_64_bits() -> None:
    f = with_entries(
        compiled(
            EntryPlan((Whole(),), Whole()),
            "  %x = load i64, ptr %p0\n  %y = add i64 %x, 1\n  store i64 %y, ptr %p1\n  ret i64 0",
            2,
        )
    )
    for x in (0, -7, 2**62, -(2**63)):
        assert f(x) == x + 1
    others: list[Any] = [2**63, -(2**63) - 1, 10**30, True, 1.0, np.int64(1)]
    for other in others:
        assert f(other) == ("fallback", (other,), {})


@pytest.mark.parametrize("name", "? i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 g c8 c16 G".split())
def test_a_scalar_keeps_its_type(name: str) -> None:
    dtype = np.dtype(name)
    size = dtype.itemsize
    body = f"  %x = load i{8 * size}, ptr %p0\n  store i{8 * size} %x, ptr %p1\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((Scalar(dtype),), Scalar(dtype)), body, 2))
    for x in (dtype.type(1), dtype.type(0)):
        out = f(x)
        assert type(out) is dtype.type
        assert out == x
        assert repr(out) == repr(x)
        assert out.dtype is x.dtype
    assert f(1)[0] == "fallback"
    assert f(np.ones((), dtype))[0] == "fallback"


def test_an_object_is_that_very_object() -> None:
    marker = "marker"
    f = with_entries(compiled(EntryPlan((Same(None), Same(marker), Number()), Number()), POLYNOMIAL, 2))
    assert f(None, marker, 2.0) == 10.0
    assert f(0, marker, 2.0)[0] == "fallback"
    assert f(None, "other", 2.0)[0] == "fallback"


def test_nested_arguments_have_their_structure_and_no_other() -> None:
    shape = Nested(
        "dict", (Nested("list", (PAIR, Nested("tuple", (Number(), Same(None))))), Nested("tuple", ())), ("w", "b")
    )
    body = "  %i = getelementptr double, ptr %p0, i64 1\n  %x = load double, ptr %i\n  %y = load double, ptr %p1\n"
    body += "  %s = fadd double %x, %y\n  store double %s, ptr %p2\n  ret i64 0"
    f = with_entries(compiled(EntryPlan((shape,), Number()), body, 3))
    x = np.array([1.0, 2.0])
    assert f({"w": [x, (4.0, None)], "b": ()}) == 6.0
    others: list[Any] = [
        {"b": (), "w": [x, (4.0, None)]},
        {"w": [x, (4.0, None)]},
        {"w": [x, (4.0, None)], "c": ()},
        {"w": [x, (4.0, None)], "b": (), "c": ()},
        {"w": (x, (4.0, None)), "b": ()},
        {"w": [x, (4.0, 1)], "b": ()},
        {"w": [x, (4, None)], "b": ()},
        {"w": [x], "b": ()},
        {"w": [], "b": ()},
        {1: [x, (4.0, None)], 2: ()},
        [],
    ]
    for other in others:
        assert f(other)[1][0] is other


def test_dict_whose_keys_raise() -> None:
    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            raise ValueError("no comparison")

    f = with_entries(compiled(EntryPlan((Nested("dict", (Number(),), ("a",)),), Number()), POLYNOMIAL, 2))
    assert f({Key("a"): 1.0})[0] == "fallback"
    assert f({"a": 2.0}) == 10.0
