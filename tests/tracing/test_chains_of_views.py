"""Proves that views of views of views are read as NumPy's are, however many there are, before and after assignments."""

import numpy as np
import pytest

import chainrule as cr

DEEP = 2000  # more than Python's calls may nest
STEPS = {
    "x[::-1]": lambda x: x[::-1],
    "reshape": lambda x: np.reshape(np.reshape(x, (2, 2)), 4),
    "ravel": lambda x: np.ravel(np.expand_dims(x, 0)),
    "transpose": lambda x: x.reshape(2, 2).T.T.reshape(4),
    "flip": np.flip,
}
X = np.array([0.5, -1.0, 2.0, 3.0])


@pytest.mark.parametrize("name", STEPS)
def test_a_chain_may_be_longer_than_calls_may_nest(name):
    def f(x):
        for _ in range(DEEP):
            x = STEPS[name](x)
        return np.sum(x**2)

    np.testing.assert_array_equal(cr.grad(f)(X), 2 * X)


@pytest.mark.parametrize("name", STEPS)
def test_an_assignment_below_a_chain_is_seen_at_its_end(name):
    def f(x):
        base = x * 1.0
        views = [base]
        for _ in range(DEEP // 4):
            views.append(STEPS[name](views[-1]))
        base[1] = 7.0 * base[0]
        return np.sum(views[-1] ** 2) + views[len(views) // 2][1]

    assert f(X.copy()) == cr.value_and_grad(f)(X)[0]
    expected = cr.jacobian(f, mode="forward")(X)
    np.testing.assert_allclose(cr.grad(f)(X), expected, rtol=1e-12)
    cr.check_grad(f, X)


def test_an_assignment_in_the_middle_of_a_chain_is_seen_on_both_sides_and_beside_it():
    def f(x):
        base = x * 2.0
        halves = base.reshape(2, 2)
        beside = base[1:]
        turned = halves.T
        last = turned[::-1].ravel()
        turned[0] = turned[0] * x[3]
        again = turned[1]
        beside[0] = x[0] ** 2
        again += 1.0
        return np.sum(base**2) + np.sum(halves * turned) + np.sum(last * x) + beside[0] * beside[-1]

    assert f(X.copy()) == pytest.approx(cr.value_and_grad(f)(X)[0], rel=1e-15)
    cr.check_grad(f, X)


def test_a_view_of_a_copy_of_elements_knows_that_it_is_one():
    def f(x):
        windows = np.lib.stride_tricks.sliding_window_view(x * 1.0, 2)
        flat = windows.ravel()  # NumPy copies it, since windows overlap
        flat[0] = 10.0
        return np.sum(flat**2) + np.sum(windows**3)

    value = cr.value_and_grad(f)(X)[0]
    windows = np.lib.stride_tricks.sliding_window_view(X, 2)
    flat = windows.ravel().copy()
    flat[0] = 10.0
    assert value == np.sum(flat**2) + np.sum(windows**3)


def test_elements_are_asked_for_protocols_that_they_do_not_have_without_a_search_for_the_users_line(monkeypatch):
    asked = []
    monkeypatch.setattr("chainrule.tracing.operators.where", lambda: asked.append(1) or "")
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.array([x[0], x[1] * 2.0, 3.0])))(X), [1.0, 2.0, 0.0, 0.0])
    assert not asked
