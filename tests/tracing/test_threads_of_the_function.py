"""Proves that threads which a function starts may record at the same time, and that what they do later harms nothing."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.tracing.record import RecordTrace


class Interrupted(list):
    """A list of nodes in which another thread is faster with the first operation: it records one in the middle of it."""

    def __init__(self, nodes, meanwhile):
        super().__init__(nodes)
        self.meanwhile = meanwhile

    def append(self, node):
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        super().append(node)


def racing(x):
    others = []
    x.owner.nodes = Interrupted(x.owner.nodes, lambda: others.append(np.cos(x) * 3.0))
    return np.sum(np.sin(x) * others[0])


@pytest.mark.parametrize(
    "gradient",
    [
        cr.grad(racing),
        lambda x: cr.jit(cr.grad(racing))(x),
        cr.grad(cr.checkpoint(racing)),
        lambda x: cr.backprop(racing, x).gradients["x"],
    ],
)
def test_operations_of_two_threads_at_once_are_told_apart(gradient):
    x = np.array([0.1, 0.4, 0.9])
    np.testing.assert_allclose(gradient(x), 3 * np.cos(2 * x), rtol=1e-12)


def test_what_a_thread_adds_after_the_end_is_not_in_the_program():
    trace = RecordTrace()
    x = trace.input(np.float64(2.0))
    x * x
    nodes = trace.finish()
    trace.nodes.append("late")  # by an operation that began before
    assert [node.index for node in nodes] == [0, 1]
    with pytest.raises(cr.EscapedTraceError):
        x * x
