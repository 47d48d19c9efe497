"""Programs of complex numbers run in native code as they do eagerly: whatever the arguments look like in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, rounded, within

import chainrule as cr
from chainrule.native.iterate import iterate
from chainrule.native.plan import NUMPY

RNG = np.random.default_rng(8)


def draw(*shape: int) -> Any:
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


FREQUENCIES = 2 * np.pi * np.fft.fftfreq(64)
ENERGY = draw(8, 8)
ENERGY = ENERGY + np.conj(ENERGY.T)


def split_step(potential: Any) -> Any:
    """Schrödinger's equation, by Fourier transforms."""
    wave = np.exp(-(np.linspace(-4, 4, 64) ** 2)) + 0j
    for _ in range(3):
        wave = np.exp(-0.05j * potential) * wave
        wave = np.fft.ifft(np.exp(-0.05j * FREQUENCIES**2) * np.fft.fft(wave))
    return np.sum(np.abs(wave) ** 2 * potential)


def circuit(angles: Any) -> Any:
    """The energy of three qubits after rotations."""
    state = np.array([1 + 0j, 0, 0, 0, 0, 0, 0, 0])
    for place in range(6):
        c, s = np.cos(angles[place]), np.sin(angles[place])
        gate = np.array([[c, -1j * s], [-1j * s, c]])
        turned = np.tensordot(gate, state.reshape(2, 2, 2), axes=(1, place % 3))
        state = np.moveaxis(turned, 0, place % 3).reshape(8) * np.exp(0.1j * np.arange(8))
    return np.real(np.vdot(state, ENERGY @ state))


def impedance(parts: Any) -> Any:
    """The response of a resistor, a coil and a capacitor in series."""
    w = np.linspace(1, 100, 77)
    return np.sum(np.log(np.abs(1 / (parts[0] + 1j * w * parts[1] + 1 / (1j * w * parts[2])))) ** 2)


def spectrum(signal: Any) -> Any:
    """The entropy of the power spectrum."""
    power = np.abs(np.fft.rfft(signal)) ** 2
    share = power / np.sum(power)
    return -np.sum(share * np.log(share + 1e-12))


def escapes(c: Any) -> Any:
    """How fast a point leaves the Mandelbrot set: a while on the size of a complex number."""
    z, steps = c, 1.0
    while abs(z) < 4 and steps < 50:
        z, steps = z * z + c, steps + 1
    return steps - np.log(np.abs(z))


def products(matrix: Any) -> Any:
    return np.sum(np.abs(matrix @ np.conj(matrix.T) @ (matrix + 1j)) ** 2)


