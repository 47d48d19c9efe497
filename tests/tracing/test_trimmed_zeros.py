"""np.trim_zeros takes the zero slices off the ends of each axis, as NumPy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

FRAME = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]])


@pytest.mark.parametrize(
    "options", [{}, {"axis": 0}, {"axis": (-1,)}, {"axis": ()}, {"trim": "f"}, {"trim": "B", "axis": 1}]
)
@pytest.mark.parametrize("frame", [FRAME, FRAME[1], 0 * FRAME, FRAME[:, :0]])
def test_trimming(frame: Any, options: dict[str, Any]) -> None:
    if frame.ndim == 1 and options.get("axis") == 1:
        options = {**options, "axis": 0}
    x, seen = np.arange(1.0, 1 + frame.size).reshape(frame.shape), []

    def total(x: Any) -> Any:
        seen.append(np.trim_zeros(x * frame, **options))
        return np.sum(np.square(seen[-1])) + np.sum(x)

    gradient, trimmed = cr.grad(lambda x: (total(x), seen[-1]), has_aux=True)(x)
    np.testing.assert_array_equal(trimmed, np.trim_zeros(x * frame, **options), strict=True)
    kept = np.isin(x, trimmed) if frame.size else frame
    np.testing.assert_array_equal(gradient, 1 + 2 * x * frame * kept)
