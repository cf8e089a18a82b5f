"""More processes, and more rows."""

from benchmarks.suite import Bar, Case, Group, Suite

_ONE = "featurekit: analyze, convert, 1 process"
_TWO = "featurekit: analyze, convert, 2 processes"
_MILLION = "featurekit: 1,000,000 rows"
_TEN = "featurekit: 10,000,000 rows"
_CONVERT_MILLION = "featurekit: convert, 1,000,000 rows"
_CONVERT_TEN = "featurekit: convert, 10,000,000 rows"
_BEAM_TEN = "featurekit: convert as a Beam job, 10,000,000 rows"
_ALL = "transform_featurekit:whole"
_CONVERT = "convert_featurekit:whole"
_BEAM = "convert_featurekit:whole_beam"


def _case(name: str, rows: int | None, workers: int, function: str = _ALL) -> Case:
    return Case(
        name,
        function,
        mode="process",
        rows=rows,
        processes=1,
        options={"workers": workers},
    )


SUITE = Suite(
    name="scaling",
    title="Scaling: processes and rows",
    about=(
        "The job of the suite `transform`, as a whole process, on the local engine. "
        "Peak memory is that of the first process. The group of 10,000,000 rows runs "
        "with `--large`."
    ),
    rows=4_000_000,
    groups=(
        Group("Processes", _ONE, (_case(_ONE, None, 1), _case(_TWO, None, 2))),
        Group(
            "Rows",
            _MILLION,
            (_case(_MILLION, 1_000_000, 1), _case(_TEN, 10_000_000, 1)),
            large=True,
        ),
        Group(
            "Rows, conversion alone",
            _CONVERT_MILLION,
            (
                _case(_CONVERT_MILLION, 1_000_000, 1, _CONVERT),
                _case(_CONVERT_TEN, 10_000_000, 1, _CONVERT),
                _case(_BEAM_TEN, 10_000_000, 1, _BEAM),
            ),
            large=True,
        ),
    ),
    bars=(
        Bar("speed-up by a second process", _TWO, _ONE, "wall", 1.8),
        Bar(
            "CPU of a Beam job, local engine, 10 M rows",
            _BEAM_TEN,
            _CONVERT_TEN,
            "cpu",
            at_most=1.3,
        ),
        Bar(
            "memory of converting, 10 M against 1 M rows",
            _CONVERT_TEN,
            _CONVERT_MILLION,
            "peak_rss",
            at_most=1.15,
        ),
        Bar(
            "memory of analyzing too, whose exact counts grow",
            _TEN,
            _MILLION,
            "peak_rss",
            at_most=1.15,
        ),
    ),
)
