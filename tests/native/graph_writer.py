"""Owns how random programs are made: written line by line while they run on their first arguments, so that shapes fit and values
stay moderate. All choices go through one function `choose(n)`, which Hypothesis or a seeded generator provides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tests.native.agreement import eagerly
from tests.native.graph_flows import FLOWS
from tests.native.graphs import NAMES, Graph

Choose = Callable[[int], int]
"""`choose(n)` is a whole number of at least 0 and less than n."""
LENGTHS = (3, 2, 4, 1, 5, 8, 0, 7, 16, 9, 17, 15, 31, 32, 33, 63, 64, 65)
NUMBERS = ("a float", "an int")
"""Types of arguments that are Python's own numbers."""
DTYPES = ("float64",) * 8 + ("float32", "float32", "int64", "int64", "bool", *NUMBERS)
ALL_DTYPES = (
    "int8",
    "uint8",
    "int16",
    "int32",
    "uint32",
    "int64",
    "bool",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
)
LAYOUTS = ("C", "C", "C", "F", "reversed", "strided", "read-only", "wide")
MOST_ELEMENTS = 4000
LARGEST = 50.0


class Rejected(Exception):
    """A line that does not fit the values that it would be applied to."""


# Each maps the name of an operand to an expression of it; the second column is the domain that it is moved into first.
# MODERATE is for those whose rule uses 1 - out: where out is almost 1, its last place decides on the derivative.
# NEAR is for ndtr, which SciPy computes with an error that grows with the square of its operand (258 roundings at -30).
ANY, POSITIVE, INSIDE, ABOVE_ONE, SHARE, MODERATE, NEAR = (
    "{0}", "np.abs({0}) + 0.3", "0.9 * np.sin({0})", "1.1 + np.abs({0})", "0.5 + 0.45 * np.sin({0})", "np.clip({0}, -2, 2)",
    "np.clip({0}, -4, 4)",
)  # fmt: skip
UNARY = (
    ("np.tanh({0})", MODERATE), ("np.exp({0})", ANY), ("np.sin({0})", ANY), ("np.cos({0})", ANY), ("-{0}", ANY),
    ("np.square({0})", ANY), ("np.abs({0})", ANY), ("np.log({0})", POSITIVE), ("np.sqrt({0})", POSITIVE),
    ("np.reciprocal({0})", POSITIVE), ("np.log1p({0})", POSITIVE), ("np.expm1({0})", ANY), ("np.exp2({0})", ANY),
    ("np.log2({0})", POSITIVE), ("np.log10({0})", POSITIVE), ("np.cbrt({0})", ANY), ("np.sinh({0})", ANY),
    ("np.cosh({0})", ANY), ("np.tan({0})", INSIDE), ("np.arcsin({0})", INSIDE), ("np.arccos({0})", INSIDE),
    ("np.arctan({0})", ANY), ("np.arcsinh({0})", ANY), ("np.arccosh({0})", ABOVE_ONE), ("np.arctanh({0})", INSIDE),
    ("np.floor({0})", ANY), ("np.ceil({0})", ANY), ("np.trunc({0})", ANY), ("np.rint({0})", ANY), ("np.sign({0})", ANY),
    ("np.degrees({0})", ANY), ("np.radians({0})", ANY), ("np.rad2deg({0})", ANY), ("np.deg2rad({0})", ANY),
    ("np.fabs({0})", ANY), ("np.positive({0})", ANY), ("np.conjugate({0})", ANY), ("np.real({0})", ANY),
    ("np.imag({0})", ANY), ("np.isfinite({0})", ANY), ("np.isnan({0})", ANY), ("np.isinf({0})", ANY),
    ("np.signbit({0})", ANY), ("np.logical_not({0})", ANY), ("np.spacing({0})", ANY), ("np.nan_to_num({0})", ANY),
    ("np.round({0}, 1)", ANY), ("np.sinc({0})", ANY), ("np.clip({0}, -0.5, 0.7)", ANY), ("np.maximum({0}, 0)", ANY),
    ("{0} ** 2", ANY), ("{0} ** 3", ANY), ("{0} ** 0.5", POSITIVE), ("{0} ** -1.5", POSITIVE), ("2.0 ** {0}", ANY),
    ("{0} + 1", ANY), ("{0} * 0.5", ANY), ("2 - {0}", ANY), ("1 / {0}", POSITIVE), ("{0} % 0.7", ANY),
    ("{0} // 0.3", ANY), ("{0} > 0", ANY), ("0.2 <= {0}", ANY), ("{0} == {0}", ANY), ("{0} * np.float32(1.5)", ANY),
    ("{0} + np.float64(0.25)", ANY), ("{0} * True", ANY),
    ("sp.expit({0})", MODERATE), ("sp.log_expit({0})", ANY), ("sp.logit({0})", SHARE), ("sp.erf({0})", ANY),
    ("sp.erfc({0})", ANY), ("sp.erfinv({0})", INSIDE), ("sp.ndtr({0})", NEAR), ("sp.log_ndtr({0})", ANY),
    ("sp.gamma({0})", POSITIVE), ("sp.gammaln({0})", POSITIVE), ("sp.digamma({0})", POSITIVE), ("sp.entr({0})", POSITIVE),
    ("{0}.astype(np.float32)", ANY), ("{0}.astype(float)", ANY), ("{0}.astype(int)", ANY), ("{0}.astype(bool)", ANY),
    ("np.abs(np.exp(1j * {0}) + 0.5)", ANY), ("np.angle({0} + 1.5j)", ANY), ("({0} * (1 + 2j)).imag", ANY),
    ("np.real(np.conj({0} * 1j) * (0.3 + {0} * 1j))", ANY),
)  # fmt: skip
BINARY = (
    ("{0} + {1}", ANY), ("{0} - {1}", ANY), ("{0} * {1}", ANY), ("{0} / {1}", POSITIVE), ("np.maximum({0}, {1})", ANY),
    ("np.minimum({0}, {1})", ANY), ("np.fmax({0}, {1})", ANY), ("np.fmin({0}, {1})", ANY), ("np.hypot({0}, {1})", ANY),
    ("np.arctan2({0}, {1})", POSITIVE), ("np.copysign({0}, {1})", ANY), ("np.logaddexp({0}, {1})", ANY),
    ("np.logaddexp2({0}, {1})", ANY), ("np.power(np.abs({0}) + 0.2, {1})", ANY), ("np.float_power({1}, {0})", POSITIVE),
    ("{0} // {1}", POSITIVE), ("{0} % {1}", POSITIVE), ("np.fmod({0}, {1})", POSITIVE), ("np.heaviside({0}, {1})", ANY),
    ("np.nextafter({0}, {1})", ANY), ("np.ldexp({0}, 2)", ANY), ("sp.xlogy({0}, {1})", POSITIVE),
    ("sp.xlog1py({0}, {1})", POSITIVE), ("sp.rel_entr({1}, np.abs({0}) + 0.1)", POSITIVE), ("{0} < {1}", ANY),
    ("{0} >= {1}", ANY), ("{0} == {1}", ANY), ("{0} != {1}", ANY), ("np.logical_and({0}, {1})", ANY),
    ("np.logical_or({0}, {1})", ANY), ("np.logical_xor({0}, {1})", ANY), ("np.where({0} > 0, {0}, {1})", ANY),
    ("np.where({0} > {1}, {0} * 2, {1} - 1)", ANY), ("np.where(np.isnan({0}), 0.0, {1})", ANY),
    ("np.select([{0} > 0.5, {1} > 0], [{0}, {1} * 2], 0.25)", ANY), ("np.clip({0}, -1, {1})", POSITIVE),
    ("np.add({0}, {1}, dtype=np.float64)", ANY), ("np.isclose({0}, {1})", ANY),
)  # fmt: skip
INTEGER_UNARY = ("~{0}", "np.bitwise_count({0})", "np.abs({0})", "-{0}", "{0} << 2", "{0} >> 1", "{0} % 3", "{0} // 2",
                 "{0} ** 2", "{0} ** (2 + 0j)", "{0} & 5", "{0} == 2", "np.sign({0})", "np.invert({0})")  # fmt: skip
