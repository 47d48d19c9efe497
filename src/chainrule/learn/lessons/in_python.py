"""Owns the lesson in Python: manual descent and automatic differentiation side by side, to copy and to run."""

from __future__ import annotations

import contextlib
import io

from chainrule.learn.blocks import Code, Exercise, Lesson, Live, Shown, Slider, Text

MANUAL = """\
def f(x):
    return x**2

def slope(x):          # worked out by hand: the power rule
    return 2 * x

x, learning_rate = 5.0, 0.1
for step in range(1, 11):
    x = x - learning_rate * slope(x)
    print(f"step {step:2}: x = {x:.4f}, f(x) = {f(x):.4f}")
"""

AUTOMATIC = """\
import chainrule as cr

def f(x):
    return x**2

slope = cr.grad(f)     # worked out by the library: any f will do

x, learning_rate = 5.0, 0.1
for step in range(1, 11):
    x = x - learning_rate * slope(x)
    print(f"step {step:2}: x = {x:.4f}, f(x) = {f(x):.4f}")
"""

NETWORK = """\
import numpy as np
import chainrule as cr

rng = np.random.default_rng(0)
X = rng.normal(size=(64, 2))
target = (X[:, 0] * X[:, 1] > 0).astype(float)  # no straight line parts them

def loss(weights):
    hidden = np.tanh(X @ weights["W"] + weights["b"])
    score = hidden @ weights["v"] + weights["c"]
    return np.mean(np.logaddexp(0, score) - target * score)

start = {"W": rng.normal(size=(2, 8)), "b": np.zeros(8), "v": rng.normal(size=8), "c": 0.0}
found = cr.minimize(loss, start, cr.optim.Adam(0.05), steps=300, tol=0.0)
print(f"loss before {found.losses[0]:.3f}, after {found.fun:.3f}")
"""


def _printed(source: str) -> str:
    """Return what a program of this module prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "<lesson>", "exec"), {"__name__": "lesson"})  # the text above, never the reader's
    return out.getvalue()


def manual() -> str:
    """Return what the manual descent prints."""
    return _printed(MANUAL)


def automatic() -> str:
    """Return what the same descent prints with an automatic derivative."""
    return _printed(AUTOMATIC)


def network() -> str:
    """Return what training the network prints."""
    return _printed(NETWORK)


def both(rate: float, steps: float) -> Shown:
    """Show the two descents beside each other."""
    by_hand = MANUAL.replace("0.1\n", f"{rate:.4g}\n").replace("range(1, 11)", f"range(1, {int(steps) + 1})")
    by_library = AUTOMATIC.replace("0.1\n", f"{rate:.4g}\n").replace("range(1, 11)", f"range(1, {int(steps) + 1})")
    left, right = _printed(by_hand).splitlines(), _printed(by_library).splitlines()
    rows = ["| by hand | by the library |", "|---|---|"]
    pairs = zip(left, right, strict=True)
    rows += [f"| `{one}` | `{other}` |".replace("step  ", "step \u00a0") for one, other in pairs]
    same = "Every line is the same." if left == right else "The lines differ."
    return Shown("\n".join([*rows, "", same]))


LESSON = Lesson(
    slug="in-python",
    title="The same in Python",
    minutes=6,
    goal="Write a descent by hand, then let the library find the derivative, and train a small network the same way.",
    body=(
        Text(
            r"""
            Here is gradient descent as you would write it the first time. The derivative was worked out on paper.
            """
        ),
        Code(MANUAL, manual),
        Text(
            r"""
            ## Automatic differentiation

            Now let the library find the derivative. It runs your function once, records each operation, and applies the rule of
            each: exactly, without any $h$. The only change is where the slope comes from.
            """
        ),
        Code(AUTOMATIC, automatic),
        Text(
            r"""
            ## Side by side

            The two programs again, with a learning rate and a number of steps of yours.
            """
        ),
        Live(
            "both",
            "By hand and by the library",
            (Slider("rate", "Learning rate", -3, 0.1, 0.05, -1.0, powers=True), Slider("steps", "Steps", 1, 20, 1, 10)),
            both,
        ),
        Text(
            r"""
            ## A network

            On paper this one would take an afternoon. For the library it is the same: a function of numbers, 33 of them here.
            """
        ),
        Code(NETWORK, network),
    ),
    change=(
        "Copy the second program and replace $x^2$ by a function of your own. Nothing else has to change.",
        "Push the learning rate above 1 in the figure. Where does the walk go, and do the two columns still agree?",
        "Copy the network and leave out `np.tanh`. Why does the loss stay high?",
    ),
    takeaways=(
        "A derivative by hand and one by automatic differentiation give the same numbers.",
        "`cr.grad(f)` takes plain NumPy; nothing is rewritten.",
        "Training a network is descent on a function of many numbers.",
    ),
    exercises=(
        Exercise("descent step", 1, 3),
        Exercise("descent step", 2, 3),
        Exercise("gradients", 1, 3),
        Exercise("chain", 2, 4),
        Exercise("neuron backprop", 1, 3),
    ),
)
