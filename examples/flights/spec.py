"""What to make of a flight: the features of the demo."""

import featurekit as fk

NEW_YORK = "America/New_York"


def number(name: str, missing: float) -> fk.spec.columns.NumericColumn:
    return fk.numeric(name).fill(missing)
