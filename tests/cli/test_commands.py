from pathlib import Path
from typing import Any

import pytest
from cli.running import run, write_parquet, write_spec

import featurekit as fk
from featurekit.spec.load import load_spec

FEATURES = (
    '"age": fk.numeric("age").fill(30.0).standardize(), '
    '"city": fk.string("city").vocabulary(num_oov=0), '
    '"hour": fk.timestamp("seen", tz="Europe/Paris").hour().one_hot()'
)
ROWS = """age,city,seen,late
20,Oslo,2024-06-01T12:00:00Z,0
,Lyon,2024-06-01T13:00:00Z,1
40,,2024-06-01T14:00:00Z,0
x,Oslo,2024-06-01T14:00:00Z,0
50,Oslo,2024-06-01T14:00:00Z,
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "good.csv").write_text("".join(ROWS.splitlines(keepends=True)[:3]))
    spec = write_spec(tmp_path, FEATURES, label='fk.integer("late").identity(2)',
                      missing_label='"drop"')  # fmt: skip
    stats = tmp_path / "stats.json"
    good = tmp_path / "good.csv"
    fk.analyze(load_spec(spec), str(good)).save(stats)
    return {"spec": spec, "stats": stats, "good": good, "rows": tmp_path / "rows.csv"}


def convert(files: dict[str, Path], *more: object) -> Any:
    return run("convert", "--spec", files["spec"], "--stats", files["stats"], *more)


def explain(files: dict[str, Path], *more: object) -> Any:
    return run("explain", "--spec", files["spec"], "--stats", files["stats"],
               files["rows"], *more)  # fmt: skip


class TestAnalyze:
    def test_counts_rows_and_writes_statistics(self, files: dict[str, Path]) -> None:
        output = files["spec"].with_name("new.pb")
        done = run("analyze", "--spec", files["spec"], "--output", output,
                   files["rows"], "--on-bad-row", "dead_letter", "--json")  # fmt: skip
        assert done.code == 0
        found = done.json
        assert (found["rows_read"], found["rows_accepted"]) == (5, 3)
        assert (found["rows_rejected"], found["rows_filtered"]) == (1, 1)
        assert found["rejected_by_code"] == {"PARSE": 1}
        assert fk.Stats.open(output).fingerprint() == found["fingerprint"]
        parts = run("analyze", "--spec", files["spec"], "--output", output,
                    files["rows"], "--on-bad-row", "dead_letter", "--json",
                    "--token-partitions", 3)  # fmt: skip
        assert parts.json["fingerprint"] == found["fingerprint"]
        [city] = [v for k, v in found["statistics"].items() if "vocabulary(" in k]
        assert (city["tokens"], city["counts"]) == (["Oslo", "Lyon"], [1, 1])

    def test_table(self, files: dict[str, Path]) -> None:
        output = files["spec"].with_name("new.json")
        done = run("analyze", "--spec", files["spec"], "--output", output,
                   files["good"])  # fmt: skip
        assert "mean 25, std 5" in done.stdout
        assert "2 tokens: Oslo 50.0%, Lyon 50.0%" in done.stdout
        assert "2 read = 2 accepted + 0 rejected + 0 filtered" in done.stdout
        assert done.stderr == ""

    def test_table_of_expressions(self, tmp_path: Path) -> None:
        (tmp_path / "rows.csv").write_text("a,b,s\n2,1,x\n9,3,y\n,1,x\n")
        spec = write_spec(
            tmp_path,
            '"f": (fk.numeric("a") / fk.numeric("b")).fill_median().standardize(), '
            '"g": fk.join(fk.string("s"), fk.string("s")).vocabulary()',
        )
        done = run("analyze", "--spec", spec, "--output", tmp_path / "stats.json",
                   tmp_path / "rows.csv")  # fmt: skip
        text = " ".join(done.stdout.split())
        assert "(a / b) mean 2.5, std 0.5" in text
        assert "(a / b) 25%: 2, 50%: 2.5, 75%: 3" in text
        assert "join(s, s, separator='_') 2 tokens: x_x" in text

    def test_combinations_are_in_the_table(self, tmp_path: Path) -> None:
        (tmp_path / "rows.csv").write_text("a,b\nx,y\nx,y\n")
        cross = '"c": fk.cross(fk.string("a"), fk.string("b")).vocabulary()'
        done = run("analyze", "--spec", write_spec(tmp_path, cross), "--output",
                   tmp_path / "s.json", tmp_path / "rows.csv")  # fmt: skip
        text = " ".join(done.stdout.split())
        assert "cross(a, b) 1 tokens: 1:x,1:y, 100.0%" in text

    def test_grow_keeps_ids(self, tmp_path: Path) -> None:
        spec = write_spec(tmp_path, '"a": fk.string("a").vocabulary()')
        old, new = tmp_path / "old.json", tmp_path / "new.json"
        for rows, output, more in (
            ("x", old, []),
            ("y\ny\nx", new, ["--grow", old]),
        ):
            (tmp_path / "rows.csv").write_text(f"a\n{rows}\n")
            done = run("analyze", "--spec", spec, "--output", output, *more,
                       tmp_path / "rows.csv")  # fmt: skip
            assert done.code == 0
        meanings = fk.id_meanings(load_spec(spec), "a", fk.Stats.open(new))
        assert [one.value for one in meanings] == ["x", "y", None]


class TestConvert:
    def test_says_what_it_did(self, files: dict[str, Path], tmp_path: Path) -> None:
        out = tmp_path / "out"
        more = ["--output", out, files["rows"], "--on-bad-row", "dead_letter",
                "--compression", "gzip", "--workers", 1]  # fmt: skip
        done = convert(files, *more)
        assert done.code == 0
        text = " ".join(done.stdout.split())
        assert "5 read = 2 written + 2 rejected + 1 filtered" in text
        assert "NULL_NOT_ALLOWED 1, PARSE 1" in text
        assert "rejected-00000-of-00001.jsonl" in done.stdout
        again = convert(files, *more, "--json")
        assert again.json["resumed"] is True
        assert (again.json["rows_written"], again.json["rows_rejected"]) == (2, 2)
        assert fk.verify(out).sound

    def test_bytes_are_those_of_the_library(
        self, files: dict[str, Path], tmp_path: Path
    ) -> None:
        convert(files, "--output", tmp_path / "a", files["good"])
        spec, stats = load_spec(files["spec"]), fk.Stats.open(files["stats"])
        fk.convert(spec, stats, str(files["good"]), tmp_path / "b")
        one, other = (
            sorted(p.read_bytes() for p in (tmp_path / x).rglob("*") if p.is_file())
            for x in "ab"
        )
        assert one == other

    def test_shuffle(self, files: dict[str, Path], tmp_path: Path) -> None:
        out = tmp_path / "out"
        done = convert(files, "--output", out, "--shuffle", "global", "--seed", 7,
                       files["good"], "--json")  # fmt: skip
        assert done.code == 0
        spec, stats = load_spec(files["spec"]), fk.Stats.open(files["stats"])
        report = fk.convert(spec, stats, str(files["good"]), tmp_path / "same",
                            shuffle="global", seed=7)  # fmt: skip
        assert done.json["run_id"] == report.manifest.run_id

    def test_csv_options(self, files: dict[str, Path], tmp_path: Path) -> None:
        text = ROWS.replace(",", "\t").replace("x\t", "NA\t").replace("\t\t", "\tNA\t")
        (tmp_path / "t.csv").write_text(text)
        args = ["--output", tmp_path / "out", tmp_path / "t.csv", "--json",
                "--on-bad-row", "dead_letter"]  # fmt: skip
        assert convert(files, *args).error["code"] == "MISSING_COLUMN"
        done = convert(files, *args, "--csv-delimiter", "tab", "--csv-null", "NA")
        assert done.json["rejected_by_code"] == {"NULL_NOT_ALLOWED": 1}
        assert convert(files, *args, "--csv-delimiter", "ab").code == 2

    @pytest.mark.parametrize("wrong", [
        ["--workers", "0"], ["--compression", "zip"], ["--rows-per-task", "none"],
        ["--on-bad-row", "skip"], ["--nothing"], [],
    ])  # fmt: skip
    def test_usage(self, wrong: list[str], files: dict[str, Path]) -> None:
        more = ["--output", "nowhere", files["good"]] if wrong else []
        done = convert(files, *more, *wrong, "--json")
        assert (done.code, done.error["code"]) == (2, "USAGE")


class TestInspect:
    def test_manifest_rows_and_statistics(
        self, files: dict[str, Path], tmp_path: Path
    ) -> None:
        convert(files, "--output", tmp_path / "out", files["good"])
        done = run("inspect", tmp_path / "out", "--rows", 2)
        assert done.code == 0
        assert "2 read = 2 written" in done.stdout
        assert "float32[24]" in done.stdout and "1 at 14" in done.stdout
        assert "int64 < 2" in done.stdout and "mean 25" in done.stdout
        found = run("inspect", tmp_path / "out", "--rows", 1, "--json").json
        [row] = found["rows"]
        assert (row["age"], row["city"], row["label"]) == (-1.0, 0, 0)
        assert found["manifest"]["accounting"]["rows_read"] == "2"
        assert run("inspect", tmp_path / "out", "--split", "dev").code == 2


class TestExplain:
    @pytest.mark.proves(117)
    def test_every_step(self, files: dict[str, Path]) -> None:
        done = explain(files, "--row", 1, "--json")
        assert done.code == 0
        found = done.json
        assert (found["outcome"], found["part"]) == ("written", "train")
        steps = {s["op"]: s["value"] for s in found["steps"] if "age" in s["features"]}
        assert list(steps.values()) == [None, None, 30.0, 1.0, 1.0]
        assert found["outputs"]["age"] == 1.0
        assert found["source"]["city"] == "Lyon"
        table = explain(files, "--row", 1)
        assert "fill_missing(%" in table.stdout and "is written" in table.stdout
        assert "2024-06-01 13:00 UTC" in table.stdout
        assert max(map(len, table.stdout.splitlines())) <= 100

    def test_one_feature(self, files: dict[str, Path]) -> None:
        done = explain(files, "--row", 0, "--feature", "city", "--json")
        assert len(done.json["steps"]) == 3
        assert explain(files, "--row", 0, "--feature", "nothing").code == 2

    @pytest.mark.parametrize(("row", "code", "op"), [
        (2, "NULL_NOT_ALLOWED", "require_present"), (3, "PARSE", "read_column"),
    ])  # fmt: skip
    def test_refused(
        self, row: int, code: str, op: str, files: dict[str, Path]
    ) -> None:
        found = explain(files, "--row", row, "--json")
        assert found.code == 1
        assert found.json["outcome"] == "rejected"
        assert found.json["error"]["code"] == code
        assert found.json["error"]["row"] == row
        last = found.json["steps"][-1]
        assert last["op"].startswith(op) and last["error"]["code"] == code
        assert f"error {code}: " in explain(files, "--row", row).stderr

    def test_without_label(self, files: dict[str, Path]) -> None:
        done = explain(files, "--row", 4)
        assert (done.code, done.stderr) == (1, "")
        assert "missing_label='drop'" in " ".join(done.stdout.split())

    def test_no_such_row(self, files: dict[str, Path]) -> None:
        done = explain(files, "--row", 5, "--json")
        assert (done.code, done.error["code"]) == (2, "NO_SUCH_ROW")

    def test_row_of_several_files_and_groups(self, tmp_path: Path) -> None:
        spec = write_spec(tmp_path, '"x": fk.numeric("x")')
        for index in range(3):
            rows = {"x": [10.0 * index, 10.0 * index + 1]}
            write_parquet(tmp_path, rows, f"{index}.parquet")
        done = run("explain", "--spec", spec, "--row", 5,
                   tmp_path / "*.parquet", "--json")  # fmt: skip
        assert Path(done.json["file"]).name == "2.parquet"
        assert (done.json["row"], done.json["outputs"]) == (1, {"x": 21.0})

    def test_windows_and_packs(self, tmp_path: Path) -> None:
        column = '"x": fk.numerics("x").sum()'
        cut = write_spec(tmp_path, column, rows='fk.windows(["x"], size=2)')
        rows = write_parquet(tmp_path, {"x": [[1.0, 2.0, 5.0], [1.0]]}, "rows.parquet")
        done = run("explain", "--spec", cut, "--row", 0, "--window", 1, rows, "--json")
        assert (done.json["rows_made"], done.json["outputs"]) == (2, {"x": 7.0})
        shown = run("explain", "--spec", cut, "--row", 0, rows).stdout
        assert "window 0 of the 2 of the row" in shown
        short = run("explain", "--spec", cut, "--row", 1, rows)
        assert short.code == 1 and "too short" in short.stdout
        none = run("explain", "--spec", cut, "--row", 0, "--window", 2, rows, "--json")
        assert (none.code, none.error["code"]) == (2, "NO_SUCH_ROW")
        packed = write_spec(tmp_path, column, rows='fk.packing(["x"], length=9)')
        shown = run("explain", "--spec", packed, "--row", 1, rows).stdout
        assert "packed alone" in shown

    def test_agrees_with_conversion(
        self, files: dict[str, Path], tmp_path: Path
    ) -> None:
        convert(files, "--output", tmp_path / "out", files["good"])
        rows = run("inspect", tmp_path / "out", "--json").json["rows"]
        for index, row in enumerate(rows):
            found = explain(files, "--row", index, "--json").json
            assert found["outputs"] == row


class TestDiff:
    def test_equal_and_different(self, tmp_path: Path) -> None:
        one = write_spec(tmp_path, '"a": fk.numeric("a").fill(0)')
        two = one.rename(tmp_path / "two.py")
        one = write_spec(tmp_path, '"a": fk.numeric("a").fill(1)')
        assert (run("diff", two, two).code, run("diff", two, two).stdout) == (
            0,
            "no changes\n",
        )
        done = run("diff", two, one)
        assert done.code == 11
        assert done.stdout.splitlines() == [
            "~ features.a: re-transform, values are computed in another way",
            "    - fk.numeric('a').fill(0.0)",
            "    + fk.numeric('a').fill(1.0)",
            "all together: re-transform",
        ]
        found = run("diff", two, one, "--json").json
        assert found["identical"] is False
        assert found["compatibility"] == "re-transform"
        assert [change["path"] for change in found["changes"]] == ["features.a"]

    @pytest.mark.parametrize(
        ("after", "code"),
        [
            ('fk.string("s").fill("").vocabulary(["a"])', 10),
            ('fk.string("t").vocabulary(["a"])', 11),
            ('fk.string("s").vocabulary(["b", "a"])', 12),
            ('fk.string("s").hash_buckets(9)', 13),
        ],
    )
    def test_the_exit_code_says_what_to_do(
        self, tmp_path: Path, after: str, code: int
    ) -> None:
        one = write_spec(tmp_path, '"s": fk.string("s").vocabulary(["a"])')
        before = one.rename(tmp_path / "before.py")
        assert run("diff", before, write_spec(tmp_path, f'"s": {after}')).code == code
