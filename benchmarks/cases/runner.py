"""Beam's runner in one process, by name: the default would look for another first."""

from typing import Any


def pipeline() -> Any:
    """A pipeline that runs in this process when its block ends."""
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    options = PipelineOptions(["--direct_running_mode=in_memory"])
    return beam.Pipeline(runner=FnApiRunner(), options=options)
