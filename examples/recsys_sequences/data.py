"""MovieLens-100k: 943 people, 1,682 films, 100,000 ratings in the order of time.

The wheel of RecBole holds the tables. It is downloaded, not installed, as the package
would bring PyTorch along; what is read is one file inside of it.

Source: Harper and Konstan, "The MovieLens Datasets: History and Context", 2015.
"""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as csv

PACKAGE = "recbole==1.2.1"
WHEEL = "recbole-1.2.1-py3-none-any.whl"
SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
RATINGS = "recbole/dataset_example/ml-100k/ml-100k.inter"
COLUMNS = ["user", "item", "rating", "time"]

Ints = npt.NDArray[np.int64]


class DataUnavailableError(RuntimeError):
    """The ratings cannot be had, or are not those that are meant."""


@dataclass(frozen=True, slots=True)
class Histories:
    """What each person rated, in the order of time; the last two are held out.

    Args:
        train: Pieces of histories, one per row: lists `items`, `ratings` and `gaps`
            (hours since the rating before), and `next`, the item after each.
        validation: A row per person: all but the last two, `next` the one before last.
        test: A row per person: all but the last, `next` the last.
        rated: By person, all items of theirs.
    """

    train: pa.Table
    validation: pa.Table
    test: pa.Table
    rated: list[Ints]


def fetch(folder: Path) -> Path:
    """The wheel in a folder; downloaded if it is not there.

    Raises:
        DataUnavailableError: pip cannot download it, or it is another file.
    """
    wheel = folder / WHEEL
    if not wheel.is_file():
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        command += ["--disable-pip-version-check", "--dest", str(folder), PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not wheel.is_file():
            raise DataUnavailableError(
                f"Expected pip to download {PACKAGE}, whose wheel holds MovieLens-100k."
                f" Received: {done.stderr.strip()}. Put {WHEEL} into {folder}"
            )
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != SHA256:
        raise DataUnavailableError(
            f"Expected {wheel} with SHA-256 {SHA256}. Received: {digest}. Remove it"
        )
    return wheel


def read_ratings(wheel: Path) -> pa.Table:
    """All ratings: by person, then in the order of time."""
    with zipfile.ZipFile(wheel) as archive, archive.open(RATINGS) as file:
        table = csv.read_csv(file, parse_options=csv.ParseOptions(delimiter="\t"))
    # Many were entered within one second: the item decides, so that the order is one.
    order = [(name, "ascending") for name in ("user", "time", "item")]
    return table.rename_columns(COLUMNS).sort_by(order)


def cut(ratings: pa.Table, length: int, stride: int) -> Histories:
    """Histories, of which the last two items of each person are held out.

    Args:
        ratings: As `read_ratings` gives them.
        length: Steps of a piece for training, at most.
        stride: Steps from the end of a piece to that of the one before it.
    """
    user, item, rating, time = (ratings[name].to_numpy() for name in COLUMNS)
    starts = np.flatnonzero(np.diff(user, prepend=-1))
    ends = np.append(starts[1:], len(user))
    gap = np.diff(time, prepend=time[0]) / 3600
    gap[starts] = 0
    pieces = [
        (max(start, end - length), end)
        for start, stop in zip(starts, ends, strict=True)
        # The item at `end` is the last target: the two behind it are held out.
        for end in range(stop - 3, start, -stride)
    ]
    last = list(zip(starts, ends - 1, strict=True))
    before = list(zip(starts, ends - 2, strict=True))

    def rows(places: list[tuple[int, int]]) -> pa.Table:
        steps = {"items": item, "ratings": rating, "gaps": gap}
        table = {
            name: [values[start:end] for start, end in places]
            for name, values in steps.items()
        }
        following = [item[start + 1 : end + 1] for start, end in places]
        return pa.table({**table, "next": following})

    rated = [item[start:end] for start, end in zip(starts, ends, strict=True)]
    return Histories(rows(pieces), rows(before), rows(last), rated)
