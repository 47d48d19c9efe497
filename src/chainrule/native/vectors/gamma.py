"""Owns the logarithm of the gamma function, its derivative digamma, and the derivative of that, for positive numbers.

They have a polynomial up to some bound, in (y - c) / (y + c), and Stirling's series beyond: a polynomial in 1 / x**2 beside the
logarithm. The polynomials are interpolated at Chebyshev's points in 260 bits, which is close to minimax. Where the results are 0,
at 1 and 2 and at the root of digamma, that zero is a factor of its own. Below, y = x + 1 takes the place of x: gamma(x) is
gamma(x + 1) / x. Other operands go to SciPy, lane by lane.
"""

from __future__ import annotations

import math

from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.logarithm import log
from chainrule.native.vectors.outside import call_each_lane
from chainrule.native.vectors.parts import in_double, not_normal, polynomial, rarely

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
# psi'(y) for 1 <= y <= 4; the relative error is below 2**-58.
TRIGAMMA_NEAR = (
    0.6449340668482264,
    -1.6164552252767543,
    2.335059992857877,
    -3.166930105710187,
    4.076693819114992,
    -5.032909127109771,
    6.013416833901686,
    -7.005283438391543,
    8.002032111888614,
    -9.000767792656642,
    10.000284718458,
    -11.000104034313797,
    12.000088677580582,
    -13.000065968617703,
    13.99870162618399,
    -14.998651012549225,
    16.02303289329178,
    -17.02387098140689,
    17.72292167668887,
    -18.712816736014453,
    22.218667891039626,
    -23.299796308356093,
    10.853576552111045,
    -11.444177814688478,
    54.381260329881854,
    -56.507424877900085,
)
# x**3 (psi'(x) - 1 / x - 1 / (2 x**2)) in powers of 1 / x**2 for x >= 4; the error of the result is below 2**-58.
TRIGAMMA_FAR = (
    0.1666666666666666,
    -0.033333333333051524,
    0.02380952362664625,
    -0.033333286478507106,
    0.07575132486512058,
    -0.25261675002384304,
    1.1412585027119473,
    -6.212848416800843,
    33.49475609638737,
    -137.64692782066686,
    291.5396088214515,
)


def _reduced(lanes: Lanes, x: str, bound: float, center: float) -> tuple[str, str, str, str, str]:
    """Return whether x is below 1, whether it reaches the bound, y, the inverse and the variable of the polynomial.

    y is x + 1 below 1, else x. The inverse is 1 / x from the bound on, else 1 / (y + center); the variable is
    (y - center) / (y + center).
    """
    one = lanes.number(1.0)
    is_low, is_far = lanes.compare("olt", x, one), lanes.compare("oge", x, lanes.number(bound))
    y = lanes.select(is_low, lanes.add(x, one), x)
    inverse = lanes.div(one, lanes.select(is_far, x, lanes.add(y, lanes.number(center))))
    return is_low, is_far, y, inverse, lanes.fma(inverse, lanes.number(-2.0 * center), one)


def gammaln(lanes: Lanes, x: str) -> str:
    """Return the logarithm of the magnitude of the gamma function."""
    if lanes.real == "float":
        return in_double(lanes, gammaln, x)
    is_low, is_far, _, inverse, u = _reduced(lanes, x, GAMMALN_BOUND, GAMMALN_CENTER)
    one = lanes.number(1.0)
    less_one = lanes.sub(x, one)
    zeros = lanes.mul(less_one, lanes.select(is_low, x, lanes.sub(x, lanes.number(2.0))))
    logarithm = log(lanes, x)
    near = lanes.fma(
        zeros, polynomial(lanes, u, GAMMALN_NEAR), lanes.select(is_low, lanes.neg(logarithm), lanes.number(0.0))
    )
    rest = lanes.mul(inverse, polynomial(lanes, lanes.mul(inverse, inverse), GAMMALN_FAR))
    constant = lanes.number(0.5 * math.log(2.0 * math.pi) - 0.5)
    far = lanes.fma(lanes.sub(x, lanes.number(0.5)), lanes.sub(logarithm, one), lanes.add(rest, constant))
    return _unless_positive(lanes, "gammaln", (x,), lanes.select(is_far, far, near))


def psi(lanes: Lanes, x: str) -> str:
    """Return the digamma function."""
    if lanes.real == "float":
        return in_double(lanes, psi, x)
    is_low, is_far, y, inverse, u = _reduced(lanes, x, PSI_BOUND, PSI_CENTER)
    zero = lanes.sub(lanes.sub(y, lanes.number(ROOT)), lanes.number(ROOT_REST))
    below = lanes.select(is_low, lanes.div(lanes.number(-1.0), x), lanes.number(0.0))
    near = lanes.fma(zero, polynomial(lanes, u, PSI_NEAR), below)
    square = lanes.mul(inverse, inverse)
    rest = lanes.fma(square, polynomial(lanes, square, PSI_FAR), lanes.mul(inverse, lanes.number(-0.5)))
    return _unless_positive(lanes, "psi", (x,), lanes.select(is_far, lanes.add(log(lanes, x), rest), near))


def zeta(lanes: Lanes, s: str, x: str) -> str:
    """Return Hurwitz's zeta function; for the constant s = 2, where it is the derivative of digamma, written here."""
    if s != lanes.number(2.0):
        return call_each_lane(lanes, "zeta", (s, x))
    if lanes.real == "float":
        return in_double(lanes, lambda wide, x: zeta(wide, wide.number(2.0), x), x)
    is_low, is_far, _, inverse, u = _reduced(lanes, x, PSI_BOUND, PSI_CENTER)
    one = lanes.number(1.0)
    below = lanes.select(is_low, lanes.div(one, lanes.mul(x, x)), lanes.number(0.0))
    near = lanes.add(polynomial(lanes, u, TRIGAMMA_NEAR), below)
    square = lanes.mul(inverse, inverse)
    rest = lanes.fma(inverse, polynomial(lanes, square, TRIGAMMA_FAR), lanes.number(0.5))
    far = lanes.fma(square, rest, inverse)
    return _unless_positive(lanes, "zeta", (s, x), lanes.select(is_far, far, near))


def _unless_positive(lanes: Lanes, name: str, operands: tuple[str, ...], result: str) -> str:
    """Return the result, or what SciPy gives where the last operand is not a positive normal number."""
    elsewhere = not_normal(lanes, operands[-1])
    return rarely(
        lanes, elsewhere, [result], lambda: [lanes.select(elsewhere, call_each_lane(lanes, name, operands), result)]
    )[0]
