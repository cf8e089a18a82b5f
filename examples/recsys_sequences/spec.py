"""What to make of a history: its last 50 steps, and what came after each of them."""

import featurekit as fk

LENGTH = 50
# The most recent steps are kept, and stand at the end: the place of the last step is
# the same for short and long histories.
RECENT = {"length": LENGTH, "side": "left", "truncate": "left"}

history = fk.sequence(
    {
        "item": fk.integers("items").vocabulary(shared="items"),
        "rating": fk.numerics("ratings").standardize(),
        "gap": fk.numerics("gaps").log1p().standardize(),
    }
)
spec = fk.FeatureSpec(
    features=history.pad(**RECENT),
    label=fk.integers("next").vocabulary(shared="items").pad(**RECENT),
)
