"""Owns what every report can do: print itself as text, in a terminal, as HTML and as Markdown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from chainrule.explain.pages import markup, plain, terminal
from chainrule.explain.pages.page import Page


class Report(ABC):
    """What a report can do once it says what is on its page."""

    __slots__ = ()

    @abstractmethod
    def page(self) -> Page:
        """Return what the report says."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data that JSON can hold."""

    def __str__(self) -> str:
        return plain.write(self.page())

    def __rich__(self) -> Any:
        return terminal.write(self.page())

    def _repr_html_(self) -> str:
        return markup.html_document(self.page())

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        return markup.markdown(self.page())

    def _repr_markdown_(self) -> str:
        return self.to_markdown()
