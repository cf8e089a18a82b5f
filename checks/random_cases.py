"""Random specs and random tables, as the code that makes them.

A case is text: what a failure prints is what was run.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

import featurekit as fk

MAX_COLUMNS = 30
MAX_ROWS = 40
_LARGEST = 2**63 - 1
_FLOATS = [
    *("nan", "inf", "-inf", "0.0", "-0.0", "1.0", "-1.0", "0.5", "2.0", "16777216.0"),
    *(
        "3.4028234663852886e+38",
        "1.1754943508222875e-38",
        "1e-45",
        "-1.0000001192092896",
    ),
]
_INTEGERS = [0, 1, -1, 2, 5, 7, 2**53 + 1, -(2**53) - 1, _LARGEST, -_LARGEST]
_TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "é",
    "e\u0301",
    "日本",
    "😀",
    "\0",
    "a\0",
    " ",
    "NA",
    "x" * 70,
]
_TIMES = [0, -1, 1710054000000000, 1730613600000000, -1615140000000001, _LARGEST]
_ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Europe/Paris"]
_PARTS = ["minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month"]
_TYPES = {
    "x": ["float32", "float32", "float64"],
    "i": ["int64", "int64"],
    "s": ["string", "large_string", "binary", "string_view"],
    "t": ["int64"],
}


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
    return _Maker(random.Random(f"{seed}:{index}")).case()


class _Maker:
    """Draws code."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        few = rng.choice([1, 2, 4, 8, MAX_COLUMNS])
        kinds = ["x", "i", "s", "t", *rng.choices("xist", k=max(0, few - 4))]
        self.names = [f"{kind}{at}" for at, kind in enumerate(kinds)]
        self.rows = rng.choice([0, 1, 2, 7, 17, MAX_ROWS])
        # Many features that may refuse a row would refuse them all.
        self.lenient = rng.random() < 0.6
        self.fills = 1.0 if self.lenient else rng.choice([0.5, 0.9])
        self.nulls = rng.choice([0.0, 0.05, 0.3])
        self.features = few

    def case(self) -> RandomCase:
        made = {f"f{at}": self.feature() for at in range(self.features)}
        columns = {name: self.column(name[0]) for name in self.names}
        start = self.rng.randint(0, self.rows // 2)
        return RandomCase(made, columns, start, self.rows - start)

    def name(self, kind: str) -> str:
        return self.rng.choice([name for name in self.names if name[0] == kind])

    def finite(self) -> str:
        return repr(self.rng.choice([0.0, -0.0, 1.0, 0.1, -3.5, 1e30, 1e-40,
                                     self.rng.uniform(-9, 9)]))  # fmt: skip

    # Columns of the table.

    def column(self, kind: str) -> str:
        dtype = f"pa.{self.rng.choice(_TYPES[kind])}()"
        if kind == "t":
            dtype = "pa.timestamp('us', 'UTC')"
        match self.rng.choice(["plain", "slice", "chunks", "dictionary"]):
            case "slice":
                extra = self.rng.randint(1, 9)
                values = self.values(kind, self.rows + extra + 2)
                return f"pa.array({values}, {dtype}).slice({extra}, {self.rows})"
            case "chunks":
                cut = self.rng.randint(0, self.rows)
                parts = (cut, 0, self.rows - cut)
                chunks = ", ".join(
                    f"pa.array({self.values(kind, n)}, {dtype})" for n in parts
                )
                return f"pa.chunked_array([{chunks}])"
            case "dictionary" if kind in "is" and "view" not in dtype:
                return self.dictionary(kind, dtype)
        return f"pa.array({self.values(kind, self.rows)}, {dtype})"

    def dictionary(self, kind: str, dtype: str) -> str:
        """Entries may repeat, be unused, or be null."""
        entries = self.rng.randint(1, 6)
        codes = [self.rng.choice([None, *range(entries)]) for _ in range(self.rows)]
        index = self.rng.choice(["int8", "int32", "uint16"])
        return (
            f"pa.DictionaryArray.from_arrays(pa.array({codes}, pa.{index}()), "
            f"pa.array({self.values(kind, entries)}, {dtype}))"
        )

    def values(self, kind: str, count: int) -> str:
        return f"[{', '.join(self.value(kind) for _ in range(count))}]"

    def value(self, kind: str) -> str:
        rng = self.rng
        if rng.random() < self.nulls:
            return "None"
        usual = rng.random() < 0.5
        match kind:
            case "x":
                drawn = float(
                    np.float32(rng.lognormvariate(0, 3) * rng.choice([-1, 1]))
                )
                return repr(drawn) if usual else rng.choice(_FLOATS)
            case "i":
                return repr(rng.randint(-2, 9) if usual else rng.choice(_INTEGERS))
            case "t":
                drawn_time = rng.randint(-2_208_988_800, 4_102_444_800) * 10**6 - 1
                return repr(drawn_time if usual else rng.choice(_TIMES))
        letters = [
            chr(rng.choice([*range(32, 600), 0x4E00, 0x1F600])) for _ in range(5)
        ]
        return repr("".join(letters) if usual else rng.choice(_TEXTS))

    # Columns of the spec.

    def feature(self) -> str:
        match self.rng.choice(["number", "ids", "ids", "vector", "embedding"]):
            case "number":
                return self.number()
            case "vector":
                return self.ids(2, small=True) + ".one_hot()"
            case "embedding":
                return self.ids(2) + f".embedding({self.rng.randint(1, 8)})"
        return self.ids(3)

    def number(self) -> str:
        rng = self.rng
        nan = rng.choice(["missing", "keep", *(["error"] * (not self.lenient))])
        code = f"fk.numeric({self.name('x')!r}, nan={nan!r})"
        if rng.random() < self.fills:
            code += f".fill({self.finite()})"
        for _ in range(rng.randint(0, 3)):
            low, width = self.finite(), rng.choice([1.0, 0.3, 7.0])
            match rng.choice(["clip", "log1p", "standardize", "min_max"]):
                case "clip":
                    code += f".clip({low}, {rng.choice(['inf', f'{low} + {width}'])})"
                case "log1p":
                    safe = self.lenient or rng.random() < 0.8
                    code += ".clip(-1.0, inf).log1p()" if safe else ".log1p()"
                case "standardize":
                    code += f".standardize(mean={low}, std={width})"
                case "min_max":
                    code += f".min_max(minimum={width}, maximum={width + 0.7})"
        return code

    def tokens(self) -> str:
        rng = self.rng
        if rng.random() < 0.5:
            code, values = f"fk.string({self.name('s')!r})", [*map(repr, _TEXTS)]
        else:
            code, values = f"fk.integer({self.name('i')!r})", [*map(repr, _INTEGERS)]
        return code + f".fill({rng.choice(values)})" * (rng.random() < self.fills)

    def ids(self, depth: int, *, small: bool = False) -> str:
        """Ids; those of crosses contain others, as deep as `depth`."""
        rng = self.rng
        kinds = ["buckets", "greater", "vocabulary", "hash", "time", "identity"]
        buckets = rng.choice([1, 2, 7, 30] if small else [1, 3, 1000, 2**31 - 1])
        match rng.choice([*kinds, *(["cross"] * 3 if depth else [])]):
            case "buckets":
                edges = sorted({rng.uniform(-9, 9) for _ in range(rng.randint(1, 6))})
                return f"{self.number()}.buckets({edges})"
            case "greater":
                return f"{self.number()}.greater_equal({self.finite()})"
            case "vocabulary":
                code = self.tokens()
                pool: list[Any] = [*(_TEXTS if "string" in code else _INTEGERS)]
                known = rng.sample(pool, rng.randint(1, len(pool)))
                num_oov = rng.choice([1, 5, *([0] * (not self.lenient))])
                return f"{code}.vocabulary({known!r}, num_oov={num_oov})"
            case "hash":
                return f"{self.tokens()}.hash_buckets({buckets})"
            case "time":
                zone, part = rng.choice(_ZONES), rng.choice(_PARTS)
                return f"fk.timestamp({self.name('t')!r}, tz={zone!r}).{part}()"
            case "identity" if not self.lenient:
                return f"fk.integer({self.name('i')!r}).fill(0).identity({buckets})"
        inner = [self.crossed(depth - 1) for _ in range(rng.randint(2, 4))]
        return f"fk.cross({', '.join(inner)}).hash_buckets({buckets})"

    def crossed(self, depth: int) -> str:
        return self.ids(max(0, depth)) if self.rng.random() < 0.6 else self.tokens()
