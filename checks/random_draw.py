"""What random columns and random features have in common: chance, and names."""

import random
from typing import Any, TypeVar

MAX_COLUMNS = 30
MAX_ROWS = 40
LARGEST = 2**63 - 1
INTEGERS = [0, 1, -1, 2, 5, 7, 2**53 + 1, -(2**53) - 1, LARGEST, -LARGEST]
TEXTS = ["", "a", "b", "ab", "é", "e\u0301", "日本", "😀", "\0", "a\0", " ", "x" * 70]
T = TypeVar("T")


class Draw:
    """Random choices of one case.

    Args:
        seed: Decides all of them.

    Attributes:
        names: Of the source columns: a letter for the kind (x: numbers, i: integers,
            s: text, t: times; X, I, S: lists of those; B: bytes; Q: boxes) and a
            number. There are all kinds.
        lenient: Whether few features refuse a row: many that do would refuse all.
    """

    def __init__(self, seed: str) -> None:
        self.rng = rng = random.Random(seed)
        self.size = rng.choice([1, 2, 4, 8, MAX_COLUMNS])
        every = "xistXISBQJ"
        kinds = [*every, *rng.choices(every, k=max(0, self.size - len(every)))]
        self.names = [f"{kind}{at}" for at, kind in enumerate(kinds)]
        self.rows = rng.choice([0, 1, 2, 7, 17, MAX_ROWS])
        self.lenient = rng.random() < 0.6
        self.fills = 1.0 if self.lenient else rng.choice([0.5, 0.9])
        self.nulls = rng.choice([0.0, 0.05, 0.3])

    def one(self, *choices: T) -> T:
        """One of the choices."""
        return self.rng.choice(choices)

    def chance(self, share: float) -> bool:
        """True as often as the share."""
        return self.rng.random() < share

    def name(self, kind: str) -> str:
        """Code of the name of a source column."""
        return repr(self.one(*(name for name in self.names if name[0] == kind)))

    def finite(self) -> str:
        """Code of a finite number."""
        usual: Any = self.rng.uniform(-9, 9)
        return repr(self.one(0.0, -0.0, 1.0, 0.1, -3.5, 1e30, 1e-40, usual))
