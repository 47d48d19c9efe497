"""Owns which native code is kept for the next time: by the code of the function, and what that reads besides its arguments."""

from __future__ import annotations

import threading
import types
import weakref
from abc import ABC
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chainrule.optim.kept.surroundings import Surroundings, code_of, owner_of

KEPT = 64
"""Native code is kept for so many kinds of functions, those used last."""
LIGHT = 1 << 20
"""What reads arrays of more bytes is forgotten with its function, whose data it would keep in memory."""
_ALIKE = 8  # so much is kept for functions that have the same code


class Kept(ABC):
    """Native code of a function; a kind of it derives from this.

    It refers to the function while it is at work only, so that a function that nobody needs any more can go: `place` is the
    cell of a closure where it is looked for. others: objects beside the function that may change.
    is_lasting: whether it is kept for functions with the same code and surroundings.
    """

    def __init__(self, fun: Callable[..., Any], place: types.CellType, others: Sequence[Any] = ()) -> None:
        self.surroundings = Surroundings(fun, others)
        self.is_lasting = False
        self._place = place
        self._lent = 0
        self._lock = threading.Lock()
        self._place.cell_contents = None

    def take(self, fun: Callable[..., Any]) -> None:
        """Let the code have its function until `give_back`."""
        with self._lock:
            self._lent += 1
            self._place.cell_contents = fun

    def give_back(self) -> None:
        """Forget the function, unless another thread is at work."""
        with self._lock:
            self._lent -= 1
            if not self._lent:
                self._place.cell_contents = None


KeptT = TypeVar("KeptT", bound=Kept)

_known: OrderedDict[Any, list[Any]] = OrderedDict()
_lock = threading.RLock()


def cell_of(function: Callable[..., Any], name: str) -> types.CellType:
    """Return where a function keeps a name of its closure."""
    assert isinstance(function, types.FunctionType)
    assert function.__closure__ is not None
    return function.__closure__[function.__code__.co_freevars.index(name)]


def find(
    fun: Callable[..., Any],
    form: Any,
    choose: Callable[[list[KeptT]], KeptT | None],
    make: Callable[[list[KeptT]], KeptT],
) -> KeptT:
    """Return what is kept for functions with the code of this one that read the same; a new one where nothing fits.

    form: has a hash, and tells apart what else it depends on. choose: takes what is known for such functions, the newest first,
    and returns what fits, or None. make: takes the same, and makes a new one.
    """
    key = code_of(fun), form
    with _lock:
        known = [each for each in _known.get(key, ()) if each.surroundings.are_those_of(fun)]
        found = choose(known)
        if found is not None:
            _known.move_to_end(key)
            return found
        made = make(known)
        if made.surroundings.is_known and _remember(key, fun, made):
            while len(_known) > KEPT:
                _known.popitem(last=False)
    return made


def _remember(key: Any, fun: Callable[..., Any], made: Kept) -> bool:
    """Keep native code; return whether that can be done. What is known of a function by its identity goes with it."""
    if made.surroundings.nbytes > LIGHT or isinstance(key[0], int):
        if made.surroundings.is_circular:  # it would keep the function
            return False
        try:
            weakref.finalize(owner_of(fun), _forget, key, weakref.ref(made)).atexit = False
        except TypeError:  # it cannot be watched
            return False
    else:
        made.is_lasting = True
    alike = _known.setdefault(key, [])
    alike.insert(0, made)
    del alike[_ALIKE:]
    return True


def _forget(key: Any, reference: weakref.ref[Kept]) -> None:
    with _lock:
        known = [each for each in _known.get(key, ()) if each is not reference()]
        if known:
            _known[key] = known
        else:
            _known.pop(key, None)
