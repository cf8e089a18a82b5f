"""What to make of a row: the segment as an id, and standardized numbers."""

import featurekit as fk
from examples.tabular_moe.data import NUMBERS

spec = fk.FeatureSpec(
    features={
        "segment": fk.string("segment").vocabulary(),
        **{
            f"x{index}": fk.numeric(f"x{index}").standardize()
            for index in range(NUMBERS)
        },
    },
    label=fk.numeric("outcome").greater_equal(1),
    key=["row"],
    split=fk.key_split(train=0.9, test=0.1),
)
