"""Owns the rules of the discrete Fourier transforms along one axis, which is counted from the end.

Each is linear, so that forward mode is the transform of the tangent. Its conjugate transpose is the opposite transform with the
factor on the other side; the transforms of real vectors leave out the half of the spectrum that the other half repeats.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from chainrule.core.primitive import Array, Linear

Norm: TypeAlias = Literal["backward", "ortho", "forward"]
OPPOSITE: dict[str, Norm] = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""Where the factor of the conjugate transpose is, by where that of the transform is."""
_RULE = "the conjugate transpose of a Fourier transform is the opposite transform"


def _of(x: Array, share: Array) -> Array:
    """Return the share of an operand: its real part where the operand is real, whose imaginary part nothing moves."""
    return share if np.iscomplexobj(x) else np.real(share)


def _repeated(spectrum: Array, size: int, axis: int, once: float, twice: float) -> Array:
    """Return half the `spectrum` of `size` real numbers, times `once` where the whole has an entry once, else times `twice`."""
    count = size // 2 + 1
    factors = np.full(count, twice, np.finfo(spectrum.dtype).dtype)
    factors[0] = once
    if size % 2 == 0:
        factors[-1] = once
    return spectrum * np.reshape(factors, (count, *(1,) * (-axis - 1)))


FFT = Linear(
    name="fft",
    value=lambda x, axis, norm: np.fft.fft(x, axis=axis, norm=norm),
    transpose=lambda ct, index, x, axis, norm: _of(x, np.fft.ifft(ct, axis=axis, norm=OPPOSITE[norm])),
    rule=_RULE,
    batch=lambda batched, x, axis, norm: np.fft.fft(x, axis=axis, norm=norm),
)
IFFT = Linear(
    name="ifft",
    value=lambda x, axis, norm: np.fft.ifft(x, axis=axis, norm=norm),
    transpose=lambda ct, index, x, axis, norm: _of(x, np.fft.fft(ct, axis=axis, norm=OPPOSITE[norm])),
    rule=_RULE,
    batch=lambda batched, x, axis, norm: np.fft.ifft(x, axis=axis, norm=norm),
)


def _rfft_back(ct: Array, index: int, x: Array, axis: int, norm: str) -> Array:
    size = np.shape(x)[axis]
    return np.fft.irfft(_repeated(ct, size, axis, 1.0, 0.5), size, axis, OPPOSITE[norm])


def _irfft_back(ct: Array, index: int, x: Array, size: int, axis: int, norm: str) -> Array:
    return _of(x, _repeated(np.fft.rfft(ct, axis=axis, norm=OPPOSITE[norm]), size, axis, 1.0, 2.0))


RFFT = Linear(
    name="rfft",
    value=lambda x, axis, norm: np.fft.rfft(x, axis=axis, norm=norm),
    transpose=_rfft_back,
    rule=_RULE,
    batch=lambda batched, x, axis, norm: np.fft.rfft(x, axis=axis, norm=norm),
)
IRFFT = Linear(
    name="irfft",
    value=lambda x, size, axis, norm: np.fft.irfft(x, size, axis, norm),
    transpose=_irfft_back,
    rule=_RULE,
    batch=lambda batched, x, size, axis, norm: np.fft.irfft(x, size, axis, norm),
)
"""The real vector of length `size` whose spectrum starts with the size // 2 + 1 numbers that are given."""

FOURIER_PRIMITIVES = (FFT, IFFT, RFFT, IRFFT)
