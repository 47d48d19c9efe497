"""Owns who takes part in the compiled cases, and what about each a reader of the table should know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import (
    c_reference,
    peer_autograd,
    peer_casadi,
    peer_chainrule,
    peer_ddx,
    peer_jax,
    peer_mygrad,
    peer_torch,
)
from benchmarks.native_cases import NativeCase
from benchmarks.native_entry import Entry, NotRunError


@dataclass(frozen=True, slots=True)
class NativePeer:
    """Someone who takes part.

    name: how its rows begin.
    module: what it is imported by.
    distribution: what it is installed by; "" for none.
    about: what is timed.
    enter: yields its formulations of a case; it may write into the folder that it is given.
    """

    name: str
    module: str
    distribution: str
    about: str
    enter: Callable[[NativeCase, Path], Iterator[Entry]]


PEERS: tuple[NativePeer, ...] = (
    NativePeer(
        peer_chainrule.NAME,
        "chainrule",
        "chainrule",
        "cr.jit of the derivative of a plain NumPy function, called with NumPy arrays",
        lambda case, scratch: peer_chainrule.entries(case),
    ),
    NativePeer(
        peer_jax.NAME,
        "jax",
        "jax",
        "jax.jit of the derivative, on its own arrays, waited for",
        lambda case, scratch: peer_jax.entries(case),
    ),
    NativePeer(
        peer_torch.EAGER,
        "torch",
        "torch",
        "torch.autograd.grad, or torch.func for Hessians and Jacobians",
        lambda case, scratch: peer_torch.eager(case),
    ),
    NativePeer(
        peer_torch.COMPILED,
        "torch",
        "torch",
        "torch.compile of torch.func's derivative",
        lambda case, scratch: peer_torch.compiled(case),
    ),
    NativePeer(
        peer_autograd.NAME,
        "autograd",
        "autograd",
        "its derivative of a function of autograd.numpy",
        lambda case, scratch: peer_autograd.entries(case),
    ),
    NativePeer(
        peer_mygrad.NAME,
        "mygrad",
        "mygrad",
        "Tensor.backward, memory guard off",
        lambda case, scratch: peer_mygrad.entries(case),
    ),
    NativePeer(
        peer_casadi.NAME,
        "casadi",
        "casadi",
        "Function.buffer, output reused; jit is its C code compiled with gcc -O3 -march=native -ffast-math",
        peer_casadi.entries,
    ),
    NativePeer(
        peer_ddx.NAME,
        "ddx",
        "ddx-ad",
        "Equation.compile and Equation.buffer, output reused; batch is one compiled term of the sum at many points",
        lambda case, scratch: peer_ddx.entries(case),
    ),
    NativePeer(
        c_reference.NAME,
        "numpy",
        "",
        "benchmarks/c_reference.c with gcc -O3 -march=native -ffast-math, one thread: the limit, no peer",
        c_reference.entries,
    ),
)


def absent() -> list[str]:
    """Return the names of the distributions that are not installed."""
    return sorted({peer.distribution for peer in PEERS if find_spec(peer.module) is None})


def present() -> list[NativePeer]:
    """Return who is installed."""
    return [peer for peer in PEERS if find_spec(peer.module) is not None]


def gather(case: NativeCase, scratch: Path) -> tuple[list[Entry], dict[str, str]]:
    """Return the entries of all who are installed, ours first, and why some do not run."""
    entries: list[Entry] = []
    reasons: dict[str, str] = {}
    for peer in present():
        try:
            entries += peer.enter(case, scratch)
        except NotRunError as error:
            reasons[peer.name] = str(error)
    return entries, reasons
