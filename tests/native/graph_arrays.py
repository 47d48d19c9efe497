"""Owns the lines of random programs about whole arrays: sums, shapes, places, writes, products and matrices.

Each names its operand {0}, and its result {v} where it is more than an expression.
"""

from __future__ import annotations

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
SYMMETRIC = "(0.2 * {0} @ np.swapaxes({0}, -1, -2) + np.diag(1.0 + np.arange({first2})))"
