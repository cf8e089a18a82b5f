"""What to make of a row: 20 numbers, 20 levels, and two features made of them again.

A level may be missing, which is an id of its own. The last two features repeat what
others say: a model that hides single features could read a hidden one off its copy.
"""

import featurekit as fk

NUMBERS = [f"number_{index}" for index in range(20)]
LEVELS = [f"level_{index}" for index in range(20)]

spec = fk.FeatureSpec(
    {
        **{name: fk.numeric(name).standardize() for name in NUMBERS},
        **{name: fk.string(name).vocabulary(missing_id=True) for name in LEVELS},
        "bucket": fk.numeric("number_0").quantile_buckets(10),
        "pair": fk.cross(
            fk.string("level_0").fill(""), fk.string("level_1").fill("")
        ).hash_buckets(128),
    },
    label=fk.integer("label").identity(2),
    key=["id"],
    split=fk.key_split(train=0.7, validation=0.1, test=0.2),
)
