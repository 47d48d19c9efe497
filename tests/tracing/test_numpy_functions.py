"""NumPy's functions on traced arrays: values are NumPy's, derivatives agree with the limit definition."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import NoRuleError, ShapeError, TracingError

Shape = tuple[int, ...]
Function = Callable[..., Any]
POINTS = np.array([0.1, 0.9, 1.4, 2.2])
MASK = np.array([[True, False, True], [False, True, True]])

# (text of the function, shape of its argument). The text is the test's name.
CASES: tuple[tuple[str, Shape], ...] = (
    ("np.sum(x)", (2, 3)), ("np.sum(x, axis=-1)", (2, 3, 2)), ("np.sum(x, axis=(0, -1), keepdims=True)", (2, 3, 2)),
    ("np.sum(x)", ()), ("np.sum(x, axis=())", (2, 3)), ("np.sum(x, axis=0)", (0, 3)), ("np.sum(x)", (0,)),
    ("np.sum(x, where=MASK)", (2, 3)), ("np.sum(x, initial=2.0)", (3,)), ("np.sum(x, dtype=complex)", (3,)),
    ("np.sum([x, 2 * x], axis=0)", (3,)), ("x.sum(0)", (2, 3)), ("np.add.reduce(x)", (2, 3)), ("np.prod(x)", (5,)),
    ("np.prod(x, axis=1)", (2, 3)), ("np.prod(x, axis=(0, 2), keepdims=True)", (2, 3, 2)), ("np.prod(x)", (0,)),
    ("np.prod(x)", (1,)), ("np.prod(x, where=MASK)", (2, 3)), ("np.multiply.reduce(x)", (4,)),
    ("np.prod(x * np.array([1.0, 0.0, 2.0]))", (3,)), ("np.prod(x * np.array([0.0, 0.0, 2.0]))", (3,)),
    ("np.mean(x)", (2, 3)), ("np.mean(x, axis=0, keepdims=True)", (2, 3)), ("np.mean(x, where=MASK)", (2, 3)),
    ("np.mean(x, axis=-1, where=MASK)", (2, 3)), ("np.mean([x[0], x[1]])", (2,)), ("x.mean()", (3,)),
    ("np.mean(x)", ()), ("np.var(x)", (5,)), ("np.var(x, axis=1, ddof=1)", (2, 3)),
    ("np.var(x, axis=0, keepdims=True)", (2, 3)), ("np.var(x * (1 + 2j))", (4,)),
    ("np.var(x, where=MASK, axis=1)", (2, 3)), ("np.var(x, correction=1)", (4,)), ("np.std(x)", (5,)),
    ("np.std(x, axis=-1, ddof=1, keepdims=True)", (2, 3)), ("np.std(x * 1j + x**2)", (4,)),
    ("np.std(x, where=MASK)", (2, 3)), ("np.average(x, weights=[1, 2, 3])", (3,)),
    ("np.average(x, axis=1, weights=[1, 2, 3])", (2, 3)), ("np.average([1.0, 2.0, 4.0], weights=x**2)", (3,)),
    ("np.average(x, axis=0, returned=True)[1]", (2, 3)), ("np.max(x)", (2, 3)), ("np.amax(x, axis=0)", (2, 3)),
    ("np.min(x, axis=-1, keepdims=True)", (2, 3)), ("np.max(x, initial=0.3)", (4,)),
    ("np.max(x, where=MASK, initial=-9.0)", (2, 3)), ("np.max(x, initial=1.0)", (0,)),
    ("np.maximum.reduce(x)", (3, 2)), ("x.min(1)", (2, 3)), ("np.ptp(x, axis=1)", (2, 3)), ("np.max(x)", ()),
    ("np.cumsum(x)", (2, 3)), ("np.cumsum(x, axis=0)", (2, 3)), ("np.cumprod(x)", (5,)),
    ("np.cumprod(x, axis=-2)", (4, 2)), ("np.cumprod(x * np.array([1.0, 0.0, 2.0]))", (3,)),
    ("np.add.accumulate(x)", (3, 2)), ("np.multiply.accumulate(x)", (3,)), ("np.cumsum(x)", (0,)),
    ("np.maximum.accumulate(x)", (5,)), ("np.minimum.accumulate(x, axis=1)", (2, 4)),
    ("np.logaddexp.reduce(x, initial=0.5, where=MASK)", (2, 3)), ("np.add.reduce(x)", ()), ("np.maximum.reduce(x)", ()),
    ("np.logaddexp.reduce(x)", ()), ("np.max(x, axis=-1, keepdims=True)", ()), ("np.pad(x, 1)", ()),
    ("np.cumprod(x)", (1,)), ("np.cumulative_sum(x, axis=0, include_initial=True)", (2, 3)),
    ("np.logaddexp.reduce(x)", (4,)), ("np.logaddexp.reduce(x, axis=1)", (2, 3)), ("np.sort(x)", (2, 4)),
    ("np.sort(x, axis=0)", (3, 2)), ("np.sort(x, axis=None)", (2, 3)), ("np.partition(x, 2)", (5,)),
    ("np.partition(x, (0, -1), axis=0)", (4, 2)), ("x[np.argsort(x)]", (4,)),
    ("np.take_along_axis(x, np.argsort(x, 0), 0)", (3, 2)), ("x[np.argmax(x)]", (4,)),
    ("np.max(x) * np.argmin(x)", (4,)), ("x * (x > 0.2)", (4,)), ("np.sum(x) * np.count_nonzero(x > 0)", (4,)),
    ("np.median(x)", (5,)), ("np.median(x, axis=0)", (4, 3)), ("np.median(x, axis=(0, 1), keepdims=True)", (4, 3)),
    ("np.quantile(x, 0.3)", (6,)), ("np.quantile(x, [0.1, 0.8], axis=1)", (2, 5)),
    ("np.percentile(x, 30, axis=0)", (4, 2)), ("np.quantile(x, 0.37, method='hazen')", (6,)),
    ("np.quantile(x, [0.2, 0.9], method='nearest', keepdims=True)", (6,)),
    ("np.quantile(x, 0.4, method='inverted_cdf')", (6,)), ("np.quantile(x, 0.6, method='median_unbiased')", (2, 4)),
    ("np.nansum(np.where(MASK, x, np.nan))", (2, 3)), ("np.nanmean(np.where(MASK, x, np.nan), axis=1)", (2, 3)),
    ("np.nanmax(np.where(MASK, x, np.nan), axis=0)", (2, 3)), ("np.nanmin(np.where(MASK, x, np.nan))", (2, 3)),
    ("np.nanstd(np.where(MASK, x, np.nan))", (2, 3)), ("np.nanprod(np.where(MASK, x, np.nan))", (2, 3)),
    ("np.nancumsum(np.where(MASK, x, np.nan), axis=1)", (2, 3)),
    ("np.nanmedian(np.where(MASK, x, np.nan), axis=1)", (2, 3)),
    ("np.nanvar(np.where(MASK, x, np.nan), axis=1, ddof=1)", (2, 3)), ("np.cov(x)", (3, 4)),
    ("np.cov(x[0], x[1])", (2, 4)), ("np.cov(x, rowvar=False, bias=True)", (3, 4)), ("np.corrcoef(x)", (3, 4)),
    ("np.amin(x, axis=1)", (2, 3)), ("np.cumulative_prod(x, include_initial=True)", (3,)),
    ("np.nancumprod(np.where(MASK, x, np.nan), axis=1)", (2, 3)), ("x[np.diag_indices_from(x)]", (3, 3)),
    ("x[np.tril_indices_from(x)]", (3, 3)), ("x[np.triu_indices_from(x, 1)]", (3, 3)),
    ("np.polynomial.polynomial.polygrid2d(x[0], x[1], np.ones((2, 3)))", (2, 3)), ("x @ np.identity(3, like=x)", (2, 3)),
    ("x * np.tri(2, 3, like=x)", (2, 3)),
    ("np.reshape(x, (3, -1))", (2, 3)), ("np.reshape(x, 6, order='F')", (2, 3)),
    ("np.reshape(x, (3, 2), order='F')", (2, 3)), ("x.reshape(3, 2)", (2, 3)), ("np.ravel(x)", (2, 3)),
    ("np.ravel(x, 'F')", (2, 3)), ("x.flatten()", (2, 3)), ("x.T", (2, 3)), ("np.reshape(x, (3, 0))", (0, 3)),
    ("np.reshape(x, ())", (1,)), ("np.transpose(x, (1, 2, 0))", (2, 3, 2)), ("np.transpose(x)", (2, 3, 2)),
    ("np.swapaxes(x, 0, -1)", (2, 3, 2)), ("np.moveaxis(x, 0, -1)", (2, 3, 2)),
    ("np.moveaxis(x, (0, 1), (-1, 0))", (2, 3, 2)), ("np.rollaxis(x, 2)", (2, 3, 2)),
    ("np.rollaxis(x, 0, 3)", (2, 3, 2)), ("np.broadcast_to(x, (4, 2, 3))", (2, 1)), ("np.broadcast_to(x, (4,))", ()),
    ("np.broadcast_arrays(x, np.ones((2, 3)))[0]", (3,)), ("np.expand_dims(x, (0, -1))", (2, 3)),
    ("np.squeeze(x)", (1, 3, 1)), ("np.squeeze(x, axis=-1)", (1, 3, 1)), ("np.atleast_1d(x)", ()),
    ("np.atleast_2d(x)", (3,)), ("np.atleast_3d(x)", (3,)), ("np.atleast_3d(x)", (2, 3)), ("np.flip(x)", (2, 3)),
    ("np.flip(x, -1)", (2, 3)), ("np.fliplr(x)", (2, 3)), ("np.flipud(x)", (2, 3)), ("np.rot90(x)", (2, 3)),
    ("np.rot90(x, 3)", (2, 3)), ("np.rot90(x, 2, axes=(1, 0))", (2, 3)), ("np.roll(x, 2)", (2, 3)),
    ("np.roll(x, -1, axis=1)", (2, 3)), ("np.roll(x, (1, 2), axis=(0, 1))", (2, 3)), ("np.repeat(x, 3)", (2, 3)),
    ("np.repeat(x, 2, axis=-1)", (2, 3)), ("np.repeat(x, [1, 0, 2], axis=1)", (2, 3)), ("np.tile(x, 2)", (2, 3)),
    ("np.tile(x, (2, 1, 3))", (2, 3)), ("np.tile(x, (2, 2))", (3,)), ("np.resize(x, (3, 3))", (2, 2)),
    ("np.pad(x, 1)", (2, 3)), ("np.pad(x, ((1, 0), (0, 2)), constant_values=3.0)", (2, 3)),
    ("np.pad(x, 2, mode='edge')", (3, 3)), ("np.pad(x, (2, 1), mode='reflect')", (4,)),
    ("np.pad(x, 2, mode='wrap')", (3,)), ("np.pad(x, 2, mode='symmetric')", (3,)), ("np.diag(x)", (3,)),
    ("np.diag(x, -1)", (3,)), ("np.diag(x, 1)", (3, 4)), ("np.diag(x, 2)", (2,)), ("np.diagflat(x, 1)", (2, 2)),
    ("np.diagonal(x, 1, 0, 2)", (2, 3, 4)), ("np.diagonal(x, -1)", (4, 3)), ("np.trace(x)", (3, 3)),
    ("np.trace(x, 1)", (3, 4)), ("np.trace(x, axis1=0, axis2=2)", (2, 3, 2)), ("np.tril(x)", (3, 3)), ("np.tril(x)", (3,)),
    ("np.tril(x, 1)", (2, 3, 4)), ("np.triu(x, -1)", (4, 3)), ("np.triu(x, 1)", (3,)),
    ("np.concatenate([x, 2 * x], axis=1)", (2, 3)),
    ("np.concatenate((x, np.ones((1, 3))))", (2, 3)), ("np.concatenate([x, x], axis=None)", (2, 2)),
    ("np.concat([x, x])", (0,)), ("np.append(x, x[0] ** 2)", (3,)), ("np.append(x, x, axis=0)", (2, 2)),
    ("np.stack([x, x**2])", (3,)), ("np.stack([x, x**2], axis=-1)", (2, 3)), ("np.stack([x[0], 1.0, x[1]])", (2,)),
    ("np.hstack([x, x])", (2, 3)), ("np.hstack([x, 3.0])", (3,)), ("np.vstack([x, 2 * x])", (3,)),
    ("np.dstack([x, x])", (2, 3)), ("np.column_stack([x, x**2, np.ones((3, 2))])", (3,)),
    ("np.block([[x, np.ones((2, 1))], [np.zeros((1, 2)), 5.0]])", (2, 2)),
    ("np.array([x[0], [x[1, 0], 2.0]])", (2, 2)), ("np.array([x[0], x[1] * 2])", (2,)),
    ("np.asarray([[x[0], 1.0], [2.0, x[1]]])", (2,)), ("np.split(x, 3)[1]", (6,)),
    ("np.split(x, [1, 4], axis=1)[1]", (2, 5)), ("np.array_split(x, 3)[0]", (7,)), ("np.hsplit(x, 2)[1]", (2, 4)),
    ("np.vsplit(x, 2)[0]", (4, 2)), ("np.dsplit(x, 2)[0]", (1, 2, 4)), ("np.unstack(x, axis=1)[2]", (2, 3)),
    ("x[1]", (3,)), ("x[-1, 1:]", (2, 3)), ("x[..., None, ::-1]", (2, 3)), ("x[()]", ()), ("x[None]", ()),
    ("x[1:1]", (3,)), ("x[[0, 2, 0]]", (3,)), ("x[:, [1, 1]]", (2, 3)), ("x[[0, 1], :, [1, 0]]", (2, 3, 2)),
    ("x[0, :, [1, 0, 1]]", (2, 3, 2)), ("x[MASK]", (2, 3)), ("x[MASK[:, 0]]", (2, 3)),
    ("x[..., np.array([[0, 1], [1, 1]])]", (3, 2)), ("x[[]]", (3,)),
    ("x[:, np.array([True, False, True]), 0]", (2, 3, 2)), ("x[np.ix_([0, 1], [2, 0])]", (2, 3)),
    ("x[np.int64(1)]", (3,)), ("x[x > 0.5]", (4,)), ("x[True]", (3,)), ("[row for row in x][1]", (2, 3)),
    ("np.take(x, [2, 0])", (2, 3)), ("np.take(x, [[1, 0]], axis=-1)", (2, 3)), ("np.take(x, 7, mode='wrap')", (3,)),
    ("x.take([1, 1], 1)", (2, 3)), ("np.compress([True, False, True], x, axis=1)", (2, 3)),
    ("np.extract(MASK, x)", (2, 3)), ("np.delete(x, 1, axis=1)", (2, 3)), ("np.delete(x, [0, 2])", (4,)),
    ("np.insert(x, 1, 5.0)", (3,)), ("np.insert(x, [0, 2], x[:2])", (3,)),
    ("np.insert(x, 1, x[:, 0], axis=1)", (2, 3)), ("np.insert([1.0, 2.0], 1, x[0])", (1,)),
    ("x[np.nonzero(x > 0.3)]", (4,)), ("np.where(x > 0.4, x, x**2)", (4,)), ("np.where(MASK, x, 0)", (3,)),
    ("np.where(x > 0.4)[0] * np.sum(x)", (4,)), ("np.select([x > 1, x > 0.4], [x, x**2], 3.0)", (4,)),
    ("np.piecewise(x, [x < 0.5, x >= 0.5], [lambda t: t**2, 7.0])", (4,)), ("np.choose([0, 1, 0], [x, x**2])", (3,)),
    ("np.clip(x, 0.3, 0.9)", (5,)), ("np.clip(x, None, 0.9)", (5,)), ("np.clip(x, min=0.6)", (5,)),
    ("x.clip(0.3, 0.9)", (5,)), ("np.clip(0.5, 0.1, x)", (5,)), ("np.nan_to_num(x / 2)", (3,)), ("np.sinc(x)", (4,)),
    ("np.sinc(x * 0.01)", (3,)), ("np.real(x * (1 + 2j))", (3,)), ("np.imag((x + 1j) ** 2)", (3,)),
    ("np.angle(x + 1j)", (3,)), ("np.angle(x + 1j, deg=True)", (3,)), ("np.abs(x + 1j)", (3,)),
    ("np.real(np.conj(x + 1j) * (x + 2j))", (3,)), ("np.real_if_close(x + 0j)", (3,)), ("np.real(x)", (3,)),
    ("x * np.round(3 * x)", (3,)), ("x + np.around(x, 1)", (3,)), ("np.fix(5 * x) * x", (3,)),
    ("np.unwrap(9 * x)", (5,)), ("x + np.imag(x)", (3,)), ("np.diff(x)", (5,)), ("np.diff(x, 2, axis=0)", (4, 2)),
    ("np.diff(x, prepend=0.0, append=x[:1])", (3,)), ("np.ediff1d(x, to_end=x[0])", (3,)),
    ("np.diff(x, 0, prepend=1.0)", (3,)), ("np.gradient(x)", (5,)),
    ("np.gradient(x, 0.5, axis=1)", (2, 4)), ("np.gradient(x, POINTS)", (4,)),
    ("np.gradient(x, 2.0, edge_order=2)", (5,)), ("np.gradient(x, POINTS, edge_order=2)", (4,)),
    ("np.gradient(POINTS, np.cumsum(x))", (4,)), ("np.gradient(x, 1.0, 2.0)[1]", (3, 3)), ("np.trapezoid(x)", (5,)),
    ("np.trapezoid(x, POINTS, axis=0)", (4, 2)), ("np.trapezoid(POINTS, np.cumsum(x))", (4,)),
    ("np.trapezoid(x, dx=0.1)", (2, 3)), ("np.interp(x, [0.0, 0.5, 1.2, 2.0], POINTS)", (5,)),
    ("np.interp([0.2, 1.0, 5.0], [0.0, 0.5, 1.2, 2.0], x)", (4,)),
    ("np.interp([0.2, 1.0], np.cumsum(x), POINTS, left=0.0)", (4,)),
    ("np.interp(x, [0.4, 0.8], [1.0, 2.0], left=7.0, right=8.0)", (5,)),
    ("np.interp(9 * x, [3.0, 1.0, 7.0], POINTS[:3], left=0.0, period=5.0)", (5,)),
    ("np.interp([-3.0, 0.2, 9.0], [3.0, 1.0, 7.0, 4.5], x, period=-5)", (4,)), ("np.convolve(x, [1.0, 2.0, 0.5])", (5,)),
    ("np.convolve(POINTS, x, 'same')", (3,)), ("np.convolve(x, x**2, 'valid')", (4,)),
    ("np.correlate(x, [1.0, 2.0])", (5,)), ("np.correlate(x, POINTS, 'full')", (3,)),
    ("np.correlate(x, POINTS, 'same')", (2,)), ("np.correlate(x, POINTS, 'same')", (6,)),
    ("np.correlate(x, POINTS, 'same')", (3,)), ("np.bincount([0, 2, 0], weights=x)", (3,)),
    ("np.bincount([True, False, True], weights=x, minlength=4)", (3,)),
    ("np.histogram(POINTS, 3, weights=x)[0]", (4,)), ("np.histogram([[1, 2], [2, 9]], [1, 2, 4], weights=x)[0]", (2, 2)),
    ("np.histogram(POINTS, 5, (0.5, 2.2), weights=x, density=True)[0]", (4,)),
    ("np.histogram([0.2, np.nan, 1.0], [0.0, 0.2, 1.0], weights=x + 1j * x**2)[0]", (3,)),
    ("np.histogram2d(POINTS, POINTS[::-1], 3, weights=x)[0]", (4,)),
    ("np.histogram2d(POINTS, POINTS**2, [0.0, 0.9, 1.0, 4.0, 5.0], weights=x)[0]", (4,)),
    ("np.histogram2d(POINTS, POINTS**2, [2, [0.0, 1.0, 2.5]], weights=x, density=True)[0]", (4,)),
    ("np.histogramdd(np.stack([POINTS, -POINTS, POINTS**2], 1), (2, 1, 3), weights=x)[0]", (4,)),
    ("np.histogramdd([[0.2, np.nan, 1.0]], [[0.0, 0.2, 1.0]], weights=x)[0]", (3,)),
    ("np.polyval(x, 2.0)", (4,)), ("np.polyval([1.0, 2.0, 3.0], x)", (4,)), ("np.polyval(x, x[:2])", (3,)),
    ("np.vander(x)", (3,)), ("np.vander(x, 2, increasing=True)", (3,)), ("np.polyadd(x, [1.0, 2.0])", (3,)),
    ("np.polysub([1.0], x)", (3,)), ("np.polymul(x, x)", (3,)), ("np.polyder(x)", (4,)), ("np.polyint(x)", (3,)),
    ("np.polyfit(POINTS, x, 2)", (4,)), ("np.roots(np.array([1.0, -6.0, 9.0, -2.0], like=x) + x)", (4,)),
    ("np.roots([0.0, x[0], 1.0, 0.0, 0.0])", (2,)), ("np.abs(np.roots(x))", (3,)), ("np.poly(x)", (3,)),
    ("np.real(np.poly(x * (1 + 1j)))", (2,)), ("np.poly(x)", (2, 2)), ("np.i0(x)", (3,)),
    ("np.unique(x)", (4,)), ("np.unique(np.round(x, 1) + 0 * x)", (2, 3)), ("np.unique(x, return_index=True)[1] * x", (4,)),
    ("np.unique(x, return_inverse=True)[1] * x", (2, 3)), ("np.unique(x, True, False, True)[2] * x", (4,)),
    ("np.where(np.isin(x, x[:2]), x, 0)", (4,)), ("np.isin(x, [5.0], invert=True) * x", (2, 2)),
    ("np.apply_along_axis(lambda v: v[::2] ** 2, 0, x)", (4, 2)),
    ("np.apply_over_axes(np.sum, x, [0, 2])", (2, 3, 2)), ("np.meshgrid(x, POINTS)[0]", (3,)),
    ("np.meshgrid(POINTS, x, indexing='ij')[1]", (3,)), ("np.linspace(x[0], x[1], 4)", (2,)),
    ("np.linspace(0.0, x, 3, endpoint=False)", (2,)), ("np.logspace(0.0, x[0], 3)", (1,)),
    ("np.geomspace(1.0, x[0], 3)", (1,)), ("np.add.outer(x, x**2)", (3,)), ("np.multiply.outer(x, POINTS)", (2, 2)),
    ("np.subtract.outer(POINTS, x)", (3,)), ("np.divmod(x, 0.4)[1]", (3,)), ("np.modf(3 * x)[0]", (3,)),
    ("np.fft.fft(x)", (5,)), ("np.fft.fft(x + 1j * x**2, n=3, axis=0, norm='ortho')", (4, 2)), ("np.fft.fft(x, 7)", (4,)),
    ("np.fft.ifft(x)", (2, 4)), ("np.fft.ifft(x, 3, 0, 'forward')", (2, 4)), ("np.fft.rfft(x)", (5,)),
    ("np.fft.rfft(x, axis=0)", (4, 2)), ("np.fft.rfft(x, 3, norm='forward')", (4,)), ("np.fft.irfft(x + 2j * x)", (4,)),
    ("np.fft.irfft(x, 5)", (4,)), ("np.fft.irfft(1j * x, 9, norm='ortho')", (2, 4)), ("np.fft.irfft(x, 6, axis=0)", (4, 2)),
    ("np.fft.irfft(np.fft.rfft(x) ** 2, 5)", (5,)), ("np.fft.hfft(x + 1j)", (3,)), ("np.fft.ihfft(x, norm='ortho')", (4,)),
    ("np.fft.fft2(x)", (2, 3)), ("np.fft.ifft2(x, s=(4, 2))", (3, 3)), ("np.fft.rfft2(x, norm='ortho')", (3, 4)),
    ("np.fft.irfft2(x * (1 + 1j))", (2, 3)), ("np.fft.fftn(x, axes=(0, 2))", (2, 2, 3)), ("np.fft.ifftn(x)", (2, 2, 2)),
    ("np.fft.rfftn(x, s=(2, -1), axes=(0, 1))", (3, 3)), ("np.fft.irfftn(x, s=(3, 4), axes=(0, 1))", (3, 3)),
    ("np.fft.fftshift(x)", (5,)), ("np.fft.ifftshift(x, axes=1)", (2, 3)), ("np.fft.fftshift(x, axes=(0,))", (3, 2)),
    ("np.lib.stride_tricks.sliding_window_view(x, 3)", (5,)), ("np.lib.stride_tricks.sliding_window_view(x, (2, 2))", (3, 4)),
    ("np.lib.stride_tricks.sliding_window_view(x, 2, axis=0)", (3, 2)), ("np.fmod(np.array([x[0], x[1]]), 0.4)", (2,)),
    ("np.arctan2(np.array(x), np.array([x[1], x[0]]))", (2,)),
    ("np.logaddexp.accumulate(x)", (5,)), ("np.logaddexp2.accumulate(x, axis=1)", (2, 4)),
    ("np.logaddexp.accumulate(x)", (0,)), ("np.logaddexp.accumulate(x[::-1], dtype=float)", (3, 2)),
    ("x[np.lexsort((x, np.round(x)))]", (5,)), ("np.take_along_axis(x, np.lexsort((x, x > 0.5)), -1)", (3, 4)),
    ("x[np.unravel_index(np.argmax(x), (2, 3))]", (2, 3)), ("x[np.unravel_index([5, 1], (2, 3), 'F')]", (2, 3)),
    ("np.ravel(x)[np.ravel_multi_index(([1, 0], [2, 1]), x.shape)]", (2, 3)),
    ("POINTS.clip(x, 2.0)", (4,)), ("POINTS.clip(None, x)", (4,)),
    ("np.sum(np.frompyfunc(lambda a, b: a * b, 2, 1)(x, x[::-1]))", (3,)),
    ("np.prod(np.frompyfunc(lambda a: (a**2, 3.0), 1, 2)(x)[0])", (3,)),
    ("np.frompyfunc(lambda a, b: a * b + a, 2, 1).reduce(x)", (4,)),
    ("np.sum(np.frompyfunc(lambda a, b: a * b + b, 2, 1).reduce(x, axis=1))", (2, 3)),
    ("np.sum(np.frompyfunc(lambda a, b: 0.5 * a + b, 2, 1).accumulate(x, dtype=object) ** 2)", (4,)),
    ("np.sum(np.frompyfunc(lambda a, b: a * b + a, 2, 1).outer(x, x[:2]))", (3,)),
    ("np.sum(np.frompyfunc(lambda a, b: a * b + a, 2, 1).reduceat(x, [0, 2]))", (4,)),
    ("math.floor(x[0]) * x[1] + math.ceil(x[1]) * x[0] + math.trunc(7 * x[0]) * x[2]", (3,)),
    ("np.floor(np.array([x[0], x[1]])) @ x[:2] + np.ceil(np.array([x[0], 2.0])) @ x[1:]", (3,)),
    ("np.vectorize(lambda a: a**2 + 1)(x)", (4,)),
    ("np.add.reduceat(x, [0, 2, 3])", (5,)), ("np.add.reduceat(x, [1, 2], axis=1)", (2, 4)),
    ("np.add.reduceat(x, [0, 3, 1, 1])", (4, 2)), ("np.multiply.reduceat(x, [0, 2])", (5,)),
    ("np.maximum.reduceat(x, [0, 2, 1])", (5,)), ("np.logaddexp.reduceat(x, [0, 2])", (4, 2)),
    ("np.hypot.reduce(x)", (5,)), ("np.hypot.reduce(x, axis=(0, 2), keepdims=True)", (2, 3, 2)),
    ("np.hypot.reduce(x, axis=None, initial=0.5, where=MASK)", (2, 3)), ("np.hypot.reduce(-x)", (1,)),
    ("np.subtract.reduce(x, axis=1, initial=2.0)", (2, 3)), ("np.divide.reduce(x)", (4,)), ("np.power.reduce(x)", (3, 2)),
    ("np.fmax.reduce(np.where(MASK, x, np.nan), axis=-1)", (2, 3)), ("np.fmin.reduce(x, axis=None)", (2, 3)),
    ("np.logaddexp2.reduce(x)", (4,)), ("np.hypot.reduce(x)", (0, 2)), ("np.float_power.reduce(x)", (3,)),
    ("np.hypot.accumulate(x)", (5,)), ("np.subtract.accumulate(x, axis=1)", (2, 4)), ("np.divide.accumulate(x)", (0, 2)),
    ("np.hypot.reduceat(x, [0, 2])", (5,)), ("np.frexp(9 * x)[0]", (4,)), ("x * np.frexp(9 * x)[1]", (4,)),
    ("np.nanquantile(np.where(MASK, x, np.nan), 0.3)", (2, 3)),
    ("np.nanquantile(np.where(MASK, x, np.nan), [0.1, 0.8], axis=1, keepdims=True)", (2, 3)),
    ("np.nanpercentile(np.where(MASK, x, np.nan), 40, axis=0, method='hazen')", (2, 3)),
    ("np.quantile(x, 0.5 + 0.2 * np.tanh(x[:2]))", (6,)), ("np.percentile(x, 50 + 20 * np.tanh(x[:, 0]), axis=1)", (2, 5)),
    ("np.quantile(x, 0.5 + 0.2 * np.tanh(x[0, 0]), method='hazen', keepdims=True)", (2, 3)),
    ("np.nanquantile(np.where(MASK, x, np.nan), 0.5 + 0.2 * np.tanh(x[0, 0]))", (2, 3)),
    ("np.nanquantile(x, 0.4, method='nearest')", (6,)), ("np.cov(x, fweights=[1, 3, 1, 2])", (3, 4)),
    ("np.cov(x, aweights=POINTS)", (3, 4)), ("np.cov(POINTS, aweights=x, fweights=[1, 3, 1, 2], ddof=0)", (4,)),
    ("np.cov(x[:2], x[2:], aweights=x[0])", (4, 5)), ("np.pad(x, (2, 1), mode='mean')", (2, 3)),
    ("np.pad(x, 2, mode='mean', stat_length=2)", (2, 3)), ("np.pad(x, ((1, 0), (2, 1)), mode='maximum')", (2, 3)),
    ("np.pad(x, 2, mode='minimum', stat_length=((1, 2), (9, 1)))", (3, 2)), ("np.pad(x, 1, mode='median')", (3, 2)),
    ("np.pad(x, (3, 2), mode='linear_ramp', end_values=(1.0, 2.0))", (2, 3)),
    ("np.pad(x, (2, 7), mode='reflect', reflect_type='odd')", (3,)),
    ("np.pad(x, 4, mode='symmetric', reflect_type='odd')", (3, 2)), ("np.polydiv(x, x[:2] + 1)[0]", (4,)),
    ("np.polydiv(x, POINTS[:3])[1]", (5,)), ("np.polydiv(x, POINTS)[0]", (2,)), ("np.polydiv(POINTS, x)[1]", (1,)),
    ("np.union1d(x, x[:2] ** 2)", (3,)), ("np.intersect1d(x, x[1:].copy())", (4,)), ("np.setdiff1d(x, x[:2])", (4,)),
    ("np.setxor1d(x, np.append(x[1:], 3.0))", (3,)),
    ("np.copy(x)", (3,)), ("np.r_[x, 1.0]", (3,)), ("np.c_[x, x]", (3,)), ("np.ones_like(x) * x", (3,)),
    ("np.full_like(x, x[0])", (3,)), ("x.astype(complex) * 1j", (3,)), ("x * x.astype(int)", (3,)),
)  # fmt: skip


# Functions of x that NumPy would run with an assignment.
def _filled(x: Any) -> Any:
    y = np.zeros_like(x)
    y[0] = x[1] ** 2
    y[1:] = x[:-1]
    return y * x


def _like(x: Any) -> Any:
    y = np.zeros(4, like=x)
    for i in range(3):
        y[i] = x[i] * 2
    y[[3, 3]] = x[:2]
    return y


def _diagonal(x: Any) -> Any:
    y = np.copy(x)
    np.fill_diagonal(y, x[0])
    return y


def _masked(x: Any) -> Any:
    y = x * 1
    y[y > 0.7] = 0.0
    np.putmask(y, y < 0.3, x**2)
    return y


def _added(x: Any) -> Any:
    y = np.zeros(3, like=x)
    np.add.at(y, [0, 2, 0], x)
    np.put(y, [1], x[0] ** 2)
    np.copyto(y, x, where=np.array([False, False, True]))
    return y


def _at(x: Any) -> Any:
    y, table = np.copy(x), np.outer(x, x) + 2.0
    np.multiply.at(y, [0, 2, 0], x[1:] + 1)
    np.maximum.at(y, [1, 1, 3, 3], np.array([0.2, 3.0, x[0] * 4, 0.1], like=x))
    np.negative.at(y, [0, 1, 1])
    np.minimum.at(table, ([0, 1, 0], [3, 2, 3]), x[:3])
    np.divide.at(table, [2, 2], x + 1)
    np.logaddexp.at(y[2:], [0, 0, 1, 0], x)
    return table * y


def _where(x: Any) -> Any:
    y = np.divide(1.0, x, out=np.zeros_like(x), where=x > 0.5)
    z = np.log(x - 0.5, out=np.full_like(x, 2.0), where=x > 0.5)
    w = x.copy()
    np.arccosh(2 * x, out=w, where=x > 0.7)
    np.power(np.arange(4), 2, out=w, where=np.arange(4) == 1)
    return y * z + w


def _along(x: Any) -> Any:
    y = np.zeros_like(x)
    np.put_along_axis(y, np.array([[2], [0]]), x[:, :1], axis=1)
    return y


ASSIGNMENTS: tuple[tuple[Function, Shape], ...] = (
    (_filled, (3,)), (_like, (3,)), (_diagonal, (3, 3)), (_masked, (5,)), (_added, (3,)), (_along, (2, 3)), (_at, (4,)),
    (_where, (4,)),
)  # fmt: skip

# What depends on the data in ways that a batch cannot share.
DECIDING = (
    "np.nonzero",
    "np.unique(x)",
    "np.unique(np.round",
    "np.unique(x, return_index",
    "np.unique(x, True",
    "np.polydiv",
    "np.union1d",
    "np.intersect1d",
    "np.setdiff1d",
    "np.setxor1d",
    "np.roots",
    "np.poly(x * (1 + 1j)",
    "np.where(x > 0.4)",
    "x[x > 0.5]",
    "np.real_if_close",
)


def _function(text: str) -> Function:
    scope = {"np": np, "math": math, "MASK": MASK, "POINTS": POINTS}
    function: Function = eval(f"lambda x: {text}", scope)  # the texts above
    return function


ALL = [pytest.param(_function(text), shape, text, id=f"{text}-{shape}") for text, shape in CASES] + [
    pytest.param(function, shape, function.__name__, id=function.__name__) for function, shape in ASSIGNMENTS
]


def _point(shape: Shape, seed: int = 0) -> Any:
    """Return numbers between 0.1 and 1.4 that lie apart from each other, so that no step between them is crossed."""
    size = int(np.prod(shape))
    rng = np.random.default_rng(seed)
    return (rng.permutation(size) * 1.3 / max(size, 1) + 0.13 + 0.01 * rng.random(size)).reshape(shape)


def _close(actual: Any, expected: Any, rtol: float = 1e-6, atol: float = 1e-7) -> None:
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)
    assert np.shape(actual) == np.shape(expected)


@pytest.mark.parametrize(("function", "shape", "text"), ALL)
def test_values_are_those_of_numpy(function: Function, shape: Shape, text: str) -> None:
    x = _point(shape)
    before = x.copy()
    expected = np.asarray(function(x.copy()))
    value, _ = cr.vjp(function, x)
    _close(value, expected, 1e-13, 1e-14)
    assert np.asarray(value).dtype == expected.dtype
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(("function", "shape", "text"), ALL)
def test_derivatives_agree_with_the_limit_definition(function: Function, shape: Shape, text: str) -> None:
    x = _point(shape)
    rng = np.random.default_rng(1)
    t = np.asarray(rng.standard_normal(shape))
    h = 1e-6
    limit = (np.asarray(function(x + h * t)) - np.asarray(function(x - h * t))) / (2 * h)
    value, tangent = cr.jvp(function, (x,), (t,))
    _close(tangent, limit, 1e-5, 1e-6)
    u = rng.standard_normal(np.shape(value))
    if np.iscomplexobj(value):
        u = u + 1j * rng.standard_normal(np.shape(value))
    _, pullback = cr.vjp(function, x)
    (ct,) = pullback(u)
    assert np.shape(ct) == shape
    assert not np.iscomplexobj(ct)
    _close(np.sum(ct * t), np.real(np.sum(np.conj(u) * tangent)), 1e-9, 1e-10)


@pytest.mark.parametrize(("function", "shape", "text"), ALL)
def test_second_derivatives_agree_with_the_limit_definition(function: Function, shape: Shape, text: str) -> None:
    x = _point(shape)
    rng = np.random.default_rng(2)
    w = rng.standard_normal(np.shape(function(x.copy())))
    t = np.asarray(rng.standard_normal(shape))

    def weighted(x: Any) -> Any:
        out = function(x)
        return np.sum(w * (np.real(out) + np.imag(out)) ** 2)

    slope = cr.grad(weighted)
    h = 1e-6
    limit = (slope(x + h * t) - slope(x - h * t)) / (2 * h)
    _, forward_over_reverse = cr.jvp(slope, (x,), (t,))
    _close(forward_over_reverse, limit, 1e-4, 1e-5)
    reverse_over_reverse = cr.grad(lambda x: np.sum(slope(x) * t))(x)
    _close(reverse_over_reverse, limit, 1e-4, 1e-5)


@pytest.mark.parametrize(("function", "shape", "text"), ALL)
def test_a_batch_is_computed_as_its_members_are(function: Function, shape: Shape, text: str) -> None:
    batch = np.stack([_point(shape, seed) for seed in range(3)])
    try:
        values = cr.vmap(function)(batch)
    except (ShapeError, TracingError):
        assert any(name in text for name in DECIDING)
        return
    _close(values, np.stack([np.asarray(function(x.copy())) for x in batch]), 1e-12, 1e-13)

    def total(x: Any) -> Any:
        return np.sum(np.abs(function(x)) ** 2)

    _close(cr.vmap(cr.grad(total))(batch), np.stack([cr.grad(total)(x) for x in batch]), 1e-10, 1e-10)


@pytest.mark.parametrize(
    "text", ["np.sum(x, axis=1)", "np.mean(x, 0)", "np.std(x)", "np.max(x, -1)", "np.prod(x)", "np.var(x, 1)",
             "x[:, [0, 0]]", "np.cumprod(x, 0)", "np.sort(x)", "np.median(x)", "np.pad(x, 1)",
             "np.where(x > 0, x, 0.0)", "np.concatenate([x, x])", "np.stack([x, x])", "np.clip(x, 0, 1)",
             "np.diff(x)", "np.interp(x, [0.0, 2.0], [1.0, 2.0])", "np.sinc(x)",
             "np.nansum(x)", "np.trapezoid(x)", "np.abs(np.fft.fft(x))", "np.fft.irfft(np.fft.rfft(x), 4)"],
)  # fmt: skip
def test_single_precision_and_strides_are_kept(text: str) -> None:
    function = _function(text)
    x = _point((3, 4)).astype(np.float32)[::-1, ::2]
    value, pullback = cr.vjp(function, x)
    expected = function(x)
    _close(value, expected, 1e-5, 1e-6)
    (ct,) = pullback(np.ones_like(value))
    assert ct.dtype == np.float32
    precise = cr.vjp(function, x.astype(float))[1](np.ones(np.shape(value)))[0]
    _close(ct, precise, 1e-4, 1e-5)
    if "trapezoid" not in text:
        assert np.asarray(value).dtype == np.asarray(expected).dtype


@pytest.mark.parametrize(
    "text", ["np.sum(x)", "np.mean(x)", "np.max(x)", "np.prod(x)", "np.sum(x[[0, 0]])", "np.var(x)"]
)
def test_integers_are_promoted(text: str) -> None:
    function = _function(text)
    _close(cr.grad(function)(np.array([1, 2, 4])), cr.grad(function)(np.array([1.0, 2.0, 4.0])))


@pytest.mark.parametrize(
    "nodes", [[0.0, 0.0, 1.0, 2.0], [0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0]]
)
def test_interpolation_takes_steps(nodes: list[float]) -> None:
    points = np.array([-0.5, 0.0, 0.25, 1.0, 1.5, 2.0, 2.5])
    values = np.array([1.0, 3.0, 4.0, 8.0])
    for name, function, x in (
        ("points", lambda x: np.interp(x, nodes, values), points),
        ("values", lambda x: np.interp(points, nodes, x), values),
        ("nodes", lambda x: np.interp(points, x, values), np.array(nodes)),
    ):
        value, pullback = cr.vjp(function, x)
        np.testing.assert_array_equal(value, function(x), err_msg=name)
        assert np.isfinite(pullback(np.ones(7))[0]).all(), name


@pytest.mark.parametrize(
    "nodes", [[-np.inf, 0.0, 1.0, np.inf], [0.0, 1.0, np.inf, np.inf], [-np.inf, -np.inf, 0.0, 0.0]]
)
@pytest.mark.parametrize(
    "values",
    [[1.0, 3.0, 4.0, 4.0], [np.inf, np.inf, 4.0, -np.inf], [1.0, np.nan, 4.0, np.inf], [2.0, -np.inf, 5.0, 5.0]],
)
def test_interpolation_takes_infinite_nodes_as_numpy_does(nodes: list[float], values: list[float]) -> None:
    points = np.array([-np.inf, -1.5, 0.0, 0.25, 1.0, 2.0, np.inf, np.nan])
    with np.errstate(invalid="ignore"):
        traced = cr.jvp(lambda x: np.interp(x, nodes, values), (points,), (np.zeros(8),))[0]
        np.testing.assert_array_equal(traced, np.interp(points, nodes, values))


def test_the_chord_to_an_infinite_node_is_level() -> None:
    def read(x: Any, nodes: Any, values: Any) -> Any:
        return np.sum(np.interp(x, nodes, values))

    points, nodes, values = (
        np.array([-1.0, 0.5, 7.0]),
        np.array([-np.inf, 0.0, 1.0, np.inf]),
        np.array([1.0, 2.0, 4.0, 3.0]),
    )
    gradients = cr.grad(read, argnums=(0, 1, 2))(points, nodes, values)
    for got, wanted in zip(gradients, ([0.0, 2.0, 0.0], [0.0, -1.0, -1.0, 0.0], [0.0, 1.5, 1.5, 0.0]), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_ties_share_the_sensitivity() -> None:
    np.testing.assert_array_equal(cr.grad(np.max)(np.array([1.0, 3.0, 3.0])), [0.0, 0.5, 0.5])
    np.testing.assert_array_equal(cr.grad(np.min)(np.array([1.0, 1.0, 1.0, 1.0])), [0.25] * 4)


def test_nan_is_the_largest_and_gets_the_sensitivity() -> None:
    x = np.array([1.0, np.nan, 3.0])
    value, pullback = cr.vjp(np.max, x)
    assert np.isnan(value)
    np.testing.assert_array_equal(pullback(1.0)[0], [0.0, 1.0, 0.0])


def test_equal_elements_have_standard_deviation_zero_with_derivative_zero() -> None:
    value, pullback = cr.vjp(np.std, np.ones(3))
    assert value == 0
    np.testing.assert_array_equal(pullback(1.0)[0], np.zeros(3))


def test_the_branch_not_taken_keeps_its_infinities() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        slope = cr.grad(lambda x: np.sum(np.where(x > 0, x, 0.0)))(np.array([np.inf, -1.0]))
    np.testing.assert_array_equal(slope, [1.0, 0.0])


def test_sinc_has_its_derivatives_at_zero() -> None:
    assert cr.grad(np.sinc)(0.0) == 0
    assert cr.grad(cr.grad(np.sinc))(0.0) == pytest.approx(-(np.pi**2) / 3)


def test_products_of_zeros_have_derivatives() -> None:
    np.testing.assert_array_equal(cr.grad(np.prod)(np.array([0.0, 2.0, 3.0])), [6.0, 0.0, 0.0])
    np.testing.assert_array_equal(cr.grad(np.prod)(np.array([0.0, 0.0, 3.0])), np.zeros(3))
    hessian = cr.hessian(np.prod)(np.array([0.0, 0.0, 3.0]))
    np.testing.assert_array_equal(hessian, [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def test_numpy_may_choose_only_plain_numbers_from_an_array_of_objects() -> None:
    value, slope = cr.value_and_grad(lambda x: np.sum(np.min(np.array([[x, 0.5], [2, x]]), axis=0)))(3.0)
    assert (value, slope) == (2.5, 0.0)
    np.testing.assert_array_equal(
        cr.jacobian(lambda x: np.minimum(np.array([x[0], 5.0]), x[0]))(np.ones(2)), [[1, 0]] * 2
    )


def test_the_last_of_repeated_assignments_counts() -> None:
    def last(v: Any) -> Any:
        y = np.zeros(2, like=v)
        y[[0, 0]] = v
        return np.sum(y)

    np.testing.assert_array_equal(cr.grad(last)(np.array([1.0, 2.0])), [0.0, 1.0])


@pytest.mark.parametrize(
    "text", ["np.max(x)", "np.min(x, axis=0)", "np.argmax(x)", "np.reshape(x, 3)",
             "np.sum(x, axis=3)", "np.histogram(POINTS, weights=x)",
             "np.squeeze(x, 0)", "np.concatenate([x, np.ones((2, 2))])", "np.broadcast_to(x, (7, 3))",
             "np.stack([x, x[0:1, 0]])", "np.fft.fft(x, 0)", "np.fft.fft(x, norm='none')", "np.fft.fft2(x, (2,))"],
)  # fmt: skip
def test_what_numpy_refuses_is_refused(text: str) -> None:
    function = _function(text)
    x = np.zeros((0, 5)) if "min" in text or "max" in text else np.zeros((2, 5))
    with pytest.raises((ValueError, IndexError)):
        function(x)
    with pytest.raises((ValueError, IndexError)):
        cr.vjp(function, x)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("np.sum(x, out=np.zeros(()))", "assign the result"),
        ("np.unique(x, axis=0)", "axis="),
        ("np.histogram(x)", r"np\.histogram has no derivative rule yet"),
        ("np.divide.reduce(x, where=MASK[0], initial=1.0)", r"np\.divide\.reduce: the argument where= has no"),
        ("np.ldexp.reduce(x)", r"np\.ldexp\.reduce has no derivative rule yet; write it with .*cr\.custom_vjp"),
        ("np.pad(x, 1, mode=print)", "mode=<built-in function print>"),
        ("np.histogram(x, weights=x)", r"np\.histogram has no derivative rule yet"),
        ("np.histogram2d(x, x)", r"np\.histogram2d has no derivative rule yet"),
        ("np.histogramdd([x, x], weights=x)", r"np\.histogramdd has no derivative rule yet"),
        ("np.add.at(np.zeros(3), [0], x[0])", "like=x"),
        ("np.maximum.at(np.zeros(3), [0], x[0])", "like=x"),
        ("np.divide(1.0, x, where=x > 0.1)", r"np\.where\(mask, np\.divide"),
        ("x * np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 0])", r"masked array .* np\.where\(m\.mask"),
        ("np.hypot(np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 0]), x)", "masked array"),
        ("np.lib.stride_tricks.as_strided(x, (2, 2), (8, 8))", "sliding_window_view"),
        ("np.lib.stride_tricks.as_strided(x + 1j, (2, 2), (16, 16))", "sliding_window_view"),
        ("np.fill_diagonal(np.zeros((3, 3)), x)", "like=x"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises((NoRuleError, TracingError), match=message):
        cr.vjp(_function(text), np.array([0.3, 0.1, 0.2]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("np.shape(x)", (2, 3)), ("np.ndim(x)", 2), ("np.size(x)", 6), ("np.size(x, 1)", 3),
        ("np.argpartition(x, 1, axis=1).tolist()", None), ("np.unique_values(x).size", 6),
        ("np.nanargmin(x, axis=1).tolist()", None), ("np.argwhere(x > 0.5).tolist()", None),
        ("np.iscomplex(x).tolist()", None), ("np.isreal(x).tolist()", None), ("np.empty_like(x).shape", (2, 3)),
        ("np.isposinf(np.where(x > 1, np.inf, x)).tolist()", None), ("np.min_scalar_type(x)", np.dtype(float)),
        ("np.isneginf(np.where(x > 1, -np.inf, x)).tolist()", None), ("'traced' in np.array_str(x)", True),
        ("'traced' in np.array2string(x)", True),
        ("np.iscomplexobj(x)", False), ("np.isrealobj(x)", True), ("np.allclose(x, x + 1e-12)", True),
        ("np.allclose(x, x + 1)", False), ("np.array_equal(x, x)", True), ("np.array_equal(x, x[0])", False),
        ("np.result_type(x, np.float32)", np.dtype(float)), ("np.can_cast(x, complex)", True),
        ("bool(np.any(x > 1))", True), ("bool(np.all(x > 1))", False), ("int(np.count_nonzero(x))", 6),
        ("np.common_type(x)", np.float64), ("bool(np.isclose(x, x).all())", True),
        ("np.may_share_memory(x, x[0])", True), ("np.shares_memory(x, x + 1)", False), ("int(np.argmax(x))", None),
        ("int(np.searchsorted(x[0] * 0 + [1, 2, 3], 2.5))", 2), ("'traced' in np.array_repr(x)", True),
        ("int(np.digitize(x[0, 0], [0.0, 5.0]))", 1), ("np.array_equiv(x, x[0])", False),
        ("np.array_equiv(x, np.ones(7))", False), ("np.digitize(x * 0 + 2, [3.0, 2.0, 1.0]).tolist()", None),
        ("np.digitize(x * 0 + 2, [3.0, 2.0, 1.0], right=True).tolist()", None),
    ],
)  # fmt: skip
def test_questions_have_plain_answers(text: str, expected: Any) -> None:
    answers = []
    x = _point((2, 3))

    def ask(x: Any) -> Any:
        answers.append(_function(text)(x))
        return np.sum(x)

    cr.grad(ask)(x)
    assert answers == [_function(text)(x) if expected is None else expected]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_is_refused_since_its_product_is_not_that_of_arrays() -> None:
    with pytest.raises(TracingError, match=r"np\.matrix .* np\.asarray\(m\)"):
        cr.grad(lambda x: np.sum(np.asmatrix(np.eye(3)) * x))(np.ones((3, 1)))


def test_a_masked_array_that_hides_nothing_is_an_array() -> None:
    gradient = cr.grad(lambda x: np.sum(x * np.ma.masked_array([1.0, 2.0, 3.0])))(np.ones(3))
    assert type(gradient) is np.ndarray
    np.testing.assert_array_equal(gradient, [1, 2, 3])


def test_a_masked_call_has_no_derivative_where_the_mask_is_false() -> None:
    def safe(x: Any) -> Any:
        return np.sum(np.sqrt(x, out=np.zeros_like(x), where=x > 0) + np.divide(2.0, x, out=x.copy(), where=x != 0))

    np.testing.assert_allclose(cr.grad(safe)(np.array([4.0, 0.0, 1.0])), [0.25 - 0.125, 1.0, 0.5 - 2.0])
    np.testing.assert_allclose(cr.hessian(safe)(np.array([4.0, 0.0, 1.0]))[1], [0.0, 0.0, 0.0])


def test_what_is_written_into_an_array_takes_its_shape_and_type() -> None:
    def into(x: Any) -> Any:
        rows = np.add(x, 1.0, out=np.zeros((2, 3), like=x))
        single = np.multiply(x, x, out=np.zeros(3, np.float32, like=x))
        half = np.square(x, out=np.ones((2, 3), np.float32, like=x), where=x > 1)
        assert (rows.shape, single.dtype, half.shape, half.dtype) == ((2, 3), np.float32, (2, 3), np.float32)
        return np.sum(rows) + np.sum(single) + np.sum(half)

    np.testing.assert_allclose(cr.grad(into)(np.array([0.5, 1.5, 2.0])), [3.0, 5.0 + 6.0, 6.0 + 8.0])
    with pytest.raises(ShapeError):
        cr.grad(lambda x: np.sum(np.add(x, np.ones((2, 3)), out=np.zeros(3, like=x))))(np.ones(3))


@pytest.mark.parametrize(
    "x", [[-np.inf, -np.inf, 1, 2], [1, np.inf, np.inf, 4], [-np.inf, 1, 3, np.inf], [1, np.inf, 3]]
)
def test_a_median_of_infinite_elements_is_numpys(x: list[float]) -> None:
    value, _ = cr.value_and_grad(np.median)(np.array(x))
    assert value == np.median(x)


def test_the_slope_of_copysign_is_that_of_the_absolute_value() -> None:
    slope = cr.grad(lambda x: np.copysign(x, -1.0))
    assert (slope(2.0), slope(-2.0), slope(0.0)) == (-1.0, 1.0, 0.0)
    assert np.isnan(slope(np.nan))
    assert np.isnan(slope(-np.nan))


@pytest.mark.parametrize("places", [([0.5j, 1.0], [0.0, 1.0]), ([0.5, 1.0], [0.0, 1.0 + 0j])])
def test_interp_refuses_complex_places_as_numpy_does(places: tuple[Any, Any]) -> None:
    x, nodes = map(np.array, places)
    for run in (np.interp, cr.jit(np.interp), lambda *args: cr.vjp(np.interp, *args)):
        with pytest.raises(TypeError, match="Cannot cast"):
            run(x, nodes, np.array([2.0, 3.0]))


def _copied_into_whole_numbers(x: Any, **options: Any) -> Any:
    y = np.zeros(2, int, like=x)
    np.copyto(y, x, **options)
    return y


CASTS = [
    lambda x: np.concatenate([x, x], dtype=int), lambda x: np.stack([x, x], dtype=np.float32, casting="safe"),
    lambda x: np.hstack([x, x], dtype=int), lambda x: np.vstack([x, x], dtype=np.float32, casting="no"),
    _copied_into_whole_numbers,
]  # fmt: skip


@pytest.mark.parametrize("fun", CASTS)
def test_casts_are_refused_that_numpy_refuses(fun: Callable[..., Any]) -> None:
    for run in (cr.jit(fun), lambda x: cr.vjp(fun, x)):
        with pytest.raises(TypeError, match="Cannot cast"):
            run(np.array([1.5, 2.5]))


def test_casts_are_made_that_are_asked_for() -> None:
    x = np.array([1.5, 2.5])
    assert cr.vjp(lambda x: np.concatenate([x, x], dtype=int, casting="unsafe"), x)[0].dtype == int
    assert cr.vjp(lambda x: np.stack([x, x], dtype=np.float32), x)[0].dtype == np.float32
    np.testing.assert_array_equal(cr.vjp(lambda x: _copied_into_whole_numbers(x, casting="unsafe"), x)[0], [1, 2])


@pytest.mark.parametrize("fun", [np.isposinf, np.isneginf, np.i0])
def test_what_has_no_meaning_for_complex_numbers_is_refused(fun: Callable[..., Any]) -> None:
    for run in (cr.jit(fun), lambda x: cr.vjp(fun, x)):
        with pytest.raises(TypeError, match="not supported"):
            run(np.array([1j, 2.0]))
