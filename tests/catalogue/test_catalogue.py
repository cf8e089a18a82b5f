"""The catalogue of faults: all 27 wrong specs and 50 odd data, one test for each.

    pytest tests/catalogue -rP     # also prints which numbers wait for a feature

The command line is run on the same table by `tests/cli/test_bad_inputs.py`.
"""

from pathlib import Path

import pytest
from catalogue.data_faults import DATA_FAULTS
from catalogue.fault import Fault, Result
from catalogue.not_applicable import NEEDS
from catalogue.results import RESULTS
from catalogue.spec_faults import SPEC_FAULTS

import featurekit as fk
from featurekit.errors import FeatureKitError
from featurekit.spec.load import load_spec

NUMBERS = [f"S{at}" for at in range(1, 28)] + [f"D{at}" for at in range(1, 51)]


@pytest.mark.parametrize("fault", SPEC_FAULTS, ids=str)
def test_a_wrong_spec_is_refused_before_any_data_is_read(
    fault: Fault, tmp_path: Path
) -> None:
    with pytest.raises(FeatureKitError) as found:
        fk.compile(load_spec(fault.spec(tmp_path)))
    fault.check(found.value)


@pytest.mark.proves(118)
@pytest.mark.parametrize("fault", DATA_FAULTS, ids=str)
def test_bad_data_is_a_located_error(fault: Fault, tmp_path: Path) -> None:
    spec = load_spec(fault.spec(tmp_path))
    rows = fault.rows(tmp_path)
    with pytest.raises(FeatureKitError) as found:
        fk.convert(spec, fk.Stats({}), rows, tmp_path / "out")
    fault.check(found.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("result", RESULTS, ids=str)
def test_what_is_odd_and_right(result: Result, tmp_path: Path) -> None:
    result.check(tmp_path)


def test_every_number_is_tested_or_waits_for_a_feature() -> None:
    tested = {case.number for case in (*SPEC_FAULTS, *DATA_FAULTS, *RESULTS)}
    assert not tested & set(NEEDS)
    assert tested | set(NEEDS) == set(NUMBERS)
    print(f"{len(tested)} of {len(NUMBERS)} numbers are tested; not yet applicable:")
    for number, reason in NEEDS.items():
        print(f"  {number:<4} needs {reason}")


def test_ids_are_unique() -> None:
    named = [case.id for case in (*SPEC_FAULTS, *DATA_FAULTS, *RESULTS)]
    assert len(set(named)) == len(named)
