"""Positions and first values, against what the papers say of them."""

import math

import keras
import numpy as np
import pytest

from featurekit.layers import initializers as init
from featurekit.layers.positions import Positions, rotary, sinusoidal

pytestmark = pytest.mark.tensorflow


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_a_shift_is_a_linear_map_of_sinusoidal_vectors() -> None:
    waves = sinusoidal(50, 8).astype(np.float64)
    shift, *_ = np.linalg.lstsq(waves[:-7], waves[7:], rcond=None)
    np.testing.assert_allclose(waves[:-7] @ shift, waves[7:], atol=1e-5)


def test_sinusoidal_values() -> None:
    found = sinusoidal(4, 6)
    for place in range(4):
        for pair in range(3):
            angle = place / 10_000 ** (2 * pair / 6)
            wanted = [math.sin(angle), math.cos(angle)]
            np.testing.assert_allclose(
                found[place, 2 * pair : 2 * pair + 2], wanted, atol=1e-7
            )


def test_rotary_products_depend_on_the_distance_alone() -> None:
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 1, 1, 1, 16)).astype(np.float32)
    products = [
        (as_numpy(rotary(query, start=at + 5)) * as_numpy(rotary(key, start=at))).sum()
        for at in (0, 1, 7, 100)
    ]
    np.testing.assert_allclose(products, products[0], atol=1e-4)
    tokens = rng.normal(size=(2, 9, 3, 16)).astype(np.float32)
    turned = as_numpy(rotary(tokens))
    norms = [np.linalg.norm(each, axis=-1) for each in (tokens, turned)]
    np.testing.assert_allclose(*norms, rtol=1e-5)
    later = as_numpy(rotary(tokens[:, 4:], start=4))
    np.testing.assert_allclose(later, turned[:, 4:], atol=1e-6)


@pytest.mark.parametrize("learned", [False, True])
def test_positions_are_added(learned: bool) -> None:
    layer = Positions(10, learned=learned)
    tokens = np.random.default_rng(1).normal(size=(2, 7, 4)).astype(np.float32)
    added = as_numpy(layer(tokens)) - tokens
    np.testing.assert_allclose(added[0], added[1], atol=1e-6)
    wanted = layer.get_weights()[0] if learned else sinusoidal(10, 4)
    np.testing.assert_allclose(added[0], wanted[:7], atol=1e-6)
    again = Positions.from_config(layer.get_config())
    assert (again.length, again.learned) == (10, learned)
    with pytest.raises(ValueError, match="at most 10"):
        Positions(10, learned=learned)(np.zeros((1, 11, 4), np.float32))
    with pytest.raises(ValueError, match="even"):
        rotary(np.zeros((1, 2, 1, 3), np.float32))
    with pytest.raises(ValueError, match="even"):
        sinusoidal(2, 3)


@pytest.mark.parametrize("scheme", init.SCHEMES)
def test_the_deviation_is_the_stated_one(scheme: init.Scheme) -> None:
    """Cut off at two deviations, a normal distribution has 0.774 of its variance."""
    make = init.initializer(scheme, 512, 256, seed=3)
    drawn = as_numpy(make((512, 256)))
    wanted = init.deviation(scheme, 512, 256)
    assert drawn.std() == pytest.approx(wanted, rel=0.01)
    assert np.abs(drawn).max() <= 2 * wanted / init.TRUNCATED_DEVIATION + 1e-6
    assert pytest.approx(0.774, abs=5e-4) == init.TRUNCATED_DEVIATION**2


def test_stated_deviations() -> None:
    say = init.deviation
    assert say("t5", 64, 512, role="query", head_width=16) == (64 * 16) ** -0.5
    assert say("t5", 64, 512, role="key", head_width=16) == 0.125
    assert say("deepnet", 64, 64, role="query", depth=12) == say("xavier", 64, 64)
    ratio = say("deepnet", 64, 64, role="value", depth=12) / say("xavier", 64, 64)
    assert ratio == pytest.approx((8 * 12) ** -0.25)
    with pytest.raises(ValueError, match="scheme"):
        say("orthogonal", 1, 1)


def test_variance_through_30_layers_of_relu() -> None:
    """Second moments as measured: LeCun 5.8e-10, Xavier 7.2e-10, He 0.47."""
    found = {}
    for scheme in ("lecun", "xavier", "he"):
        hidden = np.random.default_rng(0).normal(size=(256, 256))
        for layer in range(30):
            kernel = as_numpy(
                init.initializer(scheme, 256, 256, seed=layer)((256, 256))
            )
            hidden = np.maximum(hidden @ kernel, 0.0)
        found[scheme] = (hidden**2).mean()
    assert 0.1 < found["he"] < 10
    assert found["lecun"] == pytest.approx(found["he"] * 2.0**-30, rel=1e-4)
    assert found["xavier"] == pytest.approx(found["lecun"], rel=1e-4)


def test_scores_of_scaled_queries_have_deviation_1() -> None:
    """Without the scale sqrt(d), 0.33 to 0.03 of the entropy remain."""
    rng = np.random.default_rng(0)
    for width in (16, 256):
        query, key = rng.normal(size=(2, 400, width))
        scores = query @ key.T
        assert scores.std() == pytest.approx(math.sqrt(width), rel=0.05)
        scaled = scores * init.score_scale("xavier", width)
        assert scaled.std() == pytest.approx(1.0, rel=0.05)
    dim, width = 256, 32
    tokens = rng.normal(size=(400, dim))
    query, key = (
        tokens @ as_numpy(init.initializer(
            "t5", dim, width, role=role, head_width=width, seed=1)((dim, width)))
        for role in ("query", "key")
    )  # fmt: skip
    scores = query @ key.T * init.score_scale("t5", width)
    assert 0.5 <= scores.std() <= 2.0


def test_ntk_scales_the_result_and_not_the_kernel() -> None:
    assert init.deviation("ntk", 400, 7) == 1.0
    kernel = as_numpy(init.initializer("ntk", 400, 300, seed=0)((400, 300)))
    tokens = np.random.default_rng(0).normal(size=(200, 400))
    found = tokens @ kernel * init.output_scale("ntk", 400)
    assert found.std() == pytest.approx(1.0, rel=0.05)
