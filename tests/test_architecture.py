"""What the package promises about itself."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import featurekit
from featurekit.plan.ops import OPS
from featurekit.proto import plan_pb2
from featurekit.spec.steps import STEPS


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_import_is_light() -> None:
    heavy = {
        "numpy",
        "pyarrow",
        "numba",
        "tensorflow",
        "keras",
        "apache_beam",
        "google",
    }
    assert not loaded_after("import featurekit") & heavy


def test_host_path_loads_no_framework() -> None:
    loaded = loaded_after(
        "import featurekit.jobs.convert, featurekit.jobs.analyze, featurekit.io.dataset"
    )
    assert not loaded & {"tensorflow", "keras", "apache_beam", "pandas", "polars"}


JOB = """
import featurekit as fk
spec = fk.FeatureSpec(
    {
        "age": fk.numeric("age").fill(0.0).standardize(),
        "visits": fk.numeric("visits").fill(0.0).quantile_buckets(4),
        "city": fk.string("city").fill("").vocabulary(),
        "cross": fk.cross(fk.string("city").fill("?"), fk.string("city").fill(""))
        .hash_buckets(9),
        "tags": fk.strings("tags").missing_as_empty().vocabulary().pad(2),
    },
    key=[fk.integer("id")],
    split=fk.key_split(train=0.8, test=0.2),
)
stats = fk.analyze(spec, "rows.parquet", workers=1)
fk.convert(spec, stats, "rows.parquet", "converted", workers=1)
fk.load("converted", "train").to_numpy()
"""


def test_a_job_does_not_load_pandas(tmp_path: Path) -> None:
    """It is a third of a second, and pyarrow does so at any Python value."""
    columns = {
        "id": list(range(50)),
        "age": [1.5, None] * 25,
        "visits": pa.array([None, 3] * 25, pa.int64()),
        "city": pa.array(["Ulm", None, "Köln", "", "x"] * 10).dictionary_encode(),
        "tags": [["a", "b"], [], None, ["c"], ["a"]] * 10,
    }
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    program = f"import os; os.chdir({str(tmp_path)!r}); exec({JOB!r})"
    assert not loaded_after(program) & {"tensorflow", "keras", "pandas", "polars"}


def test_spec_and_plan_load_no_arrays() -> None:
    loaded = loaded_after("import featurekit.plan.lower, featurekit.plan.serialize")
    assert not loaded & {"numpy", "pyarrow", "numba"}


def test_every_public_name_exists() -> None:
    for name in featurekit.__all__:
        if name != "keras":  # loads TensorFlow; tests/backends/keras uses it
            assert getattr(featurekit, name) is not None


def test_no_module_hides_a_public_name() -> None:
    # Importing featurekit.x.y binds featurekit.x to the module, whatever it was.
    package = Path(featurekit.__file__).parent
    modules = {path.stem for path in package.iterdir()}
    for name in modules & set(featurekit.__all__):
        assert getattr(featurekit, name).__name__ == f"featurekit.{name}"


def test_every_op_has_a_message() -> None:
    fields = plan_pb2.Node.DESCRIPTOR.oneofs_by_name["op"].fields
    assert {field.name for field in fields} == {op.name for op in OPS}


def test_every_step_has_a_message() -> None:
    from featurekit.proto import spec_pb2

    fields = spec_pb2.Step.DESCRIPTOR.oneofs_by_name["step"].fields
    assert {field.name for field in fields} == {step.method for step in STEPS}


def test_files_are_small() -> None:
    package = Path(featurekit.__file__).parent
    long = {
        str(path): count
        for path in package.rglob("*.py")
        if "proto" not in path.parts
        and (count := len(path.read_text().splitlines())) > 600
    }
    assert not long


def test_no_drawer_modules() -> None:
    package = Path(featurekit.__file__).parent
    drawers = {"utils", "util", "common", "helpers", "helper", "misc"}
    assert not {p.stem for p in package.rglob("*.py")} & drawers