INTEGER_BINARY = ("{0} & {1}", "{0} | {1}", "{0} ^ {1}", "np.gcd({0}, {1})", "np.lcm({0}, {1})", "{0} << np.abs({1})",
                  "{0} >> np.abs({1})", "{0} // {1}", "{0} % {1}", "{0} + {1}", "{0} * {1}", "np.fmod({0}, {1})",
                  "np.left_shift({0}, np.abs({1}) % 8)")  # fmt: skip
REDUCTIONS = (
    "np.sum({0}{axis})", "np.mean({0}{axis})", "np.max({0}{axis})", "np.min({0}{axis})", "np.prod({0}{axis})",
    "np.var({0}{axis})", "np.std({0}{axis})", "np.any({0} > 0.5{axis})", "np.all({0} > -1.5{axis})",
    "np.count_nonzero({0} > 0{axis})", "np.logaddexp.reduce({0}{axis})", "np.sqrt(np.sum({0} ** 2{axis}))",
    "np.add.reduce({0}{axis})", "np.maximum.reduce({0}{axis})", "np.var({0}{axis}, ddof=0.5)", "np.nansum({0}{axis})",
    "np.ptp({0}{axis})", "np.median({0}{axis})", "np.linalg.norm({0}{single})", "np.linalg.norm({0}, 1{single})",
    "np.linalg.norm({0}, np.inf{single})", "np.argmax({0}{single})", "np.argmin({0}{single})",
    "np.sum({0}{axis}, where={0} > 0)", "np.max({0}{axis}, initial=0.5)", "np.mean({0} > 0{axis})",
    "np.logaddexp.reduce({0}{single})", "np.quantile({0}, 0.3{axis})", "np.average({0}{single})",
    "np.nanmax({0}{axis})", "np.sum({0}{axis}, dtype=np.float64)", "np.linalg.vector_norm({0}{axis})",
)  # fmt: skip
ALONG = (
    "np.cumsum({0}, axis={a})", "np.cumprod({0}, axis={a})", "np.sort({0}, axis={a})", "np.argsort({0}, axis={a})",
    "np.flip({0}, axis={a})", "np.flip({0})", "np.roll({0}, {k}, axis={a})", "np.roll({0}, {k})", "np.diff({0}, axis={a})",
    "np.repeat({0}, 2, axis={a})", "np.concatenate([{0}, {0} * 2], axis={a})", "np.stack([{0}, {0} + 1], axis={a})",
    "np.concatenate([{0}, {0}[::-1]])", "np.take({0}, [0, -1, 0], axis={a})", "np.sort(np.partition({0}, 0, axis={a}), axis={a})",
    "np.moveaxis({0}, {a}, 0)", "np.expand_dims({0}, {a})", "np.swapaxes({0}, {a}, 0)", "np.hstack([{0}, {0}])",
    "np.vstack([{0}, -{0}])", "np.split({0}, [1], axis={a})[1]", "np.array_split({0}, 2, axis={a})[0]",
    "np.delete({0}, 0, axis={a})", "np.append({0}, {0}, axis={a})", "np.add.accumulate({0}, axis={a})",
    "np.gradient({0}, axis={a})", "np.take_along_axis({0}, np.argsort({0}, axis={a}), axis={a})",
    "np.maximum.accumulate({0}, axis={a})", "np.trapezoid({0}, axis={a})", "np.unwrap({0}, axis={a})",
    "np.insert({0}, 0, 0.5, axis={a})", "np.cumsum({0} > 0, axis={a})", "np.cumprod({0}[..., None] * [1.1, -0.9], axis={a})",
)  # fmt: skip
SHAPES = (
    "{0}.T", "np.ravel({0})", "{0}.reshape(-1)", "{0}.reshape({0}.shape[::-1])", "{0}.reshape(1, -1)", "{0}[None]",
    "{0}[..., None]", "np.squeeze({0})", "np.broadcast_to({0}, (2, *{0}.shape))", "np.tile({0}, 2)", "{0}.copy()",
    "{0}.flatten()", "np.atleast_2d({0})", "np.transpose({0})", "np.zeros_like({0}) + {0}", "np.ones_like({0})",
    "np.pad({0}, 1)", "np.pad({0}, (2, 0))", "np.full_like({0}, 1.5)", "{0}.swapaxes(0, -1)", "np.diag({0})",
    "np.tril({0})", "np.triu({0}, 1)", "np.diagonal({0})", "np.trace({0})", "np.rot90({0})", "np.fliplr({0})",
    "np.meshgrid({0}, {0})[0]", "np.ravel({0}, order='F')", "np.resize({0}, (3, 4))", "np.pad({0}, 1, mode='edge')",
    "np.sum({0}) * np.array([np.sum({0}), 1.0])", "np.stack(list({0}))", "np.vander(np.tanh({0}), 3)", "{0}.T.copy().ravel()",
)  # fmt: skip
SLICES = (":", "::-1", "1:", ":-1", "::2", "::-2", "1::2", "-2:", "0", "-1", ":0", "2:1", "...", "None", "-1:0:-1", "1:2",
          "[0, -1]", "[0, 0, -1]", "np.array([0])", "np.array([[0, -1], [0, 0]])")  # fmt: skip
