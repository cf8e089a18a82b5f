"""Failures of the operating system as errors that say where."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from featurekit.errors import DatasetError, OutputSpaceError


@contextmanager
def located_os_errors(path: Path) -> Iterator[None]:
    """Turns a full device into OutputSpaceError, other failures into DatasetError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputSpaceError(
                "the device is full",
                file=str(path),
                hint="free space, and run the same command again to resume",
            ) from error
        raise DatasetError(
            f"cannot write: {error.strerror or error}", code="OUTPUT_IO", file=str(path)
        ) from error
