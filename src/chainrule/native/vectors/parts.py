"""Owns the parts that the vector functions share: polynomials, powers of two, signs, and the rare lanes.

Everything is written inline. A lane that an inline formula does not cover is computed again by the scalar C function, in a
block that is reached only if there is such a lane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.native.machine.machine import host
from chainrule.native.vectors.lanes import Lanes

# Adding this number to a small one leaves the latter, rounded to an integer, in the low bits of the sum.
ROUNDER = {"double": 1.5 * 2.0**52, "float": 1.5 * 2.0**23}
MANTISSA = {"double": 52, "float": 23}
ONE_BITS = {"double": 0x3FF0000000000000, "float": 0x3F800000}
SIGN_BIT = {"double": 1 << 63, "float": 1 << 31}


def polynomial(lanes: Lanes, x: str, coefficients: Sequence[float]) -> str:
    """Return the sum of coefficients[i] * x**i, evaluated as a tree (Estrin's scheme) of fours and a chain of those.

    >>> from chainrule.native.machine.text import Body, Module
    >>> body = Body(Module())
    >>> print(polynomial(Lanes(body, 1), "%x", (1.0, 2.0)), *body.lines, sep="; ")  # doctest: +ELLIPSIS
    %v1; entry:;   %v1 = call double @llvm.fma.f64(double 0x4000000000000000, double %x, double 0x3FF0000000000000)
    """
    terms = [lanes.number(coefficient) for coefficient in coefficients]
    if len(terms) <= 3:
        total = terms[-1]
        for term in reversed(terms[:-1]):
            total = lanes.fma(total, x, term)
        return total
    pairs = [lanes.fma(terms[i + 1], x, terms[i]) if i + 1 < len(terms) else terms[i] for i in range(0, len(terms), 2)]
    square = lanes.mul(x, x)
    fours = [
        lanes.fma(pairs[i + 1], square, pairs[i]) if i + 1 < len(pairs) else pairs[i] for i in range(0, len(pairs), 2)
    ]
    total = fours[-1]
    if len(fours) > 1:
        fourth = lanes.mul(square, square)
        for four in reversed(fours[:-1]):
            total = lanes.fma(total, fourth, four)
    return total


def magnitude(lanes: Lanes, x: str) -> str:
    """Return |x|."""
    return lanes.intrinsic("fabs", x)


def with_sign(lanes: Lanes, size: str, sign: str) -> str:
    """Return a number of the size of one and the sign of another."""
    return lanes.intrinsic("copysign", size, sign)


def clamp(lanes: Lanes, x: str, low: float, high: float) -> str:
    """Return x between two bounds; NaN stays."""
    return at_most(lanes, at_least(lanes, x, low), high)


def at_most(lanes: Lanes, x: str, high: float) -> str:
    """Return the smaller of x and a bound; NaN stays."""
    bound = lanes.number(high)
    return lanes.select(lanes.compare("olt", bound, x), bound, x)


def at_least(lanes: Lanes, x: str, low: float) -> str:
    """Return the larger of x and a bound; NaN stays."""
    bound = lanes.number(low)
    return lanes.select(lanes.compare("ogt", bound, x), bound, x)


def not_normal(lanes: Lanes, x: str) -> str:
    """Return the mask of lanes that are not positive normal numbers ("double"): zero, negative, subnormal, infinite and NaN."""
    smallest, infinite = 0x0010000000000000, 0x7FF0000000000000
    past = lanes.bitwise("sub", lanes.to_bits(x), lanes.whole(smallest))
    return lanes.compare_whole("uge", past, lanes.whole(infinite - smallest))


def nearest(lanes: Lanes, x: str, factor: float) -> tuple[str, str]:
    """Return x * factor rounded to an integer (halves to even), and the sum whose low bits hold that integer.

    Right for results below 2**51 ("double") or 2**22 ("float").
    """
    rounder = lanes.number(ROUNDER[lanes.real])
    shifted = lanes.fma(x, lanes.number(factor), rounder)
    return lanes.sub(shifted, rounder), shifted


def power_of_two(lanes: Lanes, shifted: str) -> str:
    """Return 2**n for the integer in the low bits of `shifted`; n must be a normal number's exponent."""
    exponent = lanes.bitwise("shl", lanes.to_bits(shifted), lanes.whole(MANTISSA[lanes.real]))
    return lanes.from_bits(lanes.bitwise("add", exponent, lanes.whole(ONE_BITS[lanes.real])))


def scale(lanes: Lanes, x: str, n: str, shifted: str) -> str:
    """Return x * 2**n rounded once, also where the result is subnormal or overflows; |n| is at most 2000 (200 for "float")."""
    if lanes.width > 1 and host().width == 64:
        return _scale_avx512(lanes, x, n)
    half = lanes.fma(n, lanes.number(0.5), lanes.number(ROUNDER[lanes.real]))
    rest = lanes.bitwise("sub", lanes.to_bits(shifted), lanes.to_bits(half))
    first = lanes.mul(x, power_of_two(lanes, half))
    return lanes.mul(first, power_of_two(lanes, lanes.from_bits(rest)))


def _scale_avx512(lanes: Lanes, x: str, n: str) -> str:
    """Return x * 2**n by one instruction for a register of at most 64 bytes."""
    size = lanes.width * lanes.bits
    if size > 512:
        half = lanes.width // 2
        part = Lanes(lanes.body, half, lanes.real)
        low, high = (
            _scale_avx512(part, _slice(lanes, x, start, half), _slice(lanes, n, start, half)) for start in (0, half)
        )
        return _join(part, low, high)
    if size < 128:
        part = Lanes(lanes.body, 128 // lanes.bits, lanes.real)
        wide = _scale_avx512(part, _grow(lanes, x, part.width), _grow(lanes, n, part.width))
        return _slice(part, wide, 0, lanes.width)
    letter = "pd" if lanes.real == "double" else "ps"
    mask = f"i{max(lanes.width, 8)}"
    rounding, current = (", i32", ", i32 4") if size == 512 else ("", "")
    symbol = lanes.body.module.declare(
        f"llvm.x86.avx512.mask.scalef.{letter}.{size}",
        f"{lanes.type} {{}}({lanes.type}, {lanes.type}, {lanes.type}, {mask}{rounding})",
    )
    return lanes.body.let(
        f"call {lanes.type} {symbol}({lanes.type} {x}, {lanes.type} {n}, {lanes.type} zeroinitializer, {mask} -1{current})"
    )


def _slice(lanes: Lanes, x: str, start: int, count: int) -> str:
    """Return `count` lanes of x from `start` on."""
    indices = ", ".join(f"i32 {i}" for i in range(start, start + count))
    return lanes.body.let(f"shufflevector {lanes.type} {x}, {lanes.type} poison, <{count} x i32> <{indices}>")


def _grow(lanes: Lanes, x: str, count: int) -> str:
    """Return x with more lanes, the new ones of no value."""
    indices = ", ".join(f"i32 {i}" if i < lanes.width else "i32 poison" for i in range(count))
    return lanes.body.let(f"shufflevector {lanes.type} {x}, {lanes.type} poison, <{count} x i32> <{indices}>")


def _join(lanes: Lanes, low: str, high: str) -> str:
    """Return the lanes of two vectors as one."""
    count = 2 * lanes.width
    indices = ", ".join(f"i32 {i}" for i in range(count))
    return lanes.body.let(f"shufflevector {lanes.type} {low}, {lanes.type} {high}, <{count} x i32> <{indices}>")


def in_double(lanes: Lanes, write: Callable[..., str], *operands: str) -> str:
    """Return a function of "float" lanes, computed in "double" and rounded."""
    wide = Lanes(lanes.body, lanes.width, "double")
    longer = [lanes.body.let(f"fpext {lanes.type} {operand} to {wide.type}") for operand in operands]
    return lanes.body.let(f"fptrunc {wide.type} {write(wide, *longer)} to {lanes.type}")


def divide_exactly(lanes: Lanes, top: str, top_rest: str, bottom: str, bottom_rest: str) -> str:
    """Return (top + top_rest) / (bottom + bottom_rest), rounded almost rightly; the rests are small corrections."""
    inverse = lanes.div(lanes.number(1.0), bottom)
    quotient = lanes.mul(top, inverse)
    negative = lanes.neg(quotient)
    rest = lanes.add(lanes.fma(negative, bottom, top), lanes.fma(negative, bottom_rest, top_rest))
    return lanes.fma(rest, inverse, quotient)


def fast_two_sum(lanes: Lanes, x: str, y: str) -> tuple[str, str]:
    """Return x + y rounded and the rounding error, exact if |x| >= |y|."""
    total = lanes.add(x, y)
    return total, lanes.sub(y, lanes.sub(total, x))


def two_sum(lanes: Lanes, x: str, y: str) -> tuple[str, str]:
    """Return x + y rounded and the rounding error, exactly."""
    total = lanes.add(x, y)
    y_part = lanes.sub(total, x)
    return total, lanes.add(lanes.sub(x, lanes.sub(total, y_part)), lanes.sub(y, y_part))


def rarely(lanes: Lanes, mask: str, inline: Sequence[str], write: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    """Return the inline results, or what `write` gives in their place if some lane is in the mask.

    What it writes is in a block of its own, which is jumped over otherwise. The current block afterwards is the one where both
    ways meet.
    """
    body = lanes.body
    start, rare, meet = body.block, body.fresh("rare"), body.fresh("meet")
    body.do(f"br i1 {lanes.any(mask)}, label %{rare}, label %{meet}")
    body.label(rare)
    values = write()
    end = body.block
    body.do(f"br label %{meet}")
    body.label(meet)
    body.memo[meet] = body.memo.setdefault(start, {})
    return tuple(
        body.let(f"phi {lanes.type} [ {result}, %{start} ], [ {value}, %{end} ]")
        for result, value in zip(inline, values, strict=True)
    )


def rescue(lanes: Lanes, mask: str, operands: Sequence[str], inline: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Replace the inline results of the lanes in `mask` by those of scalar functions of C's library.

    inline: pairs of a scalar function's name and the inline result.
    """
    body = lanes.body

    def write() -> list[str]:
        packed = mask if lanes.width == 1 else body.let(f"bitcast {lanes.mask} {mask} to i{lanes.width}")
        arguments = [f"{lanes.type} {operand}" for operand in operands]
        return [
            body.call(
                lanes.type,
                _scalar_calls(lanes, name, len(operands)),
                [*arguments, f"{lanes.type} {result}", f"i{lanes.width} {packed}"],
            )
            for name, result in inline
        ]

    return rarely(lanes, mask, [result for _, result in inline], write)


def _scalar_calls(lanes: Lanes, name: str, arity: int) -> str:
    """Return the symbol of a function that calls a scalar one for each lane of a mask."""
    module, type, real = lanes.body.module, lanes.type, lanes.real
    parameters = ", ".join(f"{real}" for _ in range(arity))
    target = module.declare(name, f"{real} {{}}({parameters})")
    own = f"chainrule_{name}_{lanes.width}"

    def write() -> str:
        packed = f"i{lanes.width}"
        given = ", ".join(f"{type} %x{i}" for i in range(arity))
        head = (
            f"define internal {type} @{own}({given}, {type} %inline, {packed} %mask) noinline cold nounwind {{\nentry:"
        )
        if lanes.width == 1:
            arguments = ", ".join(f"{real} %x{i}" for i in range(arity))
            return f"{head}\n  %value = call {real} {target}({arguments})\n  ret {real} %value\n}}"
        lines = [head]
        for i in range(arity):
            lines += [f"  %m{i} = alloca {type}", f"  store {type} %x{i}, ptr %m{i}"]
        lines += [f"  %out = alloca {type}\n  store {type} %inline, ptr %out\n  br label %lane\nlane:"]
        lines += ["  %i = phi i32 [ 0, %entry ], [ %next, %after ]"]
        lines += [f"  %wide = zext {packed} %mask to i32" if lanes.width < 32 else ""]
        lines += ["  %moved = lshr i32 %wide, %i\n  %bit = trunc i32 %moved to i1"]
        lines += ["  br i1 %bit, label %call, label %after\ncall:"]
        for i in range(arity):
            lines += [f"  %p{i} = getelementptr {real}, ptr %m{i}, i32 %i\n  %s{i} = load {real}, ptr %p{i}"]
        arguments = ", ".join(f"{real} %s{i}" for i in range(arity))
        lines += [f"  %value = call {real} {target}({arguments})\n  %place = getelementptr {real}, ptr %out, i32 %i"]
        lines += [f"  store {real} %value, ptr %place\n  br label %after\nafter:\n  %next = add i32 %i, 1"]
        lines += [f"  %more = icmp ult i32 %next, {lanes.width}\n  br i1 %more, label %lane, label %done\ndone:"]
        lines += [f"  %result = load {type}, ptr %out\n  ret {type} %result\n}}"]
        return "\n".join(lines)

    return module.define(own, write)


def remember(lanes: Lanes, kind: str, operand: str, write: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """Return values written for this operand in a block that leads here; else write them."""
    body = lanes.body
    key = (kind, lanes.type, operand)
    known = body.memo.setdefault(body.block, {})
    if key not in known:
        values = write()
        body.memo.setdefault(body.block, known)[key] = values
        return values
    return known[key]
