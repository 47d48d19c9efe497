"""The playground."""

from chainrule.learn.playground.page import connect, layout

__all__ = ["connect", "layout"]
