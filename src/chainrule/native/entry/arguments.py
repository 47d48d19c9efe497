"""Owns the checks of a call's arguments: each is one comparison or a few, and finds the data for the program."""

from __future__ import annotations

from chainrule.native.entry import layout as layout
from chainrule.native.entry.frame import BY_POSITION, Frame
from chainrule.native.entry.plan import Array, EntryPlan, Nested, Node, Number, Same, Scalar, Whole


def check_arguments(frame: Frame, plan: EntryPlan) -> None:
    """Write the checks of all arguments, and give the program pointers to their data. What differs is a mismatch."""
    body = frame.body
    count = body.let(f"and i64 %count, {BY_POSITION}")
    by_position = len(plan.arguments) - len(plan.keywords)
    right = body.let(f"icmp eq i64 {count}, {by_position}")
    named = body.let(f"icmp {'ne' if plan.keywords else 'eq'} ptr %names, null")
    frame.require(body.let(f"and i1 {right}, {named}"))
    pointers = [frame.field("%arguments", 8 * i) for i in range(by_position)]
    pointers += _named(frame, plan, by_position)
    for argument, pointer in zip(plan.arguments, pointers, strict=True):
        _check(frame, argument, pointer, fleeting=False)


def _named(frame: Frame, plan: EntryPlan, by_position: int) -> list[str]:
    """Find the arguments that are given by name. Names are compared as objects: those in code are unique."""
    keywords = plan.keywords
    if not keywords:
        return []
    body = frame.body
    size = frame.field("%names", layout.SIZE, "i64")
    frame.require(body.let(f"icmp eq i64 {size}, {len(keywords)}"))
    names = [frame.field("%names", layout.ITEMS + 8 * i) for i in range(len(keywords))]
    values = [frame.field("%arguments", 8 * (by_position + i)) for i in range(len(keywords))]
    found = []
    for keyword in range(len(keywords)):
        wanted, pointer = frame.object(), "null"
        if plan.order:
            place = plan.order.index(keyword)
            frame.require(body.let(f"icmp eq ptr {names[place]}, {wanted}"))
            found.append(values[place])
            continue
        for name, value in zip(names, values, strict=True):
            pointer = body.let(f"select i1 {body.let(f'icmp eq ptr {name}, {wanted}')}, ptr {value}, ptr {pointer}")
        found.append(frame.made(pointer, "mismatch"))
    return found


def _check(frame: Frame, node: Node, pointer: str, *, fleeting: bool) -> None:
    """Write the check of one argument. It is fleeting if it could be replaced in a list or dict meanwhile."""
    body = frame.body
    match node:
        case Number():
            kind = frame.field(pointer, layout.TYPE)
            right = body.let(f"icmp eq ptr {kind}, {frame.outside('PyFloat_Type')}")
            if not node.is_python:
                numpy = body.let(f"icmp eq ptr {kind}, {frame.outside('numpy_type_float64')}")
                right = body.let(f"or i1 {right}, {numpy}")
            frame.require(right)
            frame.base(frame.at(pointer, layout.PAYLOAD))
        case Scalar():
            _check_type(frame, pointer, layout.scalar_symbol(node.dtype))
            frame.base(frame.at(pointer, layout.PAYLOAD))
        case Whole():
            _check_whole(frame, pointer)
        case Array():
            _check_array(frame, node, pointer)
        case Same():
            frame.require(body.let(f"icmp eq ptr {pointer}, {frame.object()}"))
        case Nested():
            _check_nested(frame, node, pointer, fleeting=fleeting)
    if fleeting and isinstance(node, (Number, Scalar, Array)):
        frame.fleeting.append(pointer)


def _check_type(frame: Frame, pointer: str, symbol: str) -> None:
    kind = frame.field(pointer, layout.TYPE)
    frame.require(frame.body.let(f"icmp eq ptr {kind}, {frame.outside(symbol)}"))


def _check_whole(frame: Frame, pointer: str) -> None:
    _check_type(frame, pointer, "PyLong_Type")
    slot, overflow = frame.stack(8, 8), frame.stack(4, 4)
    value = frame.call("i64 {}(ptr, ptr)", "PyLong_AsLongLongAndOverflow", [f"ptr {pointer}", f"ptr {overflow}"])
    beyond = frame.field(overflow, 0, "i32")
    frame.require(frame.body.let(f"icmp eq i32 {beyond}, 0"))
    frame.body.do(f"store i64 {value}, ptr {slot}")
    frame.base(slot)


