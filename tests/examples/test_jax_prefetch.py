import re
from pathlib import Path

import numpy as np
import pytest
from reading.records import numbered, numbers

jax = pytest.importorskip("jax")


def test_batches_arrive_in_order_on_the_device(tmp_path: Path) -> None:
    from examples.jax_prefetch import on_device

    dataset = numbered(tmp_path, 100, 17)
    found = list(on_device(dataset.iter_numpy(8, shuffle=True), size=3))
    assert all(isinstance(a, jax.Array) for batch in found for a in batch.values())
    back = [{k: np.asarray(a) for k, a in batch.items()} for batch in found]
    assert numbers(back) == numbers(dataset.iter_numpy(8, shuffle=True))
    assert list(on_device([])) == []


def test_the_example_trains(capsys: pytest.CaptureFixture[str]) -> None:
    from examples.jax_prefetch import main

    main()
    first, last = re.findall(r"0\.\d+", capsys.readouterr().out)
    assert float(last) < float(first) / 2
