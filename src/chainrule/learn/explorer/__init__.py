"""The explorer."""

from chainrule.learn.explorer.page import connect, layout

__all__ = ["connect", "layout"]