def _check_array(frame: Frame, node: Array, pointer: str) -> None:
    body = frame.body
    _check_type(frame, pointer, "PyArray_Type")
    rank = body.let(f"xor i32 {frame.field(pointer, layout.NDIM, 'i32')}, {len(node.shape)}")
    frame.require(body.let(f"icmp eq i32 {rank}, 0"))
    if node.shape:
        lengths = frame.field(pointer, layout.DIMENSIONS)
        differs = "0"
        for i, length in enumerate(node.shape):
            difference = body.let(f"xor i64 {frame.field(lengths, 8 * i, 'i64')}, {length}")
            differs = difference if i == 0 else body.let(f"or i64 {differs}, {difference}")
        frame.require(body.let(f"icmp eq i64 {differs}, 0"))
    dtype, usual = frame.field(pointer, layout.DTYPE), frame.outside(layout.dtype_symbol(node.dtype))
    equal, doubt = body.fresh("equal"), body.fresh("doubt")
    body.do(f"br i1 {body.let(f'icmp eq ptr {dtype}, {usual}')}, label %{equal}, label %{doubt}")
    # An array that was pickled has a dtype object of its own.
    body.label(doubt)
    same = frame.call("i1 {}(ptr, ptr)", "chainrule_same_dtype", [f"ptr {dtype}", f"ptr {usual}"])
    body.do(f"br i1 {same}, label %{equal}, label %mismatch")
    body.label(equal)
    flags = body.let(f"and i32 {frame.field(pointer, layout.FLAGS, 'i32')}, {layout.IN_ORDER[node.order]}")
    in_order = body.let(f"icmp eq i32 {flags}, {layout.IN_ORDER[node.order]}")
    frame.require(in_order, "scattered" if node.order == "C" else "mismatch")
    frame.base(frame.field(pointer, layout.DATA))


def _check_nested(frame: Frame, node: Nested, pointer: str, *, fleeting: bool) -> None:
    body = frame.body
    if node.named is not None:
        frame.require(body.let(f"icmp eq ptr {frame.field(pointer, layout.TYPE)}, {frame.object()}"))
    else:
        _check_type(frame, pointer, {"tuple": "PyTuple_Type", "list": "PyList_Type", "dict": "PyDict_Type"}[node.kind])
    if node.kind == "dict":
        size = frame.call("i64 {}(ptr)", "PyDict_Size", [f"ptr {pointer}"])
    else:
        size = frame.field(pointer, layout.SIZE, "i64")
    frame.require(body.let(f"icmp eq i64 {size}, {len(node.children)}"))
    fleeting = fleeting or node.kind != "tuple"
    if node.kind == "dict":
        children = _values(frame, node, pointer)
    else:
        items = frame.at(pointer, layout.ITEMS) if node.kind == "tuple" else frame.field(pointer, layout.ITEMS)
        children = [frame.field(items, 8 * i) for i in range(len(node.children))]
    for child, described in zip(children, node.children, strict=True):
        _check(frame, described, child, fleeting=fleeting)


def _values(frame: Frame, node: Nested, pointer: str) -> list[str]:
    """Find the values of a dict, which has to have its keys in the right order: what loops over it depends on that.

    Most keys are the very objects that are wanted. Others are compared where they are plain, so that no Python code runs.
    """
    body, found = frame.body, {}
    wanted = [frame.object() for _ in node.keys]
    place, key, value = (frame.stack(8, 8) for _ in range(3))
    body.do(f"store i64 0, ptr {place}")
    for number in node.order or range(len(node.keys)):
        given = [f"ptr {each}" for each in (pointer, place, key, value)]
        more = frame.call("i32 {}(ptr, ptr, ptr, ptr)", "PyDict_Next", given)
        frame.require(body.let(f"icmp ne i32 {more}, 0"))
        name, known, other = frame.field(key, 0), body.fresh("known"), body.fresh("other")
        body.do(f"br i1 {body.let(f'icmp eq ptr {name}, {wanted[number]}')}, label %{known}, label %{other}")
        body.label(other)
        _check_type(frame, name, "PyUnicode_Type" if isinstance(node.keys[number], str) else "PyLong_Type")
        same = frame.call(
            "i32 {}(ptr, ptr, i32)", "PyObject_RichCompareBool", [f"ptr {name}", f"ptr {wanted[number]}", "i32 2"]
        )
        frame.require(body.let(f"icmp eq i32 {same}, 1"))
        body.do(f"br label %{known}")
        body.label(known)
        found[number] = frame.field(value, 0)
    return [found[number] for number in range(len(node.keys))]
