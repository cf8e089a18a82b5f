"""Parquet and CSV files on disk: tasks, damage, changes, syntax."""

import gzip
import os
import pickle

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from featurekit.errors import (
    CorruptSourceError,
    DTypeMismatchError,
    DuplicateSourceError,
    EmptySourceError,
    FeatureKitError,
    MissingColumnError,
    RowError,
    SourceError,
)
from featurekit.io.adapter import open_source
from featurekit.io.csv_source import CsvOptions

COLUMNS = {"s": "string", "n": "int64", "x": "float32"}


def table_of(rows: int, start: int = 0) -> pa.Table:
    numbers = range(start, start + rows)
    return pa.table(
        {
            "x": pa.array(
                [None if i % 7 == 0 else i / 4 for i in numbers], pa.float64()
            ),
            "n": pa.array([2**53 + 1 + i for i in numbers]),
            "s": pa.array([None if i % 5 == 0 else f"v{i % 3}" for i in numbers]),
            "extra": pa.array([[i] for i in numbers]),
        }
    )


def write(path, table, **options) -> str:
    pq.write_table(table, path, write_page_checksum=True, **options)
    return str(path)


def read_all(source, columns=None, **options) -> pa.Table:
    columns = columns or COLUMNS
    batches = [
        batch
        for task in source.plan_tasks(rows_per_task=20)
        for batch in task.read(columns, {}, **options)
    ]
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema.names == list(columns)
    parts = [pa.Table.from_batches([decoded(batch)]) for batch in batches]
    return pa.concat_tables(parts).combine_chunks()


def decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [
        a.dictionary_decode() if isinstance(a, pa.DictionaryArray) else a
        for a in batch.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def code_of(action) -> str:
    with pytest.raises(FeatureKitError) as caught:
        action()
    assert caught.value.file is not None
    return caught.value.code


# Parquet


@pytest.mark.parametrize("batch_rows", [1, 7, 1000])
def test_parquet_rows_come_in_order_exactly(tmp_path, batch_rows):
    write(tmp_path / "a.parquet", table_of(50), row_group_size=8)
    write(tmp_path / "b.parquet", table_of(30, 50), row_group_size=30)
    found = read_all(open_source(tmp_path), batch_rows=batch_rows)
    assert found.schema.types == [pa.large_string(), pa.int64(), pa.float32()]
    expected = table_of(80)
    for name in COLUMNS:
        assert found[name].to_pylist() == expected[name].to_pylist()


def test_parquet_tasks_are_ranges_of_row_groups_of_one_file(tmp_path):
    write(tmp_path / "a.parquet", table_of(50), row_group_size=8)
    write(tmp_path / "b.parquet", table_of(0))
    write(tmp_path / "c.parquet", table_of(5))
    source = open_source(tmp_path)
    tasks = source.plan_tasks(rows_per_task=20)
    plan = [(t.index, os.path.basename(t.file), t.first_row, t.num_rows) for t in tasks]
    assert plan == [
        (0, "a.parquet", 0, 24),
        (1, "a.parquet", 24, 24),
        (2, "a.parquet", 48, 2),
        (3, "c.parquet", 0, 5),
    ]
    assert tasks == pickle.loads(pickle.dumps(source)).plan_tasks(rows_per_task=20)
    assert tasks[1].describe().endswith("a.parquet rows 24-47")
    again = pickle.loads(pickle.dumps(tasks[1]))
    assert list(again.read(COLUMNS, {})) == list(tasks[1].read(COLUMNS, {}))


def test_parquet_strings_keep_their_dictionary(tmp_path):
    path = write(tmp_path / "a.parquet", table_of(50), use_dictionary=["s"])
    [batch] = open_source(path).plan_tasks()[0].read({"s": "string"}, {})
    assert batch.column(0).type == pa.dictionary(pa.int32(), pa.large_string())
    assert sorted(batch.column(0).dictionary.to_pylist()) == ["v0", "v1", "v2"]
    plain = write(tmp_path / "b.parquet", table_of(50), use_dictionary=False)
    [batch] = open_source(plain).plan_tasks()[0].read({"s": "string"}, {})
    assert batch.column(0).type == pa.large_string()


def test_row_numbers_are_rows_of_the_file(tmp_path):
    table = table_of(50).set_column(0, "x", pa.array([1.0] * 41 + [1e40] + [1.0] * 8))
    path = write(tmp_path / "a.parquet", table, row_group_size=10)
    with pytest.raises(RowError) as caught:
        read_all(open_source(path), batch_rows=4)
    assert (caught.value.code, caught.value.row) == ("OUT_OF_RANGE", 41)
    assert caught.value.file == path


def test_dots_in_column_names_are_no_path(tmp_path):
    table = pa.table({"a.b": [1], "a": [2], "b": [3]})
    path = write(tmp_path / "a.parquet", table)
    columns = {"a.b": "int64", "a": "int64"}
    assert read_all(open_source(path), columns).to_pylist() == [{"a.b": 1, "a": 2}]


def test_every_flipped_page_bit_is_found(tmp_path):
    path = write(tmp_path / "a.parquet", table_of(60), row_group_size=20)
    source = open_source(path)
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    status = os.stat(path)
    expected = read_all(source)
    footer = int.from_bytes(content[-8:-4], "little") + 8
    found = 0
    for position in range(4, len(content) - footer, 11):
        content[position] ^= 16
        (tmp_path / "a.parquet").write_bytes(content)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        try:
            # A bit of an unread column, or a redundant one, changes nothing.
            assert read_all(source).equals(expected)
        except CorruptSourceError as error:
            assert error.file == path
            found += 1
        content[position] ^= 16
    assert found > 20


def test_a_damaged_page_names_row_group_and_column(tmp_path):
    table = table_of(60).drop_columns(["extra"])
    options = {"row_group_size": 20, "compression": "none", "use_dictionary": ["s"]}
    path = write(tmp_path / "a.parquet", table, **options)
    chunk = pq.read_metadata(path).row_group(1).column(1)
    source, status = open_source(path), os.stat(path)
    with open(path, "r+b") as stream:
        stream.seek(chunk.data_page_offset + chunk.total_compressed_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(CorruptSourceError, match="row group 1") as caught:
        read_all(source)
    assert caught.value.column == "n"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n" * 9])
def test_what_is_not_parquet_is_refused(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(CorruptSourceError):
        open_source(tmp_path / "a.parquet")


def test_a_cut_parquet_file_is_refused(tmp_path):
    path = write(tmp_path / "a.parquet", table_of(20))
    content = (tmp_path / "a.parquet").read_bytes()
    for end in range(0, len(content), 97):
        (tmp_path / "a.parquet").write_bytes(content[:end])
        with pytest.raises(CorruptSourceError):
            open_source(path)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("change", ["grow", "touch", "remove"])
def test_a_changed_file_is_refused(tmp_path, suffix, change):
    path = tmp_path / f"a.{suffix}"
    table = table_of(20).drop_columns(["extra"])
    pq.write_table(table, path) if suffix == "parquet" else pacsv.write_csv(table, path)
    source = open_source(path)
    if change == "grow":
        with open(path, "ab") as stream:
            stream.write(b"1,2,3\n")
    elif change == "touch":
        os.utime(path, ns=(0, 0))
    else:
        path.unlink()
    assert code_of(lambda: read_all(source)) == "SOURCE_CHANGED"


def test_types_must_agree_between_files(tmp_path):
    first = write(tmp_path / "a.parquet", pa.table({"n": [1], "s": ["x"], "z": [None]}))
    encoded = pa.array(["x"], pa.large_string()).dictionary_encode()
    same = pa.table({"z": ["late"], "s": encoded, "n": [1], "new": [1]})
    write(tmp_path / "b.parquet", same)
    assert len(open_source(tmp_path).plan_tasks()) == 2
    last = write(tmp_path / "c.parquet", pa.table({"n": ["1"], "s": ["x"]}))
    with pytest.raises(SourceError) as caught:
        open_source(tmp_path)
    error = caught.value
    assert (error.code, error.file, error.column) == ("SCHEMA_MISMATCH", last, "n")
    assert first in str(error)
    assert "int64" in str(error)


def test_check_refuses_before_reading(tmp_path):
    write(tmp_path / "a.parquet", table_of(5))
    last = write(tmp_path / "b.parquet", table_of(5).drop_columns(["n"]))
    source = open_source(tmp_path)
    with pytest.raises(MissingColumnError) as caught:
        source.check(COLUMNS)
    assert (caught.value.file, caught.value.column) == (last, "n")
    with pytest.raises(MissingColumnError, match="did you mean 'extra'"):
        source.check({"Extra": "string"})
    with pytest.raises(DTypeMismatchError):
        source.check({"s": "float32"})
    with pytest.raises(DTypeMismatchError, match="list"):
        source.check({"extra": "int64"})
    source.check({"s": "string", "x": "float32"})


def test_check_asks_for_a_zone(tmp_path):
    table = pa.table({"t": pa.array([0], pa.timestamp("ms"))})
    source = open_source(write(tmp_path / "a.parquet", table))
    with pytest.raises(SourceError, match="TZ_REQUIRED"):
        source.check({"t": "timestamp"})
    source.check({"t": "timestamp"}, {"t": "Asia/Tokyo"})
    [batch] = source.plan_tasks()[0].read({"t": "timestamp"}, {"t": "Asia/Tokyo"})
    assert batch.column(0).to_pylist() == [-9 * 3600 * 10**6]


def test_duplicate_columns_are_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    path = write(tmp_path / "a.parquet", table)
    assert code_of(lambda: open_source(path)) == "DUPLICATE_COLUMN"
    (tmp_path / "a.csv").write_text("a,b,a\n1,2,3\n")
    assert code_of(lambda: open_source(tmp_path / "a.csv")) == "DUPLICATE_COLUMN"
    assert code_of(lambda: open_source(table)) == "DUPLICATE_COLUMN"


# Paths


def test_names_with_brackets_are_literal_before_they_are_patterns(tmp_path):
    odd = write(tmp_path / "a[12]*?.parquet", table_of(1))
    write(tmp_path / "a1.parquet", table_of(2))
    [task] = open_source(odd).plan_tasks()
    assert (task.file, task.num_rows) == (odd, 1)
    [task] = open_source(tmp_path / "a[12].parquet").plan_tasks()
    assert task.num_rows == 2


def test_patterns_and_folders_are_sorted_and_recursive(tmp_path):
    for name in ["b/2.parquet", "b/c/1.parquet", "a.parquet", "b/_x.parquet", "n.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, table_of(1))

    def names(given):
        return [
            os.path.relpath(t.file, tmp_path) for t in open_source(given).plan_tasks()
        ]

    assert names(tmp_path) == ["a.parquet", "b/2.parquet", "b/c/1.parquet"]
    pattern = str(tmp_path / "**" / "[0-9].parquet")
    assert names(pattern) == ["b/2.parquet", "b/c/1.parquet"]
    assert names([pattern, tmp_path / "a.parquet"])[-1] == "a.parquet"


def test_nothing_found_names_the_pattern(tmp_path):
    for given in [tmp_path / "*.parquet", tmp_path / "a.parquet", tmp_path]:
        with pytest.raises(EmptySourceError) as caught:
            open_source(given)
        assert caught.value.file == str(given)
    with pytest.raises(EmptySourceError):
        open_source([])


def test_one_file_named_twice_is_refused(tmp_path):
    path = write(tmp_path / "a.parquet", table_of(3))
    (tmp_path / "link.parquet").symlink_to(path)
    for given in [[path, path], [path, f"{tmp_path}/./a.parquet"], tmp_path]:
        with pytest.raises(DuplicateSourceError):
            open_source(given)
    source = open_source([path, path], allow_duplicates=True)
    assert len(source.plan_tasks()) == 2


def test_partitioned_folders_are_refused(tmp_path):
    (tmp_path / "year=2013").mkdir()
    write(tmp_path / "year=2013" / "a.parquet", table_of(1))
    assert code_of(lambda: open_source(tmp_path)) == "PARTITIONED_FOLDER"
    assert open_source(f"{tmp_path}/**/*.parquet").plan_tasks()


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.csv").write_text("x\n1\n")
    path = write(tmp_path / "a.parquet", table_of(1))
    assert code_of(lambda: open_source(tmp_path / "a.txt")) == "UNSUPPORTED_SOURCE"
    assert code_of(lambda: open_source([path, tmp_path / "a.csv"])) == "MIXED_FORMATS"
    assert code_of(lambda: open_source("s3://bucket/a.parquet")) == "REMOTE_PATH"
    os.mkfifo(tmp_path / "pipe.csv")
    assert code_of(lambda: open_source(tmp_path / "pipe.csv")) == "NOT_A_FILE"


def test_fingerprints_follow_names_sizes_and_contents(tmp_path):
    path = write(tmp_path / "a.parquet", table_of(9))
    first = open_source(path).fingerprint()
    assert first == open_source([path]).fingerprint()
    write(tmp_path / "a.parquet", table_of(9, 1))
    assert open_source(path).fingerprint() != first
    (tmp_path / "a.csv").write_text("a\n1\n")
    first = open_source(tmp_path / "a.csv").fingerprint()
    (tmp_path / "a.csv").write_text("a\n2\n")
    second = open_source(tmp_path / "a.csv").fingerprint()
    options = CsvOptions(null_values=("NA",))
    third = open_source(tmp_path / "a.csv", csv=options).fingerprint()
    assert len({first, second, third}) == 3


# CSV


def csv_rows(tmp_path, content, columns, *, name="a.csv", options=None, **read):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = open_source(path, csv=options)
    source.check(columns)
    return [
        row
        for task in source.plan_tasks()
        for batch in task.read(columns, {}, **read)
        for row in batch.to_pylist()
    ]


def csv_error(tmp_path, content, columns, **options) -> FeatureKitError:
    with pytest.raises(FeatureKitError) as caught:
        csv_rows(tmp_path, content, columns, **options)
    assert caught.value.file == str(tmp_path / options.get("name", "a.csv"))
    return caught.value


@pytest.mark.proves(88)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_text_is_kept_and_only_empty_fields_are_missing(tmp_path, newline, mark):
    lines = [
        "s,n,x",
        "NA,1,1.5",
        ",,",
        '"",007,nan',
        f'"a{newline}""b"",",3,1e3',
        "null,4,",
    ]
    found = csv_rows(tmp_path, mark + newline.join(lines) + newline, COLUMNS)
    assert [row["s"] for row in found] == ["NA", None, "", f'a{newline}"b",', "null"]
    assert [row["n"] for row in found] == [1, None, 7, 3, 4]
    assert str([row["x"] for row in found]) == "[1.5, None, nan, 1000.0, None]"


def test_csv_null_values_are_an_option(tmp_path):
    options = CsvOptions(null_values=("", "NA"), quoted_nulls=True)
    content = 's,n\nNA,1\n"NA",NA\n"",""\n'
    found = csv_rows(tmp_path, content, {"s": "string", "n": "int64"}, options=options)
    assert [tuple(row.values()) for row in found] == [
        (None, 1),
        (None, None),
        (None, None),
    ]


def test_csv_types_come_from_the_spec_however_late_a_value_is(tmp_path):
    content = "a\n" + "1\n" * 70_000 + "x7\n" + "1\n" * 9 + "x8\n"
    error = csv_error(tmp_path, content, {"a": "int64"}, batch_rows=1000)
    assert (error.code, error.row, error.got) == ("PARSE", 70_000, "x7")
    assert "2 values of" in str(error)
    assert len(csv_rows(tmp_path, content, {"a": "string"})) == 70_011


def test_csv_ragged_rows_name_the_line(tmp_path):
    content = 'a,b\n1,2\n"x\ny",3\n\n4\n5,6\n'
    error = csv_error(tmp_path, content, {"a": "string"})
    assert error.code == "CSV_SYNTAX"
    assert "line 6 has 1 fields" in str(error)
    assert error.expected.startswith("2 fields")
    error = csv_error(tmp_path, "a,b\n1,2\n1,2,3\n", {"a": "string"})
    assert "line 3 has 3 fields" in str(error)


def test_csv_ragged_rows_are_found_in_later_blocks(tmp_path):
    content = "a,b\n" + "1,2\n" * 500 + "3\n" + "1,2\n" * 500
    options = CsvOptions(block_bytes=256)
    error = csv_error(tmp_path, content, {"a": "string"}, options=options)
    assert "line 502 has 1 fields" in str(error)
    assert error.row == 500


@pytest.mark.parametrize(
    "content",
    ['a,b\n1,"x\n3,4\n', 'a,b\n1,2\n"x,3\n4,5\n', 'a\n"\n', 'a,b\n1,2\n3,"'],
)
def test_csv_unclosed_quotes_are_refused(tmp_path, content):
    columns = {"a": "string"}
    assert csv_error(tmp_path, content, columns).code == "CSV_SYNTAX"


def test_csv_quotes_inside_of_plain_fields_are_text(tmp_path):
    found = csv_rows(tmp_path, 'a,b\n5" pipe,1\n', {"a": "string"})
    assert found == [{"a": '5" pipe'}]


def test_csv_rows_longer_than_a_block_are_refused(tmp_path):
    content = "a,b\n" + "1,2\n" * 300 + "x" * 5000 + ",3\n"
    options = CsvOptions(block_bytes=1000)
    error = csv_error(tmp_path, content, {"a": "string"}, options=options)
    assert error.code == "CSV_SYNTAX"
    assert "block_bytes" in error.hint


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "CORRUPT_SOURCE"),
        (b"\xef\xbb\xbf", "CORRUPT_SOURCE"),
        (b"\n", "CSV_SYNTAX"),
        ("a,b\n1,2\n".encode("utf-16"), "CORRUPT_SOURCE"),
        (b"a\xff,b\n1,2\n", "CORRUPT_SOURCE"),
        (b"PAR1....", "CORRUPT_SOURCE"),
    ],
)
def test_csv_files_that_are_no_csv(tmp_path, content, code):
    assert csv_error(tmp_path, content, {"a": "string"}).code == code


def test_csv_with_a_header_only_has_no_rows(tmp_path):
    for content in ["a,b\n", "a,b", "a\n"]:
        assert csv_rows(tmp_path, content, {"a": "string"}) == []


def test_csv_bytes_that_are_no_utf8_name_the_row(tmp_path):
    error = csv_error(tmp_path, b"a,b\nok,1\nol\xe9,2\n", {"a": "string"})
    assert (error.code, error.row, error.column) == ("BAD_UTF8", 1, "a")
    assert csv_rows(tmp_path, b"a,b\nok,1\nol\xe9,2\n", {"b": "int64"})[1] == {"b": 2}


def test_csv_empty_lines_are_missing_values_in_one_column_only(tmp_path):
    assert csv_rows(tmp_path, "a\n1\n\n2\n", {"a": "int64"}) == [
        {"a": 1},
        {"a": None},
        {"a": 2},
    ]
    content = "a,b\n\n1,2\n\n\n3,4\n"
    assert csv_rows(tmp_path, content, {"a": "int64"}) == [{"a": 1}, {"a": 3}]


def test_csv_tabs_and_compression(tmp_path):
    content = b"a\tb\n1\tx,y\n"
    columns = {"b": "string", "a": "int64"}
    expected = [{"b": "x,y", "a": 1}]
    assert csv_rows(tmp_path, content, columns, name="a.tsv") == expected
    packed = gzip.compress(content) + gzip.compress(b"2\tz\n")
    found = csv_rows(tmp_path, packed, columns, name="a.tsv.gz")
    assert found == [*expected, {"b": "z", "a": 2}]


def test_csv_compressed_and_cut_is_corrupt(tmp_path):
    packed = gzip.compress(b"a,b\n" + os.urandom(3000).hex().encode() + b",1\n")
    for end in (20, len(packed) // 2, len(packed) - 1):
        error = csv_error(tmp_path, packed[:end], {"b": "int64"}, name="a.csv.gz")
        assert error.code == "CORRUPT_SOURCE"


def test_csv_tasks_are_whole_files_and_picklable(tmp_path):
    (tmp_path / "a.csv").write_text("n,s,x\n1,a,0.5\n")
    (tmp_path / "b.csv").write_text("x,n,s\n1.5,2,b\n")
    source = pickle.loads(pickle.dumps(open_source(tmp_path)))
    tasks = pickle.loads(pickle.dumps(source.plan_tasks(rows_per_task=1)))
    assert [task.num_rows for task in tasks] == [None, None]
    assert read_all(source).to_pylist() == [
        {"s": "a", "n": 1, "x": 0.5},
        {"s": "b", "n": 2, "x": 1.5},
    ]
