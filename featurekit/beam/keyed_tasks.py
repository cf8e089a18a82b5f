"""Tasks as the elements of a pipeline, in the subset of Beam that every engine has.

The pipelines consist of Create, ParDo, GroupByKey and Combine, one after the other.
Engines differ in the rest: some take a Reshuffle for nothing, or work out a side input
once for each reader of it, or compute only one of the ends of a graph.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from featurekit.io.sources import Task

JOB = -1
"""The key of what belongs to the job as a whole; tasks have theirs from 0."""

KeyedTask: TypeAlias = tuple[int, Task | None]


def key_tasks(tasks: Sequence[Task]) -> list[KeyedTask]:
    """The tasks by their index, and an entry for the job: it exists without tasks, too.

    Grouping by the index spreads them over the workers.
    """
    return [(JOB, None), *((task.index, task) for task in tasks)]


def only_tasks(values: Iterable[object]) -> list[Task]:
    """The tasks among what was grouped under one key."""
    return [value for value in values if isinstance(value, Task)]
