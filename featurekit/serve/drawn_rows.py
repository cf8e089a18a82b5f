"""Rows drawn at random, the same ones for the same plan."""

import math
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeAlias

import pyarrow as pa

from featurekit.backends.host.executor import HostBackend
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.serve.edge_rows import (
    accepted_values,
    list_sizes,
    reads_bytes,
    to_batch,
    together,
)
from featurekit.spec.inputs import element_dtype

Draw: TypeAlias = Callable[[], Any]
UNUSUAL = 0.3
LARGEST_NUMBER = 1e6
"""Beyond this a model's output is more about rounding than about the model; the rows
of unusual values go there."""

_SHARES = (UNUSUAL, UNUSUAL, UNUSUAL, 0.7, 1.0)
_LONGEST_TEXT = 12
_LONGEST_LIST = 6
_LETTERS = "abcxyzABCXYZ0189 _-.,éßñøΩж日本語한😀\u0301\u200d"
_FIRST_TIME, _LAST_TIME = 315_532_800_000_000, 2_524_608_000_000_000  # 1980 to 2050


def drawn_rows(plan: Plan, count: int) -> pa.RecordBatch:
    """Rows that the plan accepts: 30 % of the values unusual, the others not.

    Args:
        plan: The preprocessing. Its fingerprint is the seed.
        count: How many rows; fewer where the plan accepts few of those drawn.
    """
    random = Random(plan.fingerprint())
    backend, known = HostBackend(plan), accepted_values(plan)
    unusual = {name: [*filter(_is_of_size, values)] for name, values in known.items()}
    usual = {
        name: partial(random.choice, known[name] or [None])
        if reads_bytes(plan, name)
        else _usual(plan, name, random)
        for name in plan.columns
    }
    parts: list[pa.RecordBatch] = []
    wanted = count
    # A plan that refuses much still accepts what it does among the unusual values.
    for share in _SHARES:
        values = {
            name: [
                random.choice(unusual[name])
                if unusual[name] and random.random() < share
                else draw()
                for _ in range(2 * count)
            ]
            for name, draw in usual.items()
        }
        batch = to_batch(plan, values)
        kept = backend.run(batch).accepted_rows[:wanted]
        parts.append(batch.take(pa.array(kept)))
        wanted -= len(kept)
        if not wanted:
            break
    return together(parts)


def _is_of_size(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_of_size, value))
    return not isinstance(value, float) or not abs(value) > LARGEST_NUMBER


def _usual(plan: Plan, column: str, random: Random) -> Draw:
    """Draws values of a column that are nothing special."""
    dtype = plan.columns[column].dtype
    element = element_dtype(dtype)
    draw = _value(plan, column, element or dtype, random)
    if element is None:
        return draw
    sizes = [*list_sizes(plan, column)] or range(_LONGEST_LIST + 1)
    return lambda: [draw() for _ in range(random.choice(sizes))]


def _value(plan: Plan, column: str, dtype: str, random: Random) -> Draw:
    fresh = _FRESH[dtype]
    learned = [] if dtype == "timestamp" else _tokens(plan, column)
    if not learned:
        return lambda: fresh(random)
    return lambda: random.choice(learned) if random.random() < 0.5 else fresh(random)


def _tokens(plan: Plan, column: str) -> list[Any]:
    """All tokens of all vocabularies of the column."""
    return [
        token.decode() if isinstance(token, bytes) else token
        for index, node in enumerate(plan.nodes)
        if isinstance(node.op, ops.LookupVocabulary)
        and plan.columns_of[index] == (column,)
        for token in node.op.vocabulary.tokens
    ]


def _number(random: Random) -> float:
    size = 10 ** random.uniform(-3, math.log10(LARGEST_NUMBER))
    return random.choice((-1, 1)) * size


def _integer(random: Random) -> int:
    return round(_number(random))


def _text(random: Random) -> str:
    return "".join(random.choices(_LETTERS, k=random.randrange(_LONGEST_TEXT)))


def _time(random: Random) -> int:
    return random.randrange(_FIRST_TIME, _LAST_TIME)


_FRESH: dict[str, Callable[[Random], Any]] = {
    "float32": _number,
    "int64": _integer,
    "string": _text,
    "timestamp": _time,
}
