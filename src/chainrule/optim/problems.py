"""Owns the test functions of descent, in plain NumPy, with their known minima: `PROBLEMS` lists them.

Each takes one vector. Surjanovic and Bingham, "Virtual library of simulation experiments", has most of them; the paper of each
is named with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

# --- convex


def sphere(x: Any) -> Any:
    """x₁² + x₂² + ...: round, least at 0, where it is 0. Any number of variables.

    Source: De Jong, "An analysis of the behavior of a class of genetic adaptive systems", 1975, function 1.

    >>> float(sphere(np.array([3.0, 4.0])))
    25.0
    """
    return np.sum(x**2)


def ill_conditioned_bowl(x: Any, condition: float = 100.0) -> Any:
    """(c₁ x₁² + ... + c_n x_n²) / 2 with curvatures c from 1 to `condition` in equal ratios: least at 0, where it is 0.

    Two variables or more. Gradient descent is stable below the learning rate 2 / condition, and takes about condition / 2
    steps for each factor e that it comes closer.
    Source: Nocedal and Wright, "Numerical optimization", 2006, section 3.3.

    >>> float(ill_conditioned_bowl(np.array([2.0, 1.0])))
    52.0
    """
    count = np.shape(x)[0]
    return np.sum(condition ** (np.arange(count) / (count - 1)) * x**2) / 2


def booth(x: Any) -> Any:
    """(x + 2y - 7)² + (2x + y - 5)²: least at (1, 3), where it is 0; curvatures 2 and 18.

    Source: Jamil and Yang, "A literature survey of benchmark functions for global optimization problems", 2013.

    >>> float(booth(np.array([1.0, 3.0])))
    0.0
    """
    return (x[0] + 2 * x[1] - 7) ** 2 + (2 * x[0] + x[1] - 5) ** 2


def matyas(x: Any) -> Any:
    """0.26 (x² + y²) - 0.48 x y: a long valley, least at (0, 0), where it is 0; curvatures 0.04 and 1.

    Source: Jamil and Yang 2013.

    >>> round(float(matyas(np.array([1.0, 1.0]))), 6)
    0.04
    """
    return 0.26 * (x[0] ** 2 + x[1] ** 2) - 0.48 * x[0] * x[1]


# --- not convex


def rosenbrock(x: Any) -> Any:
    """Σ 100 (x_(i+1) - x_i²)² + (1 - x_i)²: a bent valley, least at (1, ..., 1), where it is 0.

    Two variables or more. The valley is found at once; to follow it is the task: at the end curvatures are 0.4 and 1002. In four
    to seven variables there is another local minimum near (-1, 1, ..., 1).
    Source: Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960.

    >>> float(rosenbrock(np.array([-1.0, 1.0])))
    4.0
    """
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(x: Any) -> Any:
    """(x² + y - 11)² + (x + y² - 7)²: four minima, all 0, between four saddles around a maximum.

    Source: Himmelblau, "Applied nonlinear programming", 1972.

    >>> float(himmelblau(np.array([3.0, 2.0])))
    0.0
    """
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def beale(x: Any) -> Any:
    """(1.5 - x + x y)² + (2.25 - x + x y²)² + (2.625 - x + x y³)²: flat, with steep walls; least at (3, 0.5), where it is 0.

    Source: Beale, "On an iterative method for finding a local minimum of a function of more than one variable", 1958.

    >>> float(beale(np.array([3.0, 0.5])))
    0.0
    """
    a, b = x[0], x[1]
    return (1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2 + (2.625 - a + a * b**3) ** 2


def rastrigin(x: Any) -> Any:
    """10 n + the sum of x_i² - 10 cos(2π x_i): a bowl full of holes, the deepest at 0, where it is 0.

    Any number of variables. There is a local minimum near each point of whole numbers: a descent ends in the one next to it.
    Source: Rastrigin, "Systems of extremal control", 1974.

    >>> float(rastrigin(np.zeros(2)))
    0.0
    """
    return 10 * np.shape(x)[0] + np.sum(x**2 - 10 * np.cos(2 * math.pi * x))


def ackley(x: Any) -> Any:
    """20 + e - 20 exp(-0.2 √(mean of x_i²)) - exp(mean of cos(2π x_i)): a sheet with holes, and a funnel to 0, where it is 0.

    Any number of variables. At 0 it has a cusp: it rises with slope 4 / √n in every direction and has no gradient there. Its
    gradient is taken as 0, which belongs to its subdifferential: `np.linalg.norm` has it so, where the root of a sum of squares
    would have 0 times infinity.
    Source: Ackley, "A connectionist machine for genetic hillclimbing", 1987.

    >>> float(ackley(np.zeros(2))), round(float(ackley(np.ones(2))), 6)
    (0.0, 3.625385)
    """
    distance = np.linalg.norm(x) / math.sqrt(np.shape(x)[0])
    # In this order the constants cancel to the last bit at 0.
    return -20 * np.expm1(-0.2 * distance) - np.expm1(np.mean(np.cos(2 * math.pi * x)) - 1) * math.e


def mccormick(x: Any) -> Any:
    """sin(x + y) + (x - y)² - 1.5 x + 2.5 y + 1 on -1.5 ≤ x ≤ 4, -3 ≤ y ≤ 4.

    Least at (1/2 - π/3, -1/2 - π/3), about (-0.547, -1.547), where it is -√3/2 - π/3, about -1.9132. Outside, it repeats
    itself, each time π lower.
    Source: McCormick, "Computability of global solutions to factorable nonconvex programs", 1976.

    >>> round(float(mccormick(np.array([-0.54719755, -1.54719755]))), 6)
    -1.913223
    """
    return np.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1] + 1


def saddle(x: Any) -> Any:
    """x² - y²: no minimum. At (0, 0) the gradient vanishes; from there the function falls along y without end.

    Source: any text on critical points, such as Strang, "Calculus", 1991, section 13.6.

    >>> float(saddle(np.array([2.0, 1.0])))
    3.0
    """
    return x[0] ** 2 - x[1] ** 2


# --- the list


@final
@dataclass(frozen=True, slots=True)
class Problem:
    """A test function and what is known of it.

    start: the usual one. minima: the points where it is least; none for a saddle. fun_at_minimum: its value there, -inf for
    a saddle. domain: where it is usually drawn, as (least, most) for each variable. is_convex: whether it has one valley, without
    bends.
    """

    name: str
    fun: Callable[[Any], Any]
    start: tuple[float, ...]
    minima: tuple[tuple[float, ...], ...]
    fun_at_minimum: float
    domain: tuple[tuple[float, float], ...]
    is_convex: bool = False


_A_THIRD = math.pi / 3
_HIMMELBLAU = (
    (3.0, 2.0),
    (-2.805118086952745, 3.131312518250573),
    (-3.779310253377747, -3.283185991286170),
    (3.584428340330492, -1.848126526964404),
)

PROBLEMS: tuple[Problem, ...] = (
    Problem("sphere", sphere, (3.0, 4.0), ((0.0, 0.0),), 0.0, ((-5.0, 5.0), (-5.0, 5.0)), True),
    Problem(
        "ill_conditioned_bowl",
        ill_conditioned_bowl,
        (10.0, 1.0),
        ((0.0, 0.0),),
        0.0,
        ((-12.0, 12.0), (-3.0, 3.0)),
        True,
    ),
    Problem("booth", booth, (-5.0, -5.0), ((1.0, 3.0),), 0.0, ((-10.0, 10.0), (-10.0, 10.0)), True),
    Problem("matyas", matyas, (8.0, -6.0), ((0.0, 0.0),), 0.0, ((-10.0, 10.0), (-10.0, 10.0)), True),
    Problem("rosenbrock", rosenbrock, (-1.2, 1.0), ((1.0, 1.0),), 0.0, ((-2.0, 2.0), (-1.0, 3.0))),
    Problem("himmelblau", himmelblau, (0.0, 0.0), _HIMMELBLAU, 0.0, ((-5.0, 5.0), (-5.0, 5.0))),
    Problem("beale", beale, (1.0, 1.0), ((3.0, 0.5),), 0.0, ((-4.5, 4.5), (-4.5, 4.5))),
    Problem("rastrigin", rastrigin, (0.2, -0.3), ((0.0, 0.0),), 0.0, ((-5.12, 5.12), (-5.12, 5.12))),
    Problem("ackley", ackley, (0.3, -0.2), ((0.0, 0.0),), 0.0, ((-5.0, 5.0), (-5.0, 5.0))),
    Problem(
        "mccormick",
        mccormick,
        (0.0, 0.0),
        ((0.5 - _A_THIRD, -0.5 - _A_THIRD),),
        -math.sqrt(3) / 2 - _A_THIRD,
        ((-1.5, 4.0), (-3.0, 4.0)),
    ),
    Problem("saddle", saddle, (2.0, 0.001), (), -math.inf, ((-3.0, 3.0), (-3.0, 3.0))),
)
"""Every test function."""
