"""One name for how all weights of a model begin.

| scheme | standard deviation of a kernel of `inputs` x `outputs` |
|---|---|
| `lecun` | inputs^-1/2 |
| `xavier` | (2 / (inputs + outputs))^1/2 |
| `he` | (2 / inputs)^1/2 |
| `bert` | 0.02 |
| `t5` | inputs^-1/2; of queries (inputs * width of a head)^-1/2 |
| `deepnet` | `xavier`, times (8 * depth)^-1/4 in values, outputs and feed-forward |
| `ntk` | 1; the layer multiplies its result by inputs^-1/2 |

All draw from a normal distribution cut off at two deviations, and are widened so that
the deviation is the stated one: cut off, a distribution of deviation 1 has 0.88.
"""

import math
from typing import Any, Literal, get_args

import keras

Scheme = Literal["lecun", "xavier", "he", "bert", "t5", "deepnet", "ntk"]
Role = Literal["query", "key", "value", "output", "feed_forward", "other"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of the standard normal distribution cut off at -2 and 2."""


def deviation(
    scheme: Scheme,
    inputs: int,
    outputs: int,
    *,
    role: Role = "other",
    depth: int = 1,
    head_width: int | None = None,
) -> float:
    """The standard deviation of a kernel's first values.

    Args:
        scheme: See the module.
        inputs: Numbers that one output is a sum of.
        outputs: Numbers that one input is part of.
        role: What the kernel makes; "t5" and "deepnet" ask. Defaults to "other".
        depth: Residual blocks of the encoder, for "deepnet". Defaults to 1.
        head_width: Width of a head, for queries under "t5".

    Raises:
        ValueError: The scheme is not known.

    References:
        LeCun et al. 1998; Glorot and Bengio 2010; He et al. 2015; Devlin et al. 2018;
        Raffel et al. 2019; Wang et al. 2022 (DeepNet, section 3); Jacot et al. 2018.

    Example:
        >>> deviation("lecun", 64, 256)
        0.125
    """
    match scheme:
        case "lecun":
            return float(inputs**-0.5)
        case "xavier":
            return math.sqrt(2.0 / (inputs + outputs))
        case "he":
            return math.sqrt(2.0 / inputs)
        case "bert":
            return 0.02
        case "t5":
            width = head_width if role == "query" and head_width else 1
            return float((inputs * width) ** -0.5)
        case "deepnet":
            narrowed = role in ("value", "output", "feed_forward")
            gain = (8.0 * depth) ** -0.25 if narrowed else 1.0
            return gain * math.sqrt(2.0 / (inputs + outputs))
        case "ntk":
            return 1.0
    raise ValueError(
        f"Invalid value for argument `scheme`. Expected one of {SCHEMES}. "
        f"Received: scheme={scheme!r}"
    )


def initializer(
    scheme: Scheme,
    inputs: int,
    outputs: int,
    *,
    role: Role = "other",
    depth: int = 1,
    head_width: int | None = None,
    seed: int | None = None,
) -> Any:
    """A Keras initializer of the deviation that `deviation` says.

    Args:
        scheme: See the module.
        inputs: Numbers that one output is a sum of.
        outputs: Numbers that one input is part of.
        role: What the kernel makes. Defaults to "other".
        depth: Residual blocks of the encoder. Defaults to 1.
        head_width: Width of a head.
        seed: Of the draw. Defaults to one that Keras chooses.

    Example:
        >>> initializer("bert", 64, 64, seed=1)((2, 3)).shape == (2, 3)
        True
    """
    wanted = deviation(
        scheme, inputs, outputs, role=role, depth=depth, head_width=head_width
    )
    return keras.initializers.TruncatedNormal(
        stddev=wanted / TRUNCATED_DEVIATION, seed=seed
    )


def output_scale(scheme: Scheme, inputs: int) -> float:
    """What a layer multiplies its product by: inputs^-1/2 under "ntk", otherwise 1.

    Example:
        >>> output_scale("ntk", 16), output_scale("he", 16)
        (0.25, 1.0)
    """
    return inputs**-0.5 if scheme == "ntk" else 1.0


def score_scale(scheme: Scheme, head_width: int) -> float:
    """What scores are multiplied by: head_width^-1/2, which "t5" has in its queries.

    Example:
        >>> score_scale("xavier", 64), score_scale("t5", 64)
        (0.125, 1.0)
    """
    return 1.0 if scheme == "t5" else head_width**-0.5
