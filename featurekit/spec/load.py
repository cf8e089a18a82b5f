"""A FeatureSpec from a file: Python that declares it, or what it was written as."""

import runpy
import traceback
from os import PathLike
from pathlib import Path
from typing import Literal

from featurekit.errors import FeatureKitError, SpecError
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_from_proto, spec_from_text

_TEXT_FORMS: dict[str, Literal["json", "textproto"]] = {
    ".json": "json",
    ".textproto": "textproto",
    ".txtpb": "textproto",
}
_BINARY = (".pb", ".binpb")


def load_spec(path: str | PathLike[str]) -> FeatureSpec:
    r"""Reads a spec from a file.

    A Python file is run, with the rights of the caller; what it binds to the name
    `spec` is the spec. All other forms hold data only.

    Args:
        path: A file that ends in .py, .json, .textproto, .txtpb, .pb or .binpb.

    Raises:
        SpecError: There is no such file, its form is not known, or it declares no spec.
        VersionTooNewError: A newer featurekit wrote it.

    Example:
        >>> import pathlib, tempfile
        >>> import featurekit as fk
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "spec.py")
        ...     _ = file.write_text(
        ...         "import featurekit as fk\n"
        ...         "spec = fk.FeatureSpec({'age': fk.numeric('age')})\n"
        ...     )
        ...     load_spec(file) == fk.FeatureSpec({"age": fk.numeric("age")})
        True
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in (".py", *_TEXT_FORMS, *_BINARY):
        raise SpecError(
            "the form of the spec is not known by the name of its file",
            code="SPEC_FILE",
            file=str(file),
            expected=", ".join((".py", *_TEXT_FORMS, *_BINARY)),
        )
    if not file.is_file():
        raise SpecError("there is no such file", code="SPEC_FILE", file=str(file))
    try:
        return _read(file, suffix)
    except FeatureKitError as error:
        error.in_file(str(file))
        raise


def _read(file: Path, suffix: str) -> FeatureSpec:
    if suffix == ".py":
        return _run(file)
    try:
        if suffix in _BINARY:
            return spec_from_proto(file.read_bytes())
        return spec_from_text(
            file.read_text(encoding="utf-8"), form=_TEXT_FORMS[suffix]
        )
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            f"the spec cannot be read: {error}", code="SPEC_FILE", file=str(file)
        ) from error


def _run(file: Path) -> FeatureSpec:
    try:
        found = runpy.run_path(str(file)).get("spec")
    except FeatureKitError as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(file)
        ]
        if lines:
            error.add_note(f"raised at line {lines[-1]} of {file}")
        raise
    except Exception as error:
        raise SpecError(
            f"the file raised {type(error).__name__}: {error}",
            code="SPEC_FILE",
            file=str(file),
        ) from error
    if not isinstance(found, FeatureSpec):
        raise SpecError(
            "the file binds no FeatureSpec to the name 'spec'",
            code="SPEC_FILE",
            file=str(file),
            got=found,
            hint="add a line such as spec = fk.FeatureSpec({...})",
        )
    return found
