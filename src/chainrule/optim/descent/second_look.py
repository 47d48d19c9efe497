"""Owns how a diagnosis runs the user's function again, after the descent: nothing that happens then may be noticed."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, final

import numpy as np

from chainrule.native.recording.capture import RandomWatch, surroundings


@final
class SecondLook:
    """The time in which functions of the user's are run once more: errors end it, and go no further.

    They may raise whatever they want: a file is gone, a budget of calls is used up. The descent is over, and the message about it
    says less then. Random numbers that are drawn meanwhile are drawn again later, unless other threads run.

    functions: with what else the generators of random numbers may be found in, such as arguments.

    >>> def fun():
    ...     raise OSError("the file is gone")
    >>> with SecondLook(fun):
    ...     fun()
    """

    __slots__ = ("_quiet", "_random")

    def __init__(self, *functions: Any) -> None:
        self._random = RandomWatch(surroundings(*functions)[1])
        self._quiet = np.errstate(all="ignore")

    def __enter__(self) -> None:
        self._quiet.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        self._quiet.__exit__(kind, error, at)
        if threading.active_count() == 1:  # else another thread may have drawn some, and would get them twice
            self._random.rewind()
        return isinstance(error, Exception)  # Ctrl-C goes on