UPDATES = (
    "{v}[0] = {v}[-1] * 0.5", "{v}[1:] -= 0.3 * {v}[:-1]", "{v}[:-1] = np.tanh({v}[1:])", "{v}[..., 0] += {v}[..., -1]",
    "{v}[..., 1:] *= 0.5", "{v}[::2] += 0.25", "{v}[::-1] += {v} * 0.1", "{v}[{v} > 0.5] = 0.5", "{v}[{v} < 0] *= -0.5",
    "{v}[{v} > 0] = np.sqrt({v}[{v} > 0])", "{v}old = {v}[-1] * 1.5\n{v}[-1] = 0.25\n{v}[0] += {v}old",
    "{v}view = {v}[1:]\n{v}[0] = 1.0\n{v}[1:] = {v}view * {v}[0]", "{v}[-1] = np.sum({v}[0])", "{v}[:1] = {0}[:1] * {v}[-1:]",
    "{v}[0, 1:] -= {v}[0, :-1] * {v}[-1, 1:]", "{v}[-1, 0] = np.sum({v}[:, -1] * {v}[0, 0])", "{v}[1:3, 0] *= {v}[0, 0]",
    "for i in range(len({v})):\n    {v}[i] += 0.1 * np.sum({v}[i - 1])", "{v}[[0, -1]] = {v}[[-1, 0]] * 0.5",
    "for i in range(1, len({v})):\n    {v}[i, :i] -= {v}[i - 1, :i] * 0.5", "{v}.T[0] -= 0.5 * {v}.T[-1]",
    "{v}[np.argmax(np.sum({v}.reshape(len({v}), -1), axis=1))] *= 0.5", "{v}[{v}[..., 0] > 0, -1] *= 0.5",
    "{v}[..., {v}[0] > 0.5] = 0.25", "{v}[:, {v}[0] < 0] -= 0.5 * {v}[:, {v}[0] < 0]",
    "{v}[0, {v}[-1] > 0] = np.tanh({v}[0, {v}[-1] > 0])", "{v}[{v}[:, 0] < 0.3, None] *= {v}[0]",
    "{v}rows = [row.copy() for row in {v}]\n{v}[0] *= 0.1\n{v}[-1] += {v}rows[0]",
)  # fmt: skip
# Nodes between which is interpolated are no NaN: in a table that is not sorted, no position has a meaning.
MASKS = (
    "{0}[{0} > 0]", "np.sum({0}[{0} > 0] ** 2)", "np.mean({0}[{0} < 0.5])", "np.max({0}[{0} < 1])",
    "{0} - np.sum(np.log({0}[{0} > 0]) * {0}.flat[0])", "np.sum(1 / {0}[np.abs({0}) > 0.5], axis=0)",
    "{0}[np.abs({0}) < 1] * 2", "np.compress(np.ravel({0}) > 0, {0})", "{0}[np.argmax({0}, axis=0)]",
    "{0}[int(np.argmax({0})) % len({0})]", "np.flatnonzero({0} > 0)", "{0}[np.nonzero({0} > 0)]",
    "np.searchsorted(np.sort(np.ravel({0})), {0})", "np.extract({0} > 0, {0})", "np.argwhere({0} > 0.5)",
    "np.interp({0}, np.arange(3.0), np.array([0.5, -1.0, 2.0]))", "np.digitize({0}, np.array([0.0, 1.0]))",
    "np.sum({0}[:, {0}[0] > 0] ** 2, axis=0)", "np.sum(np.sin({0}[{0}[:, 0] > 0, -1]))", "{0}[{0}[..., 0] > 0, ::-1]",
    "np.sum({0}[..., {0}[0] < 0.5] * {0}[..., :1], axis=-1)", "np.mean({0}[{0}[:, -1] < 1, None, 1:], axis=0)",
    "{0}[:, {0}[0] > 0] @ {0}[0, {0}[0] > 0]", "np.sum({0}[-1, {0}[0] > 0])", "np.var({0}[:, {0}[0] > -1], axis=1)",
    "np.interp({0}, np.cumsum(np.exp(np.nan_to_num(np.ravel({0})))), np.ravel({0}))",
    "np.ravel({0})[np.searchsorted(np.arange(2.0), {0}) % 2]",
    "np.bincount(np.abs(np.ravel({0})).astype(int) % 5)", "np.trim_zeros(np.ravel({0}))",
)  # fmt: skip
WRITES = (
    "{v} = {0}.copy()\n{v}[0] = 2.5",
    "{v} = {0} * 1.0\n{v}[::2] = {v}[::2] * 3",
    "{v} = {0} * 1.0\n{v}[1:] += {v}[:-1]",
    "{v} = {0} * 1.0\n{v}[..., -1] = np.sum({0})",
    "{v} = {0} * 1.0\n{v}[{v} > 0] = 0.5",
    "{v} = {0} * 1.0\n{v}[[0, 0, -1]] += 1.5",
    "{v} = {0} * 1.0\nnp.add.at({v}, [0, 0, -1], {0}[0])",
    "{v} = {0} * 1.0\n{v}[0], {v}[-1] = {v}[-1], {v}[0]",
    "{v} = {0} * 1.0\nrow = {v}[0:2].T\nrow *= 2\n{v}[0] -= row.sum()",
    "{v} = {0} * 1.0\n{v} += 1\n{v} *= {0}",
    "{v} = np.zeros(({0}.size + 1, 2), like={0})\n{v}[1:, 0] = np.ravel({0})\n{v}[0] = [1.0, 2.0]",
    "{v} = {0} * 1.0\n{v}.flat[-1] = {v}.flat[0] * 5",
    "{v} = {0} * 1.0\n{v}.T[0] = 1.25",
    "{v} = {0} * 1.0\n{v}[...] = {v}[::-1]",
    "{v} = {0}.copy()\n{v}.sort()",
    "{v} = {0} * 1.0\nnp.fill_diagonal({v}, 0.75)",
)
PLACES = (
    "{0}[{above}]", "{0}[{below}]", "{0}[..., [0, -1, 0]]", "{0}[:, [0, -1]]", "{0}[::2, [[0], [-1]], None]",
    "{0}[[0, -1], [-1, 0]]", "{0}[{above}, 0]", "{0}[0, :, [0, -1]]", "{0}[{below}, ..., -1]", "{0}[None, [1, 0]]",
    "{0}[np.arange(len({0})), np.arange(len({0})) % {0}.shape[1]]", "np.take({0}, [[0, 1], [-1, 0]], axis=-1)",
    "{0}[({above})[:, None], [0]]", "{0}[np.int32(1)]", "{0}[({above}).astype(np.int32)]", "{0}[[0, 1], ::-1, [[1], [0]]]",
    "{v} = {0} * 1.0\n{v}[{above}] = np.sin({v}[0]) * 2",
    "{v} = {0} * 1.0\nplaces = {below}\n{v}[places] = {v}[places] - 0.5",
    "{v} = {0} * 1.0\nplaces = {above}\nnp.add.at({v}, places, {0}[places][::-1])",
    "{v} = {0} * 1.0\nnp.add.at({v}, (slice(1, None), [0, 0, -1]), 1.5)",
    "{v} = {0} * 1.0\n{v}[..., [0, -1]] = {v}[..., [-1, 0]]", "{v} = {0} * 1.0\n{v}[[0, 0, -1]] *= {v}[:1]",
    "{v} = np.zeros((5, 3), like={0})\nnp.add.at({v}, ([0, 4, 0], [2, 2, 2]), np.ravel({0})[:3])",
)  # fmt: skip
ABOVE = "(3 * np.ravel({0})[:4]).astype(int) % len({0})"  # places that depend on values
BELOW = f"{ABOVE} - len({{0}})"
PRODUCTS = (
    "{0} @ constant(({last},), 0.1)", "{0} @ constant(({last}, 3), 0.2)", "constant(({first},), 0.5) @ {0}",
    "constant((4, {first2}), 0.7) @ {0}", "np.dot({0}, {0})", "{0} @ np.swapaxes({0}, -1, -2)", "np.outer({0}, {0})",
    "np.inner({0}, {0})", "np.vdot({0}, {0})", "{0} @ {0}", "np.tensordot({0}, {0}, axes={ndim})",
    "np.einsum('...i,...i->...', {0}, {0})", "np.einsum('...i,...j->...ij', {0}, {0})", "np.einsum('...ij->...ji', {0})",
    "np.einsum('ij,kj->ik', {0}, {0})", "np.einsum('ii->i', {0})", "np.einsum('ij->', {0})", "np.einsum('ij,j->i', {0}, {0}[0])",
    "np.einsum('ij,jk,kl->il', {0}, {0}.T, {0})", "np.kron({0}, np.array([1.0, -0.5]))", "np.convolve({0}, [0.5, 1.0, -1.0])",
    "np.convolve({0}, [0.5, 1.0], mode='same')", "np.matmul({0}, constant((2, {last}, 3), 0.4))", "np.cross({0}, {0} + 1)",
    "np.correlate({0}, [1.0, 0.5])", "np.tensordot({0}, constant(({last}, 2), 0.3), axes=1)", "np.vecdot({0}, {0})",
    "np.polyval(np.array([0.5, -1.0, 0.25]), {0})", "({0} - 0.5) @ ({0} + 0.5)",
    "constant((2, 2, {first2}), 0.7) @ {0}", "np.matmul({0}.T, {0})",
)  # fmt: skip
MATRICES = (
    "np.linalg.solve({m}, {0})", "np.linalg.inv({m})", "np.linalg.det({m})", "np.linalg.slogdet({m})[1]",
    "np.linalg.cholesky({m})", "np.linalg.eigvalsh({m})", "np.linalg.svd({0}, compute_uv=False)", "np.linalg.norm({0})",
    "np.linalg.norm({0}, 2)", "np.linalg.pinv({m})", "np.linalg.matrix_power({m}, 3)", "np.linalg.matrix_rank({m})",
    "np.abs(np.linalg.qr({m})[1])", "np.linalg.eigh({m})[0]", "np.linalg.norm({0}, 'nuc')", "np.linalg.cond({m})",
    "np.linalg.solve({m}, np.ones({first2}))", "np.linalg.slogdet({m})[0]", "np.linalg.multi_dot([{0}, {0}.T, {0}])",
    "np.linalg.norm({0}, axis=(0, 1))",
)  # fmt: skip
COMPLEX_UNARY = (
    "np.exp(1j * np.real({0}))", "np.exp({0})", "np.log({0} + 3)", "np.sqrt({0})", "np.sin({0})", "np.cos({0})",
    "np.tan({0} * 0.3)", "np.sinh({0})", "np.cosh({0})", "np.tanh({0} * 0.5)", "np.arctan({0} * 0.5)", "np.log1p({0} + 2)",
    "np.conj({0})", "np.real({0})", "np.imag({0})", "np.abs({0})", "np.angle({0} + 0.1)", "-{0}", "{0} * 2j", "1 / ({0} + 2.5)",
    "{0} ** 2", "{0} ** 3", "({0} + 2.5) ** -1", "({0} + 3) ** 1.5", "({0} + 3) ** (0.5 + 1j)", "2.0 ** {0}", "np.square({0})",
    "np.reciprocal({0} + 2.5)", "np.sign({0})", "np.isfinite({0})", "np.isnan({0})", "{0} == {0}", "{0} != 1j", "{0}.T",
    "{0}.reshape(-1)", "{0}[::-1]", "{0}[..., ::2]", "{0}[[0, -1]]", "{0}[..., None] * {0}[..., None, :]",
    "{0}.astype(np.complex64)",
    "{0} + np.float32(0.5)", "np.sum({0})", "np.mean({0}, axis=-1)", "np.sum({0}, axis=0)", "np.prod({0} * 0.7, axis=0)",
    "np.cumsum({0}, axis=-1)", "np.cumprod({0} * 0.7)", "np.concatenate([{0}, {0} * 1j])",
    "np.stack([{0}, np.conj({0})], axis=-1)",
    "np.roll({0}, 2)", "np.flip({0}, -1)", "np.pad({0}, 1)", "np.diff({0})", "np.where(np.real({0}) > 0, {0}, 0.5)",
    "np.fft.fft({0})", "np.fft.ifft({0}, axis=0)", "np.fft.fft({0}, 12, norm='ortho')", "np.fft.rfft(np.real({0}))",
    "np.fft.irfft({0})", "np.fft.irfft({0}, 9)", "np.fft.fftshift({0})", "np.fft.fft2({0})", "np.linalg.norm({0})",
    "np.linalg.solve({0} @ np.conj(np.swapaxes({0}, -1, -2)) + 3 * np.eye({0}.shape[-2]), {0})", "np.trace({0})",
    "np.linalg.eigvalsh({0} + np.conj(np.swapaxes({0}, -1, -2)))", "{0} * (2.0 if {0}.flat[0] else 1.0)",
    "{v} = {0} * 1.0\n{v}[0] = 2.5j", "{v} = {0} * 1.0\n{v}[..., -1] += np.sum({0})", "{v} = {0} * 1j\n{v} *= {v}[::-1]",
)  # fmt: skip
COMPLEX_BINARY = (
    "{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / ({1} + 2.5)", "{0} + 1j * {1}", "{0} * np.conj({1})", "{0} == {1}",
    "np.where(np.abs({0}) > 1, {0}, {1})", "np.einsum('...i,...i->...', {0}, np.conj({1}))", "np.vdot({0}, {1})",
    "np.inner({0}, {1})", "{0} @ np.swapaxes({1}, -1, -2)", "np.outer({0}, {1})", "np.tensordot({0}, {1}, axes=1)",
    "np.maximum({0}, {1})", "{0} / {1}", "np.where({0}, {0}, {1})",
)  # fmt: skip
SYMMETRIC = "(0.2 * {0} @ np.swapaxes({0}, -1, -2) + np.diag(1.0 + np.arange({first2})))"
FAMILIES: dict[str, tuple[str, ...]] = {
    "elementwise": ("unary", "binary", "unary", "binary", "reduction"),
    "reduction": ("reduction", "binary", "unary", "shape"),
    "shape": ("shape", "along", "binary", "unary", "slice"),
    "indexing": ("slice", "write", "mask", "binary", "unary"),
    "updates": ("update", "unary", "update", "binary", "update", "mask"),
    "along": ("along", "reduction", "binary", "slice"),
    "places": ("place", "unary", "place", "binary", "place", "slice", "reduction"),
    "products": ("product", "binary", "unary", "shape", "reduction"),
    "matrices": ("matrix", "product", "unary"),
    "integers": ("integer", "binary", "reduction", "slice"),
    "complex": ("complex_number", "complex_number", "unary", "complex_number", "slice"),
    "flow": ("flow", "unary", "binary", "write", "reduction"),
    "types": ("binary", "integer", "binary", "complex_number", "unary", "reduction", "flow"),
    "mixed": ("unary", "binary", "reduction", "along", "shape", "slice", "write", "product", "mask", "flow", "matrix", "integer"),
}  # fmt: skip
"""What each family of programs is made of; the names are methods of Writer."""


