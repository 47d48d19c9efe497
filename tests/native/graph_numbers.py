"""Owns the lines of random programs that compute with each element: real, whole and complex numbers."""

from __future__ import annotations

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
    ("np.signbit(np.nan_to_num({0}))", ANY), ("np.logical_not({0})", ANY), ("np.spacing({0})", ANY), ("np.nan_to_num({0})", ANY),
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
