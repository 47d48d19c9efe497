"""Owns the lesson on backpropagation: the sigmoid neuron and a two-layer network, one node at a time; why order matters."""

from __future__ import annotations

import chainrule as cr
from chainrule.explain.backpropagation.run import Backprop
from chainrule.learn.blocks import Exercise, Formula, Lesson, Live, Shown, Slider, Text

NEURON = "y = sigmoid(w x + b); L = (y - t)^2"
RECENT = 4
"""Steps that are shown before the one under way."""
NETWORK = "h = tanh(u x + c); y = sigmoid(w h + b); L = (y - t)^2"


def neuron(w: float, x: float, b: float, t: float, step: float) -> Shown:
    """Show the neuron's graph, and one step of its run forward and backward."""
    return _shown(cr.backprop(NEURON, w=w, x=x, b=b, t=t), step)


def network(u: float, w: float, x: float, step: float) -> Shown:
    """Show a network of two layers, and one step of its run."""
    return _shown(cr.backprop(NETWORK, u=u, c=0.1, w=w, b=-0.2, x=x, t=1.0), step)


def paths(function: str, a: float) -> Shown:
    """Show a value that is used twice: its adjoint is the sum over both ways, and the order matters."""
    run = cr.backprop(function, a)
    return Shown(report=str(run.compare_orders()), drawing=run.to_svg(), summary=_summary(run, len(run.steps())))


def _shown(run: Backprop, step: float) -> Shown:
    """Return the graph as far as it is known, the step under way, and the steps before it."""
    steps = run.steps()
    count = min(int(step), len(steps))
    now = steps[count - 1]
    way = "Forward" if now.is_forward else "Backward"
    lines = [f"**Step {count} of {len(steps)}. {way}: {now.text}**", "", f"`{now.equation}`"]
    before = steps[max(0, count - 1 - RECENT) : count - 1]
    if before:
        lines += ["", "Just before:", "", *(f"- `{one.equation}`" for one in reversed(before))]
    return Shown("\n".join(lines), drawing=run.to_svg(count), summary=_summary(run, count))


def _summary(run: Backprop, count: int) -> str:
    """Return in words what the graph shows after so many steps."""
    nodes = len(run.nodes)
    known = {one.node for one in run.steps()[nodes:count]}
    told = [f"{run.result} = {run.value:.6g}"] if count >= nodes else []
    told += [f"∂{run.result}/∂{name} = {slope:.6g}" for name, slope in run.gradients.items() if name in known]
    return (
        f"The graph of {run.result}: {min(count, nodes)} of {nodes} values and {len(known)} of {nodes} adjoints are known"
        f"{''.join(f'; {each}' for each in told)}."
    )


LESSON = Lesson(
    slug="backpropagation",
    title="Backpropagation: the chain rule with bookkeeping",
    minutes=10,
    goal="Run a neuron forward, then backward one node at a time, and see how every weight gets its share of the blame.",
    body=(
        Text(
            r"""
            A neuron multiplies, adds, and squashes: $y = \sigma(wx + b)$. The loss compares its answer with the target $t$:
            $L = (y - t)^2$. How should $w$ change to make $L$ smaller? We need $\frac{\partial L}{\partial w}$, and
            $\frac{\partial L}{\partial b}$, and in a real network millions more.

            **Forward**: compute every value once, and keep it. **Backward**: begin with $\frac{\partial L}{\partial L} = 1$ and
            go from the result to the inputs. Each node receives one number, its **adjoint**: how much the loss changes for each
            unit that the node changes. It hands it on, multiplied by the **local derivative** on each edge.

            $$\displaystyle \frac{\partial L}{\partial w} = \frac{\partial L}{\partial y} \cdot \frac{\partial y}{\partial v}
            \cdot \frac{\partial v}{\partial w}$$

            Every local derivative needs only the values at that node. Here $v$ is what the sigmoid gets, $wx + b$; the graph
            calls it `v2`, and the sigmoid σ. The plain numbers are values, the red ones adjoints;
            the red factor on an edge is its local derivative. What is pale is yet to be computed. **Move the step**, and follow
            one node at a time.
            """
        ),
        Live(
            "neuron",
            "A sigmoid neuron, one node at a time",
            (
                Slider("step", "Step", 1, 18, 1, 12),
                Slider("w", "Weight w", -2, 2, 0.1, 0.5),
                Slider("x", "Input x", -3, 3, 0.1, 2.0),
                Slider("b", "Bias b", -2, 2, 0.1, -1.0),
                Slider("t", "Target t", 0, 1, 0.1, 1.0),
            ),
            neuron,
        ),
        Text(
            r"""
            ## Two layers

            Nothing new happens in a deeper network; there are only more nodes. The adjoint of the hidden value $h$ is computed
            once and serves everything before it. That is why the gradient by *all* weights costs only a few times as much as the
            loss itself.
            """
        ),
        Live(
            "network",
            "Two layers",
            (
                Slider("step", "Step", 1, 28, 1, 20),
                Slider("u", "First weight u", -3, 3, 0.1, 1.0),
                Slider("w", "Second weight w", -3, 3, 0.1, 1.5),
                Slider("x", "Input x", -3, 3, 0.1, 1.0),
            ),
            network,
        ),
        Text(
            r"""
            ## Where ways meet

            When a value is used twice, the loss feels it along both ways, and **its adjoint is the sum**. A node may hand on its
            adjoint only when all of it has arrived: that is why the backward run goes in the opposite order of the forward run.
            Below $a$ is used twice, and so is $b$. The three columns compare what a run gives that waits, one that hands on at
            once, and one that forgets to add.
            """
        ),
        Live(
            "paths",
            "The trap: why the order matters",
            (
                Formula("function", "A text in which a value is used twice", "b = a^2; c = b + a; L = b c"),
                Slider("a", "a", -3, 3, 0.5, 1.5),
            ),
            paths,
        ),
    ),
    change=(
        "Make the weight of the neuron large, so that the sigmoid saturates. What happens to every adjoint before it?",
        "Set the target to the neuron's output. Why is every adjoint but the first 0?",
        "Type `b = a + a; c = b + b; L = c` in the last figure. Why does handing on at once give 6 instead of 4?",
    ),
    takeaways=(
        "Forward computes values, backward computes adjoints, each once.",
        "Along an edge the adjoint is multiplied by the local derivative; where ways meet, contributions are added.",
        "A node hands its adjoint on when it is complete: the reverse of the forward order.",
        "The whole gradient costs a few times as much as the loss, however many weights there are.",
    ),
    exercises=tuple(
        Exercise("neuron backprop", level, seed) for level, seed in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1))
    ),
)
