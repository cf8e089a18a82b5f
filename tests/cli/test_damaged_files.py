"""Damaged datasets, spec and statistics files, and outputs that cannot be written."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import empty_stats, run, write_parquet, write_spec

import featurekit as fk

SPEC = fk.FeatureSpec({"age": fk.numeric("age"), "n": fk.integer("n").identity(9)})


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rows = {"age": [1.0, 2.0, 3.0], "n": [1, 2, 3]}
    fk.convert(SPEC, fk.Stats({}), rows, tmp_path / "out")
    return tmp_path / "out"


def shard(dataset: Path) -> Path:
    [found] = dataset.glob("*/train-*")
    return found


def put(offset: int, byte: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:offset] + bytes([byte]) + data[offset + 1 :]


RECORDS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("T1 a bit of a length", lambda d: put(0, d[0] ^ 1)(d), "LENGTH_CRC"),
    ("T2 a bit of its checksum", lambda d: put(9, d[9] ^ 4)(d), "LENGTH_CRC"),
    ("T3 a bit of the data", lambda d: put(15, d[15] ^ 8)(d), "DATA_CRC"),
    ("T5 zeros in a header", lambda d: put(8, 0)(d), "LENGTH_CRC"),
    ("T6 cut", lambda d: d[:-3], "DATASET_INCOMPLETE"),
    ("T7 cut between records", lambda d: d[: len(d) // 3], "DATASET_INCOMPLETE"),
    ("T8 records in another order", lambda d: d[len(d) // 3 :] + d[: len(d) // 3],
     "CHECKSUM"),
    ("T12 bytes behind the end", lambda d: d + b"\0", "DATASET_INCOMPLETE"),
    ("T13 another file", lambda d: b"PAR1" * (len(d) // 4) + b"x" * (len(d) % 4),
     "NOT_TFRECORD"),
    ("T14 gzip", gzip.compress, "DATASET_INCOMPLETE"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "code"), RECORDS, ids=lambda one: one)
def test_damaged_records(
    name: str, change: Callable[[bytes], bytes], code: str, dataset: Path
) -> None:
    file = shard(dataset)
    file.write_bytes(change(file.read_bytes()))
    done = run("verify", dataset, "--json")
    assert done.code == 1
    [problem] = done.json["problems"]
    assert problem["code"] == code
    assert problem["file"] == str(file)
    if code.endswith("_CRC"):
        assert (problem["record"], problem["offset"]) == (0, 0)
    people = run("verify", dataset)
    assert (people.code, "1 problem" in people.stdout) == (1, True)
    assert people.stderr.startswith(f"error {code}: ")


def test_every_problem_is_listed(dataset: Path) -> None:
    shard(dataset).unlink()
    extra = shard_folder(dataset) / "train-9.tfrecord"
    extra.write_bytes(b"")
    (shard_folder(dataset) / "stats.pb").write_bytes(b"\xff")
    done = run("verify", dataset, "--json")
    codes = sorted(problem["code"] for problem in done.json["problems"])
    assert done.code == 1
    assert codes == ["DATASET_INCOMPLETE", "STATISTICS", "UNKNOWN_FILE"]


def shard_folder(dataset: Path) -> Path:
    [found] = [path for path in dataset.iterdir() if path.is_dir()]
    return found


@pytest.mark.parametrize("command", ["verify", "inspect"])
@pytest.mark.parametrize("content", [None, "", "{", '{"version": 1, "shard": []}'])
def test_manifest_that_is_none(
    command: str, content: str | None, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    done = run(command, tmp_path, "--json")
    assert done.code == 1
    assert done.error["file"].startswith(str(tmp_path))


def test_manifest_of_a_newer_version(dataset: Path) -> None:
    file = dataset / "manifest.json"
    file.write_text(file.read_text().replace('"version": 1', '"version": 9'))
    done = run("inspect", dataset, "--json")
    assert (done.code, done.error["code"]) == (2, "VERSION_TOO_NEW")


def test_manifest_that_leads_outside(dataset: Path) -> None:
    file = dataset / "manifest.json"
    found = json.loads(file.read_text())
    found["shards"][0]["path"] = "../secret"
    file.write_text(json.dumps(found))
    done = run("inspect", dataset, "--json")
    assert done.error["code"] == "UNSAFE_SPEC"
    assert run("verify", dataset).code == 1


SPEC_FILES = [
    ("syntax.py", "spec = (", "SPEC_FILE"),
    ("raises.py", "import featurekit\n1 / 0", "SPEC_FILE"),
    ("none.py", "x = 1", "SPEC_FILE"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "code"), SPEC_FILES)
def test_spec_file_that_cannot_be_read(
    name: str, content: str | bytes, code: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = run("analyze", "--spec", file, "--output", tmp_path / "s.json", "x",
               "--json")  # fmt: skip
    assert (done.code, done.error["code"]) == (2, code)
    assert done.error["file"] == str(file)
    assert not (tmp_path / "s.json").exists()


@pytest.mark.proves(118)
def test_spec_error_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "spec.py"
    file.write_text("import featurekit as fk\n\na = fk.numeric('a').clip(2, 1)\n")
    done = run("diff", file, file)
    assert done.code == 2
    assert f"raised at line 3 of {file}" in " ".join(done.stderr.split())


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 5}', b"\xff", None])
@pytest.mark.parametrize("name", ["stats.json", "stats.pb"])
def test_statistics_that_cannot_be_read(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    if name == "stats.pb" and content == b'{"version": 5}':
        content = b"{{{"
    if content is not None:
        (tmp_path / name).write_bytes(content)
    spec = write_spec(tmp_path, '"age": fk.numeric("age")')
    rows = write_parquet(tmp_path, {"age": [1.0]})
    done = run("convert", "--spec", spec, "--stats", tmp_path / name,
               "--output", tmp_path / "out", rows, "--json")  # fmt: skip
    assert done.code == 2
    assert done.error["file"] == str(tmp_path / name)
    assert not (tmp_path / "out").exists()


class TestOutputs:
    @pytest.fixture
    def arguments(self, tmp_path: Path) -> list[object]:
        spec = write_spec(tmp_path, '"age": fk.numeric("age")')
        rows = write_parquet(tmp_path, {"age": [1.0]})
        return ["convert", "--spec", spec, "--stats", empty_stats(tmp_path), rows,
                "--json", "--output"]  # fmt: skip

    def test_f7_another_dataset(self, dataset: Path, arguments: list[object]) -> None:
        before = (dataset / "manifest.json").read_bytes()
        done = run(*arguments, dataset)
        assert (done.code, done.error["code"]) == (3, "OUTPUT_EXISTS")
        assert done.error["file"] == str(dataset)
        assert "--overwrite" in done.stderr
        assert (dataset / "manifest.json").read_bytes() == before
        assert run(*arguments, dataset, "--overwrite").code == 0

    def test_output_is_a_file(self, tmp_path: Path, arguments: list[object]) -> None:
        (tmp_path / "file").write_text("mine")
        done = run(*arguments, tmp_path / "file")
        assert (done.code, done.error["code"]) == (3, "OUTPUT_NOT_A_FOLDER")
        assert (tmp_path / "file").read_text() == "mine"

    def test_f10_output_is_busy(self, tmp_path: Path, arguments: list[object]) -> None:
        import fcntl

        (tmp_path / "out").mkdir()
        with (tmp_path / "out/.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = run(*arguments, tmp_path / "out")
        assert (done.code, done.error["code"]) == (3, "OUTPUT_BUSY")

    def test_folder_of_the_statistics_is_missing(self, tmp_path: Path) -> None:
        # Before the data is read: it is not there either.
        spec = write_spec(tmp_path, '"age": fk.numeric("age")')
        done = run("analyze", "--spec", spec, "--output", tmp_path / "no/s.json",
                   "missing.csv", "--json")  # fmt: skip
        assert (done.code, done.error["code"]) == (3, "OUTPUT_IO")
