"""Figures show what they say: their data are the function's values, and their summaries the numbers that one would see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import plots
from chainrule.plots import backend, style
from chainrule.plots.picture import Picture


def bowl(v: Any) -> Any:
    return v[0] ** 2 + 4 * v[1] ** 2


PICTURES: dict[str, Callable[[], Picture]] = {
    "curve": lambda: plots.curve(np.sin, at=1.0, secants=(1.0, 0.1)),
    "contour": lambda: plots.contour(
        bowl, (-2, 2), (-1, 1), {"a": [[2, 1], [0, 0]], "b": [[1, 1], [0.5, 0]]}, [(0, 0)]
    ),
    "surface": lambda: plots.surface(bowl, (-2, 2), (-1, 1), {"a": [[2, 1], [0, 0]]}),
    "gradient field": lambda: plots.gradient_field(bowl, (-2, 2), (-1, 1), at=(1.0, 0.5)),
    "losses": lambda: plots.losses({"a": [4.0, 2.0, 0.1], "b": [4.0, np.nan]}),
    "learning rates": lambda: plots.learning_rates([0.01, 0.1, 1.0, 2.0], [3.0, 0.1, 2.0, np.inf], 1.1, 0.2, 10),
    "ellipse": lambda: plots.curvature_ellipse([[2.0, 0.5], [0.5, 8.0]], (1.0, 2.0), classification="minimum"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_figure_has_title_axes_summary_and_data_for_json(name: str) -> None:
    picture = PICTURES[name]()
    figure = picture.figure()
    assert picture.title
    assert len(picture.summary) > 20
    assert figure["layout"]["meta"]["summary"] == picture.summary
    axes = figure["layout"].get("scene", figure["layout"])
    assert axes["xaxis"]["title"]["text"]
    assert axes["yaxis"]["title"]["text"]
    assert json.loads(json.dumps(picture.to_dict(), allow_nan=False))["title"] == picture.title


@pytest.mark.parametrize("name", PICTURES)
def test_plotly_accepts_every_figure(name: str) -> None:
    objects = pytest.importorskip("plotly.graph_objects")
    for dark in (False, True):
        figure = objects.Figure(backend.plain(PICTURES[name]().figure(dark)))  # raises for a property that there is not
        assert len(figure.data) == len(PICTURES[name]().traces)


@pytest.mark.parametrize("name", ["contour", "losses"])
def test_series_differ_in_more_than_color(name: str) -> None:
    first, second = [trace for trace in PICTURES[name]().traces if trace["type"] == "scatter"][:2]
    assert first["line"]["dash"] != second["line"]["dash"]
    assert first["marker"]["symbol"] != second["marker"]["symbol"]


def test_colors_differ_in_lightness_or_for_every_kind_of_color_vision() -> None:
    # Viénot, Brettel and Mollon, "Digital video colourmaps for checking the legibility of displays by dichromats", 1999.
    to_cones = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    without = {
        "long": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
        "middle": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
    }
    colors = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for color in style.COLORS]) ** 2.2
    for name, cones in without.items():
        seen = np.clip(colors @ (np.linalg.inv(to_cones) @ cones @ to_cones).T, 0, 1) ** (1 / 2.2)
        distances = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(len(colors), 1)]
        assert distances.min() > 0.1, name


def test_the_curve_is_the_function_and_the_tangent_its_derivative() -> None:
    picture = plots.curve(lambda x: x**3, at=2.0, secants=(0.5,), span=(0, 3))
    curve, secant, tangent, point = picture.traces
    np.testing.assert_allclose(curve["y"], curve["x"] ** 3)
    assert np.diff(tangent["y"]) / np.diff(tangent["x"]) == pytest.approx(12.0)
    assert np.diff(secant["y"]) / np.diff(secant["x"]) == pytest.approx((2.5**3 - 8) / 0.5)
    assert (point["x"], point["y"]) == ([2.0], [8.0])
    assert "slope 12" in picture.summary


def test_a_pole_is_a_gap_and_does_not_flatten_the_rest() -> None:
    picture = plots.curve(lambda x: 1 / x, span=(-1, 1.01))
    (curve,) = picture.traces
    assert np.isnan(curve["y"]).any()
    assert np.diff(picture.figure()["layout"]["yaxis"]["range"]) < 200


def test_functions_that_decide_or_fail_are_shown_point_by_point() -> None:
    def half(x: float) -> float:
        return 1 / 0 if x == 0 else (1.0 if x > 0 else -1.0)

    (curve,) = plots.curve(half, span=(-1, 1)).traces
    assert np.isnan(curve["y"][200])
    assert {-1.0, 1.0} == set(curve["y"][np.isfinite(curve["y"])])


def test_no_tangent_where_the_function_has_none() -> None:
    with pytest.raises(ValueError, match="no tangent"):
        plots.curve(np.log, at=0.0)


def test_contours_hold_the_function_and_the_whole_path() -> None:
    ground, first, *_ = PICTURES["contour"]().traces
    np.testing.assert_allclose(ground["z"][3, 5], bowl((ground["x"][5], ground["y"][3])))
    np.testing.assert_array_equal(first["x"], [2, 0])
    long = np.stack([np.linspace(0, 1, 100_000), np.zeros(100_000)], axis=1)
    thinned = plots.contour(bowl, (-2, 2), (-1, 1), {"long": long}).traces[1]
    assert len(thinned["x"]) <= 2000
    assert (thinned["x"][0], thinned["x"][-1]) == (0, 1)


def test_the_arrow_at_a_point_is_the_gradient() -> None:
    picture = PICTURES["gradient field"]()
    assert "At (1, 0.5) the gradient is (2, 4), of length 4.47214" in picture.summary
    shaft = next(trace for trace in picture.traces if trace.get("name") == "gradient at (1, 0.5)")
    across, up = shaft["x"][1] - 1, shaft["y"][1] - 0.5
    assert up / across == pytest.approx(4 / 2)
    assert across > 0


def test_the_ellipse_is_the_level_set() -> None:
    matrix, center = np.array([[2.0, 0.5], [0.5, 8.0]]), np.array([1.0, 2.0])
    level, *axes = PICTURES["ellipse"]().traces
    v = np.stack([level["x"], level["y"]]) - center[:, None]
    np.testing.assert_allclose(np.einsum("in,ij,jn->n", v, matrix, v), 1)
    values = np.linalg.eigvalsh(matrix)
    lengths = [np.hypot(np.diff(axis["x"]), np.diff(axis["y"]))[0] / 2 for axis in axes]
    np.testing.assert_allclose(lengths, 1 / np.sqrt(values))


def test_a_saddle_has_both_hyperbolas_and_a_flat_direction_is_no_error() -> None:
    names = [trace["name"] for trace in plots.curvature_ellipse([[2.0, 0.0], [0.0, -1.0]]).traces]
    assert names[:2] == ["vᵀHv = 1", "vᵀHv = -1"]
    assert "λ = 0" in plots.curvature_ellipse([[2.0, 0.0], [0.0, 0.0]]).summary
    with pytest.raises(ValueError, match="shape"):
        plots.curvature_ellipse(np.eye(3))


def test_losses_of_a_divergence_leave_a_gap_and_ranges_choose_the_scale() -> None:
    picture = PICTURES["losses"]()
    assert np.isnan(picture.traces[1]["y"][1])
    assert picture.figure()["layout"]["yaxis"]["type"] == "log"
    assert "type" not in plots.losses({"a": [1.0, 0.9]}).figure()["layout"]["yaxis"]


def test_a_page_stands_alone(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    path = plots.losses({"</script><script>alert(1)</script>": [1.0, 0.5]}).save(tmp_path / "a.html")
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert 'lang="en"' in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']?(https?:)?//", page)
    assert "<script>alert(1)" not in page


def test_a_format_that_is_unknown_or_a_package_that_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = plots.losses({"a": [1.0, 0.5]})
    with pytest.raises(ValueError, match=r"\.html.*not 'a\.gif'"):
        picture.save(tmp_path / "a.gif")
    assert json.loads(picture.save(tmp_path / "a.json").read_text(encoding="utf-8"))["data"]

    def refuse(name: str, *_: Any) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(backend.importlib, "import_module", refuse)
    with pytest.raises(cr.MissingPackageError, match="pip install"):
        picture.save(tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()


@pytest.mark.parametrize("bounds", [(1, 1), (2, 1), (0, np.inf), (np.nan, 1)])
def test_a_range_that_is_none_is_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="low < high"):
        plots.contour(bowl, bounds, (0, 1))


def test_a_function_with_several_results_is_refused() -> None:
    with pytest.raises(ValueError, match="one number"):
        plots.curve(lambda x: np.stack([x, x]))


def test_contours_of_few_high_values_are_colored_by_the_logarithm_and_tell_the_values() -> None:
    picture = plots.contour(lambda v: np.exp(v[0] + v[1]), (-6, 6), (-6, 6))
    (ground,) = picture.traces
    assert "logarithm" in picture.summary
    np.testing.assert_allclose(ground["customdata"][-1, -1], np.exp(12))
    assert ground["z"][-1, -1] < 10
    assert "customdata" in ground["hovertemplate"]
    assert "customdata" not in PICTURES["contour"]().traces[0]["hovertemplate"]


def test_a_corner_has_no_tangent():
    picture = plots.curve(np.abs, at=0.0)
    assert "no tangent: the slope is -1 on the left and 1 on the right" in picture.summary
    assert not any("tangent" in trace["name"] for trace in picture.traces)
    assert "tangent" in plots.curve(lambda x: 1e8 + x * np.abs(x), at=0.0).summary
    assert "no tangent" not in plots.curve(lambda x: 1e8 + x * np.abs(x), at=0.0).summary


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.curve(np.sin, at=1.0, secants=(0.0,)), "a number other than 0"),
        (lambda: plots.curve(np.sin, at=np.nan), "at is a finite number"),
        (lambda: plots.curve(np.sin, at="middle"), "at is a finite number, not 'middle'"),
        (lambda: plots.curve(np.sin, span="wide"), "a range is .* not 'wide'"),
        (lambda: plots.curve(np.sin, span=(0, "a")), "a range is .* not \\(0, 'a'\\)"),
        (lambda: plots.curvature_ellipse([[2, 1], [0, 1]]), "a Hessian is symmetric"),
        (lambda: plots.learning_rates([], []), "one number or more"),
        (lambda: plots.losses({"a": []}), "the run 'a' is a list of one loss or more"),
    ],
)
def test_what_cannot_be_drawn_is_told(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_one_rate_that_diverges_is_one():
    picture = plots.learning_rates([0.1, 1.1], [1e-3, np.inf])
    assert "One rate, 1.1, diverges." in picture.summary
