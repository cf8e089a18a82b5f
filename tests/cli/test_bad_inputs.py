"""Every fault of the catalogue that is a file, through the command line.

The table is that of `tests/catalogue`; the ids are its numbers. Each case writes real
files and runs a command as a user would; nothing may be left behind.
"""

from pathlib import Path

import pytest
from catalogue.data_faults import DATA_FAULTS
from catalogue.fault import Fault
from catalogue.spec_faults import SPEC_FAULTS
from cli.running import empty_stats, run


def check(fault: Fault, command: str, spec: Path, sources: list[Path]) -> None:
    """Runs a command; its error has to be that of the table."""
    output = spec.parent / ("out" if command == "convert" else "found.json")
    more = ["--stats", empty_stats(spec.parent)] if command == "convert" else []
    done = run(command, "--spec", spec, "--output", output, *more,
               *sources, "--json")  # fmt: skip
    found = done.error
    wrong_spec = fault in SPEC_FAULTS
    assert (found["code"], done.code) == (fault.code, 2 if wrong_spec else 1)
    for name, value in fault.where.items():
        got = Path(found[name]).name if name == "file" else found[name]
        assert got == value, (name, found)
    # The same, for people: where, and no traceback.
    assert done.stderr.startswith(f"error {fault.code}: ")
    for name in fault.where:
        assert f"  {name} " in done.stderr
    assert not output.exists()


@pytest.mark.parametrize("fault", SPEC_FAULTS, ids=str)
def test_a_wrong_spec_is_refused_before_the_source_is_opened(
    fault: Fault, tmp_path: Path
) -> None:
    source = tmp_path / "nowhere.parquet"
    if fault.convert_only:  # statistics belong to a source that fits the spec
        source = fault.rows(tmp_path)
    check(fault, "convert", fault.spec(tmp_path), [source])


@pytest.mark.parametrize("fault", DATA_FAULTS, ids=str)
@pytest.mark.parametrize("command", ["analyze", "convert"])
def test_bad_data_is_a_located_error(
    fault: Fault, command: str, tmp_path: Path
) -> None:
    made = fault.rows(tmp_path)
    sources = made if isinstance(made, list) else [made]
    in_memory = not isinstance(sources[0], Path)
    if in_memory or (command == "analyze" and fault.convert_only):
        return
    check(fault, command, fault.spec(tmp_path), sources)