@dataclass
class Writer:
    """Writes one program line by line, and knows what every name of it holds on the first arguments."""

    choose: Choose
    values: dict[str, Any]
    inputs: list[str]
    lines: list[tuple[str, str]] = field(default_factory=list)

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.choose(len(options))]

    def operand(self, least: int = 0, kinds: str = "fiub", most: int = 9) -> str:
        """Return a name; the latest ones are likelier, so that programs grow deep."""
        fitting = [
            n for n, v in self.values.items() if least <= np.ndim(v) <= most and np.asarray(v).dtype.kind in kinds
        ]
        if not fitting:
            raise Rejected
        return str(self.pick(fitting[::-1] + fitting[-2:]))

    def partner(self, name: str, kinds: str = "fiub") -> str:
        """Return a name whose value broadcasts with that of another one."""
        shape, fitting = np.shape(self.values[name]), []
        for other, value in self.values.items():
            try:
                if np.prod(np.broadcast_shapes(shape, np.shape(value))) <= MOST_ELEMENTS:
                    fitting.append(other)
            except ValueError:
                continue
        return str(self.pick([n for n in fitting[::-1] if np.asarray(self.values[n]).dtype.kind in kinds] or [name]))

    def add(self, expression: str) -> str:
        return self.run("{v} = " + expression)

    def run(self, statement: str) -> str:
        """Add a statement where it works and its value can be gone on with; return the name of the value."""
        name = f"t{len(self.lines)}"
        text = statement.replace("{v}", name)
        space = {**NAMES, **{k: v.copy() if isinstance(v, np.ndarray) else v for k, v in self.values.items()}}
        try:
            eagerly(exec, compile(text, "<line>", "exec"), space)
        except (ValueError, TypeError, IndexError, ArithmeticError, AttributeError, np.linalg.LinAlgError) as error:
            raise Rejected from error
        value = space[name]
        if (
            not isinstance(value, np.ndarray | np.generic | float | int | complex)
            or np.asarray(value).dtype.kind not in "fiubc"
        ):
            raise Rejected
        if np.size(value) > MOST_ELEMENTS:
            raise Rejected
        if np.ndim(value) == 0 and np.asarray(value).dtype == np.int8:
            raise Rejected  # the square of one truth value: an int8 where it lies in an array without axes, else an int64
        self.lines.append((name, text))
        self.values[name] = value
        with np.errstate(all="ignore"):
            finite = np.isfinite(value)
            large = np.max(np.abs(np.asarray(value)), initial=0, where=finite) > LARGEST
        if not np.all(finite) and self.choose(4):
            return self.add(f"np.nan_to_num({name}, nan=0.5, posinf=1.5, neginf=-1.5)")
        if large and np.asarray(value).dtype.kind == "f":
            return self.add(f"np.arctan({name})")
        if large and np.asarray(value).dtype.kind == "c":
            return self.add(f"{name} / (1 + np.abs({name}))")
        return name

    def inside(self, name: str, domain: str) -> str:
        """Return a name of the operand moved into a domain; now and then the operand as it is."""
        return name if domain == ANY or self.choose(12) == 11 else self.add(domain.format(name))

    # --- one method for each word of FAMILIES ------------------------------------------------------------------------------

    def unary(self) -> None:
        expression, domain = self.pick(UNARY)
        self.add(expression.format(self.inside(self.operand(), domain)))

    def binary(self) -> None:
        expression, domain = self.pick(BINARY)
        first = self.operand()
        second = self.inside(self.partner(first), domain)
        self.add(expression.format(first, second) if self.choose(3) else expression.format(second, second))

    def integer(self) -> None:
        first = self.operand(kinds="iub")
        if self.choose(2):
            self.add(self.pick(INTEGER_UNARY).format(first))
        else:
            self.add(self.pick(INTEGER_BINARY).format(first, self.partner(first, "iub")))

    def complex_number(self) -> None:
        name = self.operand(kinds=self.pick(("c", "c", "fiubc")))
        if np.asarray(self.values[name]).dtype.kind != "c":
            name = self.add(self.pick(("{0} + 0.5j", "np.exp(1j * {0})", "{0} * (1 - 2j)")).format(name))
        if self.choose(3):
            template = self.pick(COMPLEX_UNARY).replace("{0}", name)
            if "irfft" in template and np.shape(self.values[name])[-1:] == (0,):
                raise Rejected  # NumPy reads what it does not hold
            self.run(template if "{v} = " in template else "{v} = " + template)
        else:
            self.add(self.pick(COMPLEX_BINARY).format(name, self.partner(name, "fiubc")))

    def reduction(self) -> None:
        name = self.operand()
        ndim = np.ndim(self.values[name])
        axes: list[Any] = [None, *range(-ndim, ndim)]
        single = self.pick(axes)
        axis = self.pick([*axes, *((i, j) for i in range(ndim) for j in range(-ndim, 0) if i != j + ndim)])
        keep = self.pick(("", "", ", keepdims=True"))
        words = ["" if a is None else f", axis={a}" for a in (axis, single)]
        template = self.pick(REDUCTIONS)
        if "prod" in template and not _is_safe_product(self.values[name]):
            raise Rejected
        keep = "" if "average" in template else keep
        self.add(template.format(name, axis=words[0] + keep, single=words[1] + keep))

    def along(self) -> None:
        name = self.operand(1)
        ndim = np.ndim(self.values[name])
        self.add(self.pick(ALONG).format(name, a=self.pick(range(-ndim, ndim)), k=self.pick((1, -1, 2, 5))))

    def shape(self) -> None:
        self.add(self.pick(SHAPES).format(self.operand(self.pick((0, 1, 2)))))

    def slice(self) -> None:
        name = self.operand(1)
        count = 1 + self.choose(np.ndim(self.values[name]))
        self.add(f"{name}[{', '.join(self.pick(SLICES) for _ in range(count))}]")

    def mask(self) -> None:
        self.add(self.pick(MASKS).format(self.operand(1)))

    def write(self) -> None:
        self.run(self.pick(WRITES).replace("{0}", self.operand(1)))

    def update(self) -> None:
        name = self.operand(1)
        changes = [self.pick(UPDATES).replace("{0}", name) for _ in range(2 + self.choose(4))]
        self.run("\n".join(["{v} = {0} * 1.0".replace("{0}", name), *changes]))

    def place(self) -> None:
        template = self.pick(PLACES).replace("{above}", ABOVE).replace("{below}", BELOW).replace("{0}", self.operand(1))
        self.run(template if "{v} = " in template else "{v} = " + template)

    def flow(self) -> None:
        self.run(self.pick(FLOWS).replace("{0}", self.operand(1)))

    def product(self) -> None:
        name = self.operand(self.pick((1, 2, 2, 3)))
        shape = np.shape(self.values[name])
        template = self.pick(PRODUCTS)
        if "'ii->" in template and shape[0] != shape[-1]:
            raise Rejected  # of an array of shape (0, 1) NumPy reads what it does not hold
        self.add(template.format(name, first=shape[0], first2=shape[-2:][0], last=shape[-1], ndim=len(shape)))

    def matrix(self) -> None:
        name = self.operand(2, kinds="f")
        rows = np.shape(self.values[name])[-2]
        if np.size(self.values[name]) > 200:
            raise Rejected
        self.add(self.pick(MATRICES).format(name, m=SYMMETRIC.format(name, first2=rows), first2=rows))