PROGRAMS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "split step": (split_step, RNG.standard_normal(64)),
    "circuit": (circuit, RNG.standard_normal(6)),
    "impedance": (impedance, np.array([10.0, 0.1, 0.01])),
    "spectrum": (spectrum, RNG.standard_normal(100)),
    "products": (products, draw(20, 20)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients_without_numpy(name: str) -> None:
    fun, x = PROGRAMS[name]
    compiled = check(cr.value_and_grad(fun), (x,), (x * 0.9,), judge=rounded(1e-10))
    assert compiled.explain_plan(x).count(NUMPY) == 0
    if name != "products":
        check(cr.hessian(fun), (x[:10],) if name == "spectrum" else (x,), judge=rounded(1e-9))


def test_a_decision_on_a_complex_number() -> None:
    check(escapes, (0.3 + 0.5j,), (1 + 1j,), (-0.7 + 0.2j,), (2 + 2j,))
    check(cr.grad(escapes), (0.3 + 0.5j,), (1 + 1j,))
    check(lambda z: z * 2 if z else z + 1, (1j,), (0j,), (complex(0.0, -0.0),), (1 + 0j,))


Z = draw(6, 10)
ARGUMENTS = {
    "an array": Z,
    "single precision": Z.astype(np.complex64),
    "columns": np.asfortranarray(Z),
    "every other": draw(6, 20)[:, ::2],
    "reversed": Z[::-1, ::-1],
    "read-only": np.broadcast_to(Z[0], (6, 10)),
    "one": draw(1, 1),
    "none": draw(0, 3),
    "no axes": np.array(1 + 2j),
    "a number of NumPy's": np.complex64(1 - 2j),
    "a number": 1.5 - 0.5j,
    "the other byte order": Z.astype(">c16"),
    "more precision": Z.astype(np.clongdouble),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name: str) -> None:
    z = ARGUMENTS[name]
    judge = rounded(1e-13, 1e-5)
    check(lambda z: z, (z,), judge=judge)
    check(lambda z: (z * z + 1j, np.conj(z), np.abs(z), z.real, np.exp(z.imag)), (z,), judge=judge)
    check(lambda z: np.sum(z * np.conj(z)) / 2.0, (z,), judge=judge)
    check(lambda z: {"a": z + 1j, "b": (-z, 3)}, (z,), judge=judge)


@pytest.mark.parametrize("make", [lambda z: z, lambda z: z.T, lambda z: z[::2], lambda z: z[:, 1:4][::-1]])
def test_an_array_around_is_read_at_each_call(make: Callable[[Any], Any]) -> None:
    around = draw(12, 8)
    part = make(around)
    compiled = check(lambda x: np.sum(x * part) + part.imag[0, 0], (2.0,), (1.5,))
    around[:] = draw(12, 8)
    check(lambda x: np.sum(x * part) + part.imag[0, 0], (2.0,), jitted=compiled)


def test_steps_in_native_code() -> None:
    turn = np.exp(0.1j)
    state = iterate(lambda z: z * turn, np.array([1 + 0j, 2j]), 1000).state
    np.testing.assert_allclose(state, np.array([1 + 0j, 2j]) * turn**1000, rtol=1e-11)


@pytest.mark.parametrize("shape", [(1,), (3,), (8,), (17,), (1000,), (5, 7), (1, 9), (9, 1), (40, 33)])
@pytest.mark.parametrize("kind", [np.complex128, np.complex64])
def test_pairs_are_read_and_written_whole(shape: tuple[int, ...], kind: Any) -> None:
    z = draw(*shape).astype(kind)
    check(lambda z: (z * z, np.exp(z[..., ::-1]), z.T + 1, np.flip(z, 0).imag), (z,), judge=rounded(1e-13, 1e-5))
    pairs = np.stack([z.real, z.imag], axis=-1)
    check(lambda p: (p[..., 0] * 2 + p[..., 1], p[..., ::-1, 1], p[..., 1:, 0]), (pairs,), judge=rounded(1e-13, 1e-5))


def test_results_are_the_same_bits_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    z = draw(300_000)
    results = []
    for count in ("1", "2", "3"):
        monkeypatch.setenv("CHAINRULE_NUM_THREADS", count)
        compiled = cr.jit(lambda z: (np.exp(z) * z, np.sum(z * z)))
        compiled(z)
        compiled(z)
        results.append(compiled(z))
    for other in results[1:]:
        np.testing.assert_array_equal(other[0], results[0][0])
        assert other[1] == results[0][1]


def test_what_numpy_does_is_given_numbers_and_not_pairs() -> None:
    matrix = draw(12, 12) + 9 * np.eye(12)
    compiled = check(lambda a: np.linalg.solve(a, a.T) @ np.linalg.inv(a), (matrix,), judge=rounded(1e-11))
    plan = compiled.explain_plan(matrix)
    assert {each.what for each in plan.fallbacks} == {"solve", "inv"}
    assert "real(a)" in str(plan)
    check(cr.grad(lambda a: np.sum(np.linalg.eigvalsh(a + np.conj(a.T)) ** 2)), (matrix,), judge=rounded(1e-11))


def test_what_numpy_does_with_a_number_that_is_known_and_one_that_is_not() -> None:
    ones = np.ones((3, 4))
    check(lambda x, n: np.maximum(np.exp(1j * (ones[-1] * 0.5)), x) + n, (2, 1j), (-1, 2.0))
    check(lambda x: np.maximum(np.exp(1j * np.exp2(np.imag(x))[-1]), 0.25), (ones,))


@pytest.mark.parametrize("single", [np.complex64, np.float16, np.float32])
@pytest.mark.parametrize("operation", [np.divide, np.power, np.multiply])
def test_operands_of_two_precisions_are_computed_in_that_of_the_result(operation: Any, single: Any) -> None:
    wide = draw(5) if single is not np.complex64 else np.abs(draw(5)) + 0.5
    narrow = ((draw(5) if single is np.complex64 else np.abs(RNG.standard_normal(5))) + 0.5).astype(single)
    for operands in ((wide, narrow), (narrow, wide), (narrow[0], wide), (wide[0], narrow)):
        compiled = cr.jit(lambda x, y: operation(x, y))
        compiled(*operands)
        result, expected = compiled(*operands), operation(*operands)
        assert np.asarray(result).dtype == np.complex128
        np.testing.assert_allclose(result, expected, rtol=1e-14)


WHOLE = {
    "int8": [100, -128, 3], "int16": [-(2**15), 200, 7], "int32": [-(2**31), 2**30, 5], "int64": [-(2**63), 10**10, 7],
    "uint8": [255, 1, 20], "bool": [True, True, True],
}  # fmt: skip
ON_WHOLE: dict[str, Callable[..., Any]] = {
    "divide": lambda n, z: (z / n, (1 + 2j) / n, n / z),
    "power": lambda n, z: (n ** (2 + 0j), n ** np.complex128(3), n ** np.complex64(-2), z**2),
    "subtract": lambda n, z: (1j - n, n - z, -(n * 1j)),
}


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("single", [np.complex64, np.complex128])
@pytest.mark.parametrize("name", ON_WHOLE)
def test_whole_numbers_among_complex_ones_do_not_overflow(name: str, single: Any, dtype: str) -> None:
    check(ON_WHOLE[name], (np.array(WHOLE[dtype], dtype), draw(3).astype(single)), judge=within(8, 8))


@pytest.mark.parametrize("other", [0.5, 2j, np.arange(4.0), np.arange(4) * 1j, np.arange(4, dtype=np.float32)])
def test_a_complex_number_chooses_by_its_truth(other: Any) -> None:
    z = np.array([0, 1j, -0.0, 2 + 1j])
    check(lambda z, x: (np.where(z, z, x), np.where(z, x, z), np.where(z * 1j, x, 1.5)), (z, other), (z[::-1], other))
