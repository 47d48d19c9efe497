"""Owns the logarithm of the gamma function and its derivative, the digamma function, for positive numbers.

Both have a polynomial up to some bound, in (y - c) / (y + c), and Stirling's series beyond: a polynomial in 1 / x**2 beside the
logarithm. The polynomials are interpolated at Chebyshev's points in 260 bits, which is close to minimax. Where the results are 0,
at 1 and 2 and at the root of digamma, that zero is a factor of its own. Below, y = x + 1 takes the place of x: gamma(x) is
gamma(x + 1) / x. Other operands go to SciPy, lane by lane.
"""

from __future__ import annotations

import math

from chainrule.native.lanes import Lanes
from chainrule.native.vector_logarithm import log
from chainrule.native.vector_outside import call_each_lane
from chainrule.native.vector_parts import in_double, not_normal, polynomial, rarely

GAMMALN_BOUND, GAMMALN_CENTER = 5.0, 2.25
# ln(gamma(y)) / (y - 1) / (y - 2) for 1 <= y <= 5; the relative error is below 2**-57.
GAMMALN_NEAR = (
    0.3995894876556691,
    -0.3864638139806745,
    0.12522037394492538,
    -0.1343797156690381,
    0.08178463682828639,
    -0.08467900993612308,
    0.06150596932942585,
    -0.06259108653030897,
    0.049373034384250246,
    -0.04982227246367118,
    0.04124037566821885,
    -0.041435020570430706,
    0.03540200729019968,
    -0.03548174476078688,
    0.031055367296303465,
    -0.031103610716737267,
    0.027156424995884703,
    -0.026987622223449373,
    0.027824681320516558,
    -0.02866340548948142,
    0.010062605166302627,
    -0.007597869407354596,
    0.048887698070457807,
    -0.051894368806151746,
)
# x (ln(gamma(x)) - (x - 1/2) ln(x) + x - ln(2 pi) / 2) in powers of 1 / x**2 for x >= 5; the error of the result is below 2**-60.
GAMMALN_FAR = (
    0.08333333333333331,
    -0.00277777777773525,
    0.0007936507710997242,
    -0.0005952334962449921,
    0.0008412839775434002,
    -0.001891200249737012,
    0.005550182536203836,
    -0.01324209242522944,
)

PSI_BOUND, PSI_CENTER = 4.0, 2.0
ROOT, ROOT_REST = 1.4616321449683622, 9.549995429965697e-17  # psi is 0 at their sum
# psi(y) / (y - root) for 1 <= y <= 4; the relative error is below 2**-59.
PSI_NEAR = (
    0.7853075386041053,
    -1.0429558187320056,
    0.7010428535500504,
    -0.7262245808990327,
    0.6777531348968711,
    -0.6950676766151554,
    0.6787474775357434,
    -0.689017790882757,
    0.6806799427943391,
    -0.6870423209725484,
    0.6818509593039033,
    -0.6861045310286941,
    0.6825183270074475,
    -0.6855507865574868,
    0.6832739088323245,
    -0.6855437126543539,
    0.6788028760750019,
    -0.6805600540205081,
    0.7236891394641163,
    -0.7251403398149787,
    0.4570751884033721,
    -0.45797768415775003,
    1.3717503058572427,
    -1.3734729491754483,
)
# x**2 (psi(x) - ln(x) + 1 / (2 x)) in powers of 1 / x**2 for x >= 4; the error of the result is below 2**-59.
PSI_FAR = (
    -0.0833333333333333,
    0.00833333333322018,
    -0.003968253907681641,
    0.00416665393289541,
    -0.007574376314502456,
    0.021004729764303443,
    -0.07978585893797804,
    0.3487583555569305,
    -1.317667749896685,
    2.7632461441771197,
)


def gammaln(lanes: Lanes, x: str) -> str:
    """Return the logarithm of the magnitude of the gamma function."""
    if lanes.real == "float":
        return in_double(lanes, gammaln, x)
    one, center = lanes.number(1.0), lanes.number(GAMMALN_CENTER)
    is_low, is_far = lanes.compare("olt", x, one), lanes.compare("oge", x, lanes.number(GAMMALN_BOUND))
    y = lanes.select(is_low, lanes.add(x, one), x)
    inverse = lanes.div(one, lanes.select(is_far, x, lanes.add(y, center)))
    less_one = lanes.sub(x, one)
    zeros = lanes.mul(less_one, lanes.select(is_low, x, lanes.sub(x, lanes.number(2.0))))
    u = lanes.fma(inverse, lanes.number(-2.0 * GAMMALN_CENTER), one)
    logarithm = log(lanes, x)
    near = lanes.fma(
        zeros, polynomial(lanes, u, GAMMALN_NEAR), lanes.select(is_low, lanes.neg(logarithm), lanes.number(0.0))
    )
    rest = lanes.mul(inverse, polynomial(lanes, lanes.mul(inverse, inverse), GAMMALN_FAR))
    constant = lanes.number(0.5 * math.log(2.0 * math.pi) - 0.5)
    far = lanes.fma(lanes.sub(x, lanes.number(0.5)), lanes.sub(logarithm, one), lanes.add(rest, constant))
    return _unless_positive(lanes, "gammaln", x, lanes.select(is_far, far, near))


def psi(lanes: Lanes, x: str) -> str:
    """Return the digamma function."""
    if lanes.real == "float":
        return in_double(lanes, psi, x)
    one, center = lanes.number(1.0), lanes.number(PSI_CENTER)
    is_low, is_far = lanes.compare("olt", x, one), lanes.compare("oge", x, lanes.number(PSI_BOUND))
    y = lanes.select(is_low, lanes.add(x, one), x)
    inverse = lanes.div(one, lanes.select(is_far, x, lanes.add(y, center)))
    u = lanes.fma(inverse, lanes.number(-2.0 * PSI_CENTER), one)
    zero = lanes.sub(lanes.sub(y, lanes.number(ROOT)), lanes.number(ROOT_REST))
    below = lanes.select(is_low, lanes.div(lanes.number(-1.0), x), lanes.number(0.0))
    near = lanes.fma(zero, polynomial(lanes, u, PSI_NEAR), below)
    square = lanes.mul(inverse, inverse)
    rest = lanes.fma(square, polynomial(lanes, square, PSI_FAR), lanes.mul(inverse, lanes.number(-0.5)))
    return _unless_positive(lanes, "psi", x, lanes.select(is_far, lanes.add(log(lanes, x), rest), near))


def _unless_positive(lanes: Lanes, name: str, x: str, result: str) -> str:
    """Return the result, or what SciPy gives where x is not a positive normal number."""
    elsewhere = not_normal(lanes, x)
    return rarely(
        lanes, elsewhere, [result], lambda: [lanes.select(elsewhere, call_each_lane(lanes, name, (x,)), result)]
    )[0]
