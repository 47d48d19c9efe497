"""Owns the machine: its vector width and features, and LLVM, which turns text into code for it.

LLVM is imported here only, and only when something is compiled first. Code for text that was seen before, by this process or
an earlier one, comes from `cache`: then the text is hashed, not parsed.

LLVM's newer engine links the object code: it is several times faster to set up than the older one, keeps the outside symbols
of one module from those of another, and says which symbol is missing where the older one ends the process. It forgets nothing
of a module until it is itself dropped, so a few dozen modules share one, and the next ones get another.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chainrule.native.machine.cache import Compiled, key_of, load, store
from chainrule.native.machine.loading import undisturbed

_MODULES_PER_LINKER = 64
_WORTH_STORING = 1000  # characters of text; what is shorter compiles almost as fast as a file is written and read
_WIDTHS = (16, 32, 64)
INLINE = "alwaysinline"
"""Marks functions that become parts of those that call them."""
_PRIVATE = ("internal", "private", "available_externally")

# Features of processors with 32-byte vectors that do not say so by their name.
_NEED_AVX = frozenset("f16c fma fma4 sha512 sm3 sm4 vaes vpclmulqdq xop".split())


@cache
def _llvm() -> Any:
    with undisturbed():
        import llvmlite.binding as llvm  # noqa: PLC0415  (heavy: loaded when something is compiled)

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    if hasattr(os, "register_at_fork"):  # a child whose parent was inside of LLVM would wait for that thread for ever
        lock = llvm.ffi.lib._lock
        os.register_at_fork(before=lock.__enter__, after_in_parent=lock.__exit__, after_in_child=lock.__exit__)
    return llvm


@cache
def available() -> bool:
    """Say whether code can be compiled and run here. Where it cannot, callers let the interpreter do the work."""
    try:
        _llvm().check_jit_execution()
    except (ImportError, OSError):  # not installed, not for this system, or no memory may be made executable
        return False
    return True


@dataclass(frozen=True, slots=True)
class Host:
    """The processor that code is made for.

    name, features: as LLVM calls them. width: of a vector register in bytes (64, 32 or 16).
    """

    name: str
    features: str
    width: int


def _width_asked_for() -> int:
    text = os.environ.get("CHAINRULE_VECTOR_BYTES", "").strip()
    if not text:
        return max(_WIDTHS)
    if text not in map(str, _WIDTHS):
        raise ValueError(f"CHAINRULE_VECTOR_BYTES is {text!r}; set it to 16, 32 or 64, or do not set it")
    return int(text)


def describe(name: str, features: Mapping[str, bool], most: int) -> Host:
    """Return the host of this name and these features, with vectors of at most `most` bytes.

    >>> describe("znver4", {"avx2": True, "fma": True, "avx512f": False}, 64)
    Host(name='znver4', features='+avx2,-avx512f,+fma', width=32)
    """
    found = dict(features)
    if all(found.get(feature) for feature in ("avx512f", "avx512dq", "avx512vl", "avx2", "fma")):
        widest = 64
    elif found.get("avx2") and found.get("fma"):
        widest = 32
    else:
        widest = 16  # SSE2, NEON, or what LLVM makes of such vectors
    width = min(widest, most)
    for feature in found:
        wide = feature.startswith(("avx512", "avx10", "amx-avx512")) or feature == "evex512"
        middle = feature.startswith("avx") or feature in _NEED_AVX
        if (width < 64 <= widest and wide) or (width < 32 <= widest and (wide or middle)):
            found[feature] = False
    # A processor's name brings features with it; the generic one brings none that are not listed.
    text = ",".join(f"{'+' if found[feature] else '-'}{feature}" for feature in sorted(found))
    return Host(name if width == widest else "generic", text, width)


@cache
def host() -> Host:
    """Return this machine's processor. CHAINRULE_VECTOR_BYTES (16, 32, 64) asks for narrower vectors than it has."""
    llvm = _llvm()
    return describe(llvm.get_host_cpu_name(), llvm.get_host_cpu_features(), _width_asked_for())


