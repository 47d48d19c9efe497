"""Owns what the explorer writes to a file: Python that reproduces it, LaTeX, and a page."""

from __future__ import annotations

import chainrule as cr
from chainrule.learn.explorer.state import State, point_of
from chainrule.learn.methods import METHODS


def as_python(state: State) -> str:
    """Return a script that prints the derivation and the descent."""
    d = cr.explain(state.function, detail="brief")
    point = point_of(state.at, d.names)
    is_one = len(d.names) == 1
    start = repr(next(iter(point.values()))) if is_one else f"np.array({list(point.values())!r})"
    call = "d.function(x)" if is_one else "d.function(*(x[place] for place in range(len(d.names))))"
    method = METHODS[state.method].__name__
    return (
        "import numpy as np\n\nimport chainrule as cr\n\n"
        f"d = cr.explain({state.function!r}, detail={state.detail!r})\nprint(d)\n\n\n"
        f"def f(x):\n    return {call}\n\n\n"
        f"start = {start}\n"
        "print(cr.curvature(f, start))\nprint(cr.learning_rate(f, start))\n"
        f"print(cr.minimize(f, start, cr.optim.{method}({state.rate!r}), steps={state.steps}))\n"
    )


def as_latex(state: State) -> str:
    """Return the derivation as a LaTeX document."""
    return cr.explain(state.function, detail=state.detail).to_latex(document=True)


def as_page(state: State) -> str:
    """Return the derivation as a page that stands alone."""
    return cr.explain(state.function, detail=state.detail).to_html()


FORMATS = {
    "Python": (as_python, "explore.py"),
    "LaTeX": (as_latex, "derivation.tex"),
    "HTML": (as_page, "derivation.html"),
}
"""By the button's name: what writes the file, and what the file is called."""
