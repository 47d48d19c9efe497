"""Owns the picture: traces and a layout as plain data, with a title and a summary in words, and every way to show it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from chainrule.plots import backend
from chainrule.plots.style import layout_of

FORMATS = (".html", ".png", ".svg", ".pdf", ".json")


@final
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Picture:
    """A figure that can be shown in a notebook, written to a file, or handed to Dash.

    title: what is shown. summary: the same in words and numbers, for who cannot see it. traces: what is drawn, as Plotly's
    data. axes: the names of the axes, x first. layout: what this figure sets besides the house style.
    """

    title: str
    summary: str
    traces: tuple[Mapping[str, Any], ...]
    axes: tuple[str, ...] = ()
    layout: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Picture({self.title!r}): {self.summary}"

    def figure(self, dark: bool = False) -> dict[str, Any]:
        """Return the figure as Plotly's JSON: a dict of `data` and `layout`, which Dash's Graph takes as it is."""
        style = layout_of(self.title, self.axes, dark)
        for name, value in (self.layout or {}).items():
            style[name] = {**style[name], **value} if isinstance(style.get(name), dict) else value
        style["meta"] = {"summary": self.summary}
        return {"data": [dict(trace) for trace in self.traces], "layout": style}

    def to_dict(self, dark: bool = False) -> dict[str, Any]:
        """Return title, summary and figure as plain data, for JSON."""
        return {"title": self.title, "summary": self.summary, "figure": backend.plain(self.figure(dark))}

    def to_html(self, dark: bool = False) -> str:
        """Return a page that stands alone: Plotly's script is written into it, and nothing is loaded from outside."""
        title, summary = html.escape(self.title), html.escape(self.summary)
        ground, ink = ("#14161a", "#e6e6e6") if dark else ("#ffffff", "#1c1c1c")
        return (
            f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>\n'
            f"<style>body{{font-family:sans-serif;background:{ground};color:{ink};margin:1rem}}</style></head>\n"
            f'<body><main><figure><div role="img" aria-label="{summary}">\n{backend.html_part(self.figure(dark))}\n</div>\n'
            f"<figcaption>{summary}</figcaption></figure></main></body>\n</html>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Write the figure to a file, and return its path; the ending says how: .html, .json, .png, .svg or .pdf.

        Pictures (.png, .svg, .pdf) need the package kaleido and a Chromium. Raises ValueError for another ending,
        MissingPackageError where a package is not installed.
        """
        target = Path(path)
        ending = target.suffix.lower()
        if ending not in FORMATS:
            raise ValueError(f"a figure is written as one of {', '.join(FORMATS)}, not {target.name!r:.60}")
        if ending == ".html":
            target.write_text(self.to_html(), encoding="utf-8")
        elif ending == ".json":
            target.write_text(backend.json_text(self.figure()), encoding="utf-8")
        else:
            target.write_bytes(backend.image(self.figure(), ending[1:]))
        return target

    def show(self) -> None:
        """Open the figure in the notebook, or in the browser."""
        backend.show(self.figure())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"application/vnd.plotly.v1+json": backend.plain(self.figure()), "text/plain": repr(self)}
