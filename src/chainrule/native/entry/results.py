"""Owns the results of a call: memory for them before the program runs, and Python's objects after."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.native.entry import layout as layout
from chainrule.native.entry.frame import Frame
from chainrule.native.entry.plan import Array, EntryPlan, Nested, Node, Number, Same, Scalar, Whole, count, walk


def places(plan: EntryPlan) -> int:
    """Return how many objects a call may own at a time: the arrays, and the outermost container."""
    return count(plan, lambda node: isinstance(node, Array)) + isinstance(plan.results, Nested)


def allocate(frame: Frame, plan: EntryPlan) -> list[tuple[str, int | None]]:
    """Write the allocation of each result leaf, and give the program pointers to it.

    Return each leaf's memory in order; an array is its own, and has the place that owns it with it.
    """
    made: list[tuple[str, int | None]] = []
    for leaf in walk(plan.results):
        match leaf:
            case Number() | Whole():
                memory, owner = frame.stack(8, 8), None
                frame.base(memory)
            case Scalar():
                memory, owner = frame.stack(leaf.dtype.itemsize, 16), None
                frame.base(memory)
            case Array():
                memory = _array(frame, leaf)
                owner = frame.own(memory)
                frame.base(frame.field(memory, layout.DATA))
            case _:
                continue
        made.append((memory, owner))
    return made


def build(frame: Frame, plan: EntryPlan, made: list[tuple[str, int | None]]) -> str:
    """Write the making of the result from what the program left in memory; return the name of its new reference.

    Containers are made from the outside in, and each thing is put in its place at once: then dropping the outermost
    one drops all, whatever fails.
    """
    leaves = iter(made)
    if not isinstance(plan.results, Nested):
        return _leaf(frame, plan.results, next(leaves, ("", None))[0])
    outermost = _container(frame, plan.results)
    frame.own(outermost)
    _fill(frame, plan.results, outermost, leaves)
    return outermost


def _fill(frame: Frame, node: Nested, container: str, leaves: Iterator[tuple[str, int | None]]) -> None:
    keys = [frame.object() for _ in node.keys]
    items = frame.field(container, layout.ITEMS) if node.kind == "list" and node.children else ""
    for i, child in enumerate(node.children):
        owner = None
        if isinstance(child, Nested):
            value = _container(frame, child)
        elif isinstance(child, Same):
            value = _leaf(frame, child, "")
        else:
            memory, owner = next(leaves)
            value = _leaf(frame, child, memory)
        if node.kind == "dict":
            _set_item(frame, container, keys[i], value, owner)
        else:
            place = frame.at(items, 8 * i) if items else frame.at(container, layout.ITEMS + 8 * i)
            frame.body.do(f"store ptr {value}, ptr {place}")
            if owner is not None:
                frame.disown(owner)
        if isinstance(child, Nested):
            _fill(frame, child, value, leaves)


def _set_item(frame: Frame, container: str, key: str, value: str, owner: int | None) -> None:
    """Put a value into a dict, which holds a reference of its own: give ours up, however that went."""
    if owner is not None:
        frame.disown(owner)
    operands = [f"ptr {container}", f"ptr {key}", f"ptr {value}"]
    status = frame.call("i32 {}(ptr, ptr, ptr)", "PyDict_SetItem", operands)
    frame.call("void {}(ptr)", "Py_DecRef", [f"ptr {value}"])
    frame.require(frame.body.let(f"icmp eq i32 {status}, 0"), "failed")


def _container(frame: Frame, node: Nested) -> str:
    if node.kind == "dict":
        return frame.made(frame.call("ptr {}()", "PyDict_New", []))
    if node.named is not None:
        operands = [f"ptr {frame.object()}", f"i64 {len(node.children)}"]
        return frame.made(frame.call("ptr {}(ptr, i64)", "PyType_GenericAlloc", operands))
    name = "PyTuple_New" if node.kind == "tuple" else "PyList_New"
    return frame.made(frame.call("ptr {}(i64)", name, [f"i64 {len(node.children)}"]))


def _leaf(frame: Frame, node: Node, memory: str) -> str:
    """Write the making of a leaf; return the name of a reference that the caller owns."""
    match node:
        case Number():
            value = frame.field(memory, 0, "double")
            return frame.made(frame.call("ptr {}(double)", "PyFloat_FromDouble", [f"double {value}"]))
        case Whole():
            value = frame.field(memory, 0, "i64")
            return frame.made(frame.call("ptr {}(i64)", "PyLong_FromLongLong", [f"i64 {value}"]))
        case Scalar():
            return _scalar(frame, node, memory)
        case Same():
            given = frame.object()
            frame.call("void {}(ptr)", "Py_IncRef", [f"ptr {given}"])
            return given
        case _:
            return memory  # an array is ready


def _scalar(frame: Frame, node: Scalar, memory: str) -> str:
    body = frame.body
    if node.dtype.kind == "b":  # there are two objects of this type
        true = body.let(f"icmp ne i8 {frame.field(memory, 0, 'i8')}, 0")
        yes, no = frame.outside("numpy_true"), frame.outside("numpy_false")
        out = body.let(f"select i1 {true}, ptr {yes}, ptr {no}")
        frame.call("void {}(ptr)", "Py_IncRef", [f"ptr {out}"])
        return out
    kind = frame.outside(layout.scalar_symbol(node.dtype))
    out = frame.made(frame.call("ptr {}(ptr)", "_PyObject_New", [f"ptr {kind}"]))
    step = min(node.dtype.itemsize, 8)
    for offset in range(0, node.dtype.itemsize, step):
        part = frame.field(memory, offset, f"i{8 * step}")
        body.do(f"store i{8 * step} {part}, ptr {frame.at(out, layout.PAYLOAD + offset)}")
    return out


def _array(frame: Frame, node: Array) -> str:
    """Write the choice of a result's array: one that an earlier call gave and nobody holds any longer, or a new one."""
    lengths = ", ".join(f"i64 {length}" for length in node.shape)
    name = "shape_" + "_".join(map(str, node.shape))
    shape = "null"
    if node.shape:
        shape = frame.body.module.constant(name, f"private constant [{len(node.shape)} x i64] [{lengths}]")
    dtype = frame.outside(layout.dtype_symbol(node.dtype))
    operands = [f"ptr {frame.recycled()}", f"ptr {dtype}", f"i64 {len(node.shape)}", f"ptr {shape}"]
    return frame.made(frame.call("ptr {}(ptr, ptr, i64, ptr)", "chainrule_recycled", operands))
