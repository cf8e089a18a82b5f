"""Parts of the local time in ONNX, in exact integer arithmetic."""

from onnx import TensorProto

from featurekit.plan import ops
from featurekit.serve.onnx.graph_builder import GraphBuilder, Outcome, Value

DAY = 86_400


def extract_time_part(g: GraphBuilder, op: ops.ExtractTimePart, x: Value) -> Outcome:
    """The part of the local time."""
    seconds = _floordiv(g, x.tensor, 1_000_000)
    local = g.op("Add", seconds, _offsets(g, op, seconds))
    day = _floordiv(g, local, DAY)
    if op.part == "minute":
        found = _mod(g, _floordiv(g, local, 60), 60)
    elif op.part == "hour":
        found = _floordiv(g, _mod(g, local, DAY), 3600)
    elif op.part == "day_of_week":
        found = _mod(g, _plus(g, day, 3), 7)  # 1970-01-01 was a Thursday
    else:
        found = _date_part(g, op.part, day)
    return Outcome(Value(found, x.valid))


def _offsets(g: GraphBuilder, op: ops.ExtractTimePart, seconds: str) -> str:
    if not op.transitions:
        return g.integer(op.offsets[0])
    passed = g.count_reached(seconds, g.integer([op.transitions]))
    return g.op("Gather", g.integer(op.offsets), passed)


def _date_part(g: GraphBuilder, part: str, day: str) -> str:
    """Day of month, day of year, month, or year, by Hinnant's `civil_from_days`.

    Years are counted from March, so that the leap day is the last one:
    howardhinnant.github.io/date_algorithms.html.
    """
    shifted = _plus(g, day, 719_468)  # days since 0000-03-01
    of_era = _mod(g, shifted, 146_097)
    year = g.op("Sub", of_era, _floordiv(g, of_era, 1460))
    year = g.op("Add", year, _floordiv(g, of_era, 36_524))
    year = g.op("Sub", year, _floordiv(g, of_era, 146_096))
    year = _floordiv(g, year, 365)
    leaps = g.op("Sub", _floordiv(g, year, 4), _floordiv(g, year, 100))
    of_year = g.op("Sub", of_era, g.op("Add", _times(g, year, 365), leaps))
    month = _floordiv(g, _plus(g, _times(g, of_year, 5), 2), 153)  # from March
    if part == "day_of_month":
        start = _floordiv(g, _plus(g, _times(g, month, 153), 2), 5)
        return g.op("Sub", of_year, start)
    if part == "month":
        return _mod(g, _plus(g, month, 2), 12)
    # January and February end the year that began in March.
    ends = g.op("GreaterOrEqual", month, g.integer(10))
    calendar = g.op("Add", year, g.cast(ends, TensorProto.INT64))
    if part == "year":
        return g.op("Add", _times(g, _floordiv(g, shifted, 146_097), 400), calendar)
    leap = g.cast(_is_leap(g, calendar), TensorProto.INT64)
    later = g.op("Add", _plus(g, of_year, 59), leap)
    return g.op("Where", ends, _plus(g, of_year, -306), later)


def _is_leap(g: GraphBuilder, year: str) -> str:
    by_4, by_100, by_400 = (
        g.op("Equal", _mod(g, year, n), g.integer(0)) for n in (4, 100, 400)
    )
    return g.op("Or", g.op("And", by_4, g.op("Not", by_100)), by_400)


def _floordiv(g: GraphBuilder, x: str, divisor: int) -> str:
    """The quotient, rounded down; Div of integers rounds toward zero."""
    towards_zero = g.op("Div", x, g.integer(divisor))
    rest = g.op("Mod", x, g.integer(divisor))
    inexact = g.op("Greater", rest, g.integer(0))
    lower = g.op("And", inexact, g.op("Less", x, g.integer(0)))
    return g.op("Sub", towards_zero, g.cast(lower, TensorProto.INT64))


def _mod(g: GraphBuilder, x: str, divisor: int) -> str:
    return g.op("Mod", x, g.integer(divisor))  # of the sign of the divisor


def _plus(g: GraphBuilder, x: str, number: int) -> str:
    return g.op("Add", x, g.integer(number))


def _times(g: GraphBuilder, x: str, number: int) -> str:
    return g.op("Mul", x, g.integer(number))
