"""Owns the machine: its vector width and features, and LLVM, which turns text into code for it.

LLVM is imported here only, and only when something is compiled first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@cache
def _llvm() -> Any:
    import llvmlite.binding as llvm  # noqa: PLC0415  (heavy: loaded when something is compiled)

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@dataclass(frozen=True, slots=True)
class Host:
    """The processor that code is made for.

    name, features: as LLVM calls them. width: of a vector register in bytes (64, 32 or 16).
    """

    name: str
    features: str
    width: int


@cache
def host() -> Host:
    """Return this machine's processor. CHAINRULE_VECTOR_BYTES (16, 32, 64) asks for narrower vectors than it has."""
    llvm = _llvm()
    found = llvm.get_host_cpu_features()
    widest = (
        64
        if found.get("avx512f") and found.get("avx512dq") and found.get("avx512vl")
        else 32
        if found.get("avx2")
        else 16
    )
    width = min(widest, int(os.environ.get("CHAINRULE_VECTOR_BYTES", widest)))
    if width < 64:
        for feature in found:
            if feature.startswith("avx512") or feature == "evex512" or feature.startswith("avx10"):
                found[feature] = False
    if width < 32:
        for feature in ("avx", "avx2", "fma", "f16c", "xop", "fma4", "vaes", "vpclmulqdq", "avxvnni", "avxifma"):
            if feature in found:
                found[feature] = False
    name = llvm.get_host_cpu_name() if width == widest else "generic"
    return Host(name, found.flatten(), width)


class Code:
    """Machine code. It stays in memory as long as this object does."""

    __slots__ = ("_engine", "_module")

    def __init__(self, engine: Any, module: Any) -> None:
        self._engine = engine
        self._module = module

    def keep(self) -> None:
        """Leave the code in memory until the process ends: threads may be running it. Ask for addresses first."""
        self._engine.detach()

    def address(self, name: str) -> int:
        """Return the address of a function."""
        return int(self._engine.get_function_address(name))


def compile_text(text: str, symbols: Mapping[str, int], level: int = 2) -> Code:
    """Return the code of a module. `symbols` are the addresses of what it declares; level 0 compiles fast, 2 well."""
    llvm = _llvm()
    for name, address in symbols.items():
        llvm.add_symbol(name, address)
    module = llvm.parse_assembly(text)
    processor = host()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=processor.name, features=processor.features, opt=level, jit=True
    )
    module.triple = target.triple
    module.data_layout = str(target.target_data)
    engine = llvm.create_mcjit_compiler(module, target)
    engine.finalize_object()
    return Code(engine, module)


def available() -> bool:
    """Say whether code can be compiled here. Where it cannot, callers let the interpreter do the work."""
    try:
        _llvm()
    except ImportError:
        return False
    return True
