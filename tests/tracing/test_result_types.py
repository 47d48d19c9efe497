"""NumPy's functions give traced arrays of every type the type, shape and value that they give plain ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

TYPES = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128")
PROGRAMS = {
    "power": lambda x, y: np.power(x, 2),
    "operator": lambda x, y: x**2,
    "power of arrays": lambda x, y: x**y,
    "i0": lambda x, y: np.i0(x),
    "angle": lambda x, y: np.angle(x),
    "lstsq": lambda x, y: np.linalg.lstsq(x, y),
    "poly": lambda x, y: np.poly(x[0]),
    "nan_to_num": lambda x, y: np.nan_to_num(x),
    "nan_to_num of elements": lambda x, y: np.nan_to_num(x, nan=0.5, posinf=1.5),
    "copysign": lambda x, y: np.copysign(x, y - 1),
    "intersect1d": lambda x, y: np.intersect1d(x, y),
}


@pytest.mark.parametrize("second", ["float32", "int64"])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_types_are_numpys(name: str, dtype: str, second: str) -> None:
    fun = PROGRAMS[name]
    base = np.array([[1, 2, 3], [2, 0, 1], [3, 1, 2]])
    x, y = base.astype(dtype), base[::-1].astype(second)
    try:
        wanted = fun(x, y)
    except (TypeError, np.linalg.LinAlgError):
        pytest.skip("NumPy refuses this type")
    parts = wanted if isinstance(wanted, tuple) else (wanted,)
    compiled = cr.jit(fun)
    for _ in range(2):
        found = compiled(x, y)
        for one, other in zip(found if isinstance(found, tuple) else (found,), parts, strict=True):
            assert (np.asarray(one).dtype, np.shape(one)) == (np.asarray(other).dtype, np.shape(other))
            np.testing.assert_allclose(one, other, rtol=1e-3 if "16" in dtype else 2e-5, atol=1e-6)
    if x.dtype.kind not in "fc":
        return
    seen: list[Any] = []

    def noted(x: Any) -> Any:
        out = fun(x, y)
        seen.extend((each.dtype, each.shape) for each in (out if isinstance(out, tuple) else (out,)))
        return np.sum(np.real(x))

    cr.grad(noted)(x)
    assert seen == [(np.asarray(each).dtype, np.shape(each)) for each in parts]


@pytest.mark.parametrize(
    "fun",
    [
        lambda z: np.quantile(z, 0.3), lambda z: np.percentile(z, 30, axis=0), lambda z: np.nanquantile(z, 0.2),
        lambda z: np.digitize(z, [1.0, 2.0]),
    ],
)  # fmt: skip
def test_complex_numbers_are_refused_where_numpy_refuses_them(fun: Any) -> None:
    z = np.array([[1 + 2j, 2.0], [3.0, 4.0]])
    for call in (fun, lambda z: cr.jvp(fun, (z,), (z,)), cr.jit(fun)):
        with pytest.raises(TypeError):
            call(z)