def _is_safe_product(factors: Any) -> bool:
    """Tell whether no order of the factors makes their product overflow or vanish on the way, with room for other arguments."""
    with np.errstate(all="ignore"):
        sizes = np.abs(np.log2(np.abs(np.asarray(factors, float))))
    return bool(np.sum(sizes, where=np.isfinite(sizes)) < 40)


def build(choose: Choose, family: str = "mixed", longest: int = 14) -> Graph:
    """Return a random program of a family."""

    def pick(options: Sequence[Any]) -> Any:
        return options[choose(len(options))]

    seed = choose(10_000)
    inputs = []
    lengths = [pick(LENGTHS) for _ in range(3)]  # a few, so that shapes often fit each other
    for place in range(1 + choose(4)):
        least = 2 if family == "matrices" and not place else 0
        shape = tuple(pick((*lengths, 1)) for _ in range(max(least, pick((1, 2, 0, 2, 3)))))
        while np.prod(shape, dtype=int) > MOST_ELEMENTS or (least and np.prod(shape) > 200):
            shape = tuple(min(length, 4) for length in shape)
        types = ("int64",) if family == "integers" and not place else ALL_DTYPES if family == "types" else DTYPES
        dtype = pick(types)
        is_number = dtype in NUMBERS
        if is_number and least:
            dtype, is_number = "float64", False
        inputs.append((() if is_number else shape, dtype, pick(LAYOUTS)))
    empty = Graph((), tuple(inputs), (), (), seed)
    values = {f"x{i}": value for i, value in enumerate(empty.arguments(0))}
    writer = Writer(choose, dict(values), list(values))
    wanted = 2 + choose(longest)
    for _ in range(4 * wanted):
        if len(writer.lines) >= wanted:
            break
        try:
            getattr(writer, pick(FAMILIES[family]))()
        except Rejected:
            continue
    made = [name for name in writer.values if name not in values] or list(values)
    results = [made[-1], *(name for name in made[:-1] if not choose(3))][:4]
    if not choose(6):
        results.append("x0")
    real = [name for name in made if np.asarray(writer.values[name]).dtype.kind == "f"]
    return Graph(tuple(writer.lines), tuple(inputs), tuple(results), tuple(real), seed)


def seeded(seed: int) -> Graph:
    """Return the program of a seed."""
    rng = np.random.default_rng(seed)
    return build(lambda n: int(rng.integers(n)), list(FAMILIES)[seed % len(FAMILIES)])
