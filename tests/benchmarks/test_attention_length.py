"""The points of the benchmark of attention, and from where a kind is faster."""

import pytest

from benchmarks.gpu import attention_length as bench

pytest.importorskip("jax")


def points(kind: str, *times: float | None) -> list[dict[str, object]]:
    return [
        {"level": "attention", "kind": kind, "length": 2**place}
        | ({"failed": "memory"} if ms is None else {"ms": ms})
        for place, ms in enumerate(times)
    ]


def test_a_kind_is_faster_from_where_it_stays_so() -> None:
    found = bench.crossovers([
        *points(bench.FUSED, 1.0, 2.0, 4.0, 8.0, None),
        *points("linear", 0.5, 3.0, 3.0, 3.0, 3.0),
        *points("softmax", 9.0, 9.0, None, 9.0, 9.0),
        *points("mixed_chunk", 0.1, 0.1, 0.1, 0.1, 0.1),
    ])  # fmt: skip
    assert {line["kind"]: line["faster_from"] for line in found} == {
        "linear": 4,
        "softmax": None,
        "mixed_chunk": 1,
    }


def test_texts_of_all_lengths_have_the_same_number_of_tokens() -> None:
    for length in bench.LENGTHS:
        assert bench.Sizes(2**17, length).batch * length == 2**17


@pytest.mark.tensorflow
def test_a_point_has_a_time_and_memory_that_grows_with_the_square() -> None:
    import keras

    if keras.config.backend() != "jax":
        pytest.skip("the benchmark runs on JAX")
    needed = {
        kind: [
            bench.point("attention", kind, bench.Sizes(length, length, 1, 8, 16))
            for length in (256, 512)
        ]
        for kind in ("softmax", "linear")
    }
    growth = {kind: two["bytes"] / one["bytes"] for kind, (one, two) in needed.items()}
    assert growth["linear"] < 2.3 < 3 < growth["softmax"]
    assert all(one["ms"] > 0 for kind in needed.values() for one in kind)


@pytest.mark.tensorflow
def test_a_point_that_cannot_be_computed_says_why() -> None:
    found = bench.point("attention", bench.FUSED, bench.Sizes(64, 64, 1, 7))
    assert "ms" not in found
    assert found["failed"]