@cache
def _target(processor: Host, level: int) -> tuple[Any, str, str]:
    """Return what makes object code for a processor, its triple and its data layout."""
    target = _llvm().Target.from_default_triple()
    machine = target.create_target_machine(cpu=processor.name, features=processor.features, opt=level, jit=True)
    return machine, machine.triple, str(machine.target_data)


@cache
def _version() -> str:
    import llvmlite  # noqa: PLC0415  (heavy: loaded when something is compiled)

    return f"{llvmlite.__version__} {'.'.join(map(str, _llvm().llvm_version_info))}"


def _names(values: Iterable[Any], defined: bool) -> tuple[str, ...]:
    """Return the names of the functions or globals that a module defines for others, or expects from others."""
    if not defined:
        return tuple(value.name for value in values if value.is_declaration and not value.name.startswith("llvm."))
    return tuple(value.name for value in values if not value.is_declaration and value.linkage.name not in _PRIVATE)


def _emit(text: str, processor: Host, level: int) -> Compiled:
    """Compile."""
    machine, triple, layout = _target(processor, level)
    module = _llvm().parse_assembly(text)
    module.triple = triple
    module.data_layout = layout
    if INLINE in text:
        _inline(module, machine)
    values = (*module.functions, *module.global_variables)
    return Compiled(_names(values, True), _names(values, False), machine.emit_object(module))


def _inline(module: Any, machine: Any) -> None:
    """Make functions parts of those that call them, and what lies on their stack values in registers."""
    llvm = _llvm()
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))


class _Linkers:
    """The engine that links object code into memory, and the next one when it is full."""

    __slots__ = ("_engine", "_count", "_lock")

    def __init__(self) -> None:
        self._engine: Any = None
        self._count = 0
        self._lock = threading.Lock()

    def take(self) -> tuple[Any, str]:
        """Return an engine, and a name that no module of it has."""
        with self._lock:
            if self._engine is None or self._count % _MODULES_PER_LINKER == 0:
                machine, _, _ = _target(host(), 2)
                self._engine = _llvm().create_lljit_compiler(machine, use_jit_link=os.name != "nt")
            self._count += 1
            return self._engine, f"module{self._count}"

    def forked(self) -> None:
        """Free the lock in the child of a fork: its owner is not there."""
        self._lock = threading.Lock()


_linkers = _Linkers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_linkers.forked)


class Code:
    """Machine code. It stays in memory as long as this object does."""

    __slots__ = ("_addresses", "_held", "__weakref__")

    def __init__(self, addresses: Mapping[str, int], held: tuple[Any, ...]) -> None:
        self._addresses = addresses
        self._held = held

    def address(self, name: str) -> int:
        """Return the address of a function or a global that the module defines for others."""
        return self._addresses[name]

    def keep(self) -> None:
        """Leave the code in memory until the process ends: its threads may be running it, or its state is needed."""
        _kept.append(self)


_kept: list[Code] = []


def _link(compiled: Compiled, symbols: Mapping[str, int]) -> Code:
    """Load object code, and give it the addresses of what it expects."""
    builder = _llvm().JITLibraryBuilder().add_object_img(compiled.code).add_current_process()
    for name in compiled.imports:
        if name in symbols:
            builder.import_symbol(name, symbols[name])
    for name in compiled.exports:
        builder.export_symbol(name)
    engine, module = _linkers.take()
    tracker = builder.link(engine, module)
    return Code({name: tracker[name] for name in compiled.exports}, (tracker, engine))


def compile_text(text: str, symbols: Mapping[str, int], level: int = 2) -> Code:
    """Return the code of a module. `symbols` are the addresses of what it declares; level 0 compiles fast, 2 well.

    Functions that the text says are `INLINE` become parts of those that call them, and what lies on the stack there goes into
    registers; no other pass of LLVM's runs.
    What it declares and `symbols` lacks, such as `exp`, is looked for in the process. An address in `text` itself would be
    wrong in the next process, where the code comes from the cache: declare a symbol instead.
    """
    processor = host()
    if len(text) < _WORTH_STORING:
        return _link(_emit(text, processor, level), symbols)
    key = key_of(text, level, processor.name, processor.features, _target(processor, level)[1], _version())
    compiled = load(key)
    if compiled is None:
        compiled = _emit(text, processor, level)
        store(key, compiled)
    return _link(compiled, symbols)
