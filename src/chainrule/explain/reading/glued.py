"""Owns letters that are typed without spaces: "2cosxsinx" is 2 cos x sin x, "xlnx" is x ln x, and "2pix" is 2 pi x.

A word is taken apart where it can be read in one way: up to two letters, then functions, each with one letter as its argument
or with the next function as its argument. What stands after the word is the argument of a function at its end. "asinx" could be
a sin x, and is not taken apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.reading.names import FUNCTIONS

PI = "pi"
_MOST_IN_FRONT = 2
_NAMES = tuple(
    sorted(
        (name for name, function in FUNCTIONS.items() if function.is_of_one and name.isalpha()), key=len, reverse=True
    )
)


def parts_of(word: str) -> tuple[str, ...]:
    """Return the functions and letters of a word in order; nothing where it has none, or more than one reading.

    >>> parts_of("xsinx"), parts_of("lncosx"), parts_of("pir"), parts_of("asinx")
    (('x', 'sin', 'x'), ('ln', 'cos', 'x'), ('pi', 'r'), ())
    """
    if PI in word and len(word) <= _MOST_IN_FRONT + 1:
        before, _, after = word.partition(PI)
        return (*before, PI, *after)
    readings = sorted(_readings(word), key=len)
    if not readings or any(_could_be_split(name, readings) for name in readings[0]):
        return ()
    return readings[0]


def _could_be_split(name: str, readings: list[tuple[str, ...]]) -> bool:
    """Return whether a function such as asin is the letter a and another function in another reading."""
    return name in FUNCTIONS and len(name) > 1 and any("a" in other and name[1:] in other for other in readings[1:])


def _readings(word: str) -> Iterator[tuple[str, ...]]:
    """Yield every way in which a word is letters and functions, with a function at least."""
    for front in range(min(_MOST_IN_FRONT, len(word)) + 1):
        for rest in _functions(word[front:]):
            yield (*word[:front], *rest)


def _functions(word: str) -> Iterator[tuple[str, ...]]:
    """Yield every way in which a word is functions, each with a letter, another function, or what stands after the word."""
    for name in _NAMES:
        if not word.startswith(name):
            continue
        rest = word[len(name) :]
        if len(rest) <= 1:
            yield (name, *rest)
            continue
        for others in _functions(rest):
            yield (name, *others)
        for argument in (rest[:1], PI, PI + rest[2:3]):
            if rest == argument:
                yield (name, *_letters(argument))
            elif rest.startswith(argument):
                for others in _functions(rest[len(argument) :]):
                    yield (name, *_letters(argument), *others)


def _letters(argument: str) -> tuple[str, ...]:
    return (PI, *argument[2:]) if argument.startswith(PI) else (argument,)
