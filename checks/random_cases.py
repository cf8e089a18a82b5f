"""Random specs and random tables, as the code that makes them.

A case is text: what a failure prints is what was run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

import featurekit as fk
from checks.random_draw import Draw
from checks.random_features import feature
from checks.random_tables import column


@dataclass(frozen=True)
class RandomCase:
    """A spec and a table.

    Args:
        features: Code of each feature, by name.
        columns: Code of each Arrow column, by name.
        start: The first row of the table that is used.
        rows: How many rows are used.
    """

    features: Mapping[str, str]
    columns: Mapping[str, str]
    start: int
    rows: int

    @property
    def code(self) -> str:
        """A program that makes `spec` and `table`."""
        features = "".join(f"    {n!r}: {c},\n" for n, c in self.features.items())
        columns = "".join(f"    {n!r}: {c},\n" for n, c in self.columns.items())
        return (
            "import featurekit as fk\nimport pyarrow as pa\n\n"
            'nan, inf = float("nan"), float("inf")\n'
            f"spec = fk.FeatureSpec({{\n{features}}})\n"
            f"table = pa.table({{\n{columns}}}).slice({self.start}, {self.rows})\n"
        )

    def make(self) -> tuple[fk.FeatureSpec, pa.Table]:
        """Runs the code."""
        made: dict[str, Any] = {}
        exec(self.code, made)
        return made["spec"], made["table"]

    def smaller(self) -> Iterable["RandomCase"]:
        """The case with one feature less, and with one row alone."""
        if len(self.features) > 1:
            for name in self.features:
                left = {n: code for n, code in self.features.items() if n != name}
                yield replace(self, features=left)
        if self.rows > 1:
            for row in range(self.start, self.start + self.rows):
                yield replace(self, start=row, rows=1)


def random_case(seed: int, index: int) -> RandomCase:
    """The case at the index; each is random by itself."""
    draw = Draw(f"{seed}:{index}")
    features = {f"f{at}": feature(draw) for at in range(draw.size)}
    columns = {name: column(draw, name[0]) for name in draw.names}
    start = draw.rng.randint(0, draw.rows // 2)
    return RandomCase(features, columns, start, draw.rows - start)
