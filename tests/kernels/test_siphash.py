"""SipHash: the paper's value, the definition, the kernel, and TensorFlow agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.backends.siphash_reference import siphash
from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.siphash import siphash_span

words = st.integers(0, 2**63 - 1)


def kernel(data: bytes, key: tuple[int, int]) -> int:
    padded = read_only(np.frombuffer(b"?" + data + b"?", np.uint8))
    return int(siphash_span(padded, 1, 1 + len(data), *key))


def test_value_of_the_paper() -> None:
    # Appendix A: the key is 00 01 … 0f, the text is 00 01 … 0e.
    key = tuple(int.from_bytes(bytes(range(at, at + 8)), "little") for at in (0, 8))
    assert siphash(bytes(range(15)), key) == 0xA129CA6149BE45E5
    assert kernel(bytes(range(15)), key) == 0xA129CA6149BE45E5


@given(st.binary(max_size=80), st.tuples(words, words))
def test_kernel_is_the_definition(data: bytes, key: tuple[int, int]) -> None:
    assert kernel(data, key) == siphash(data, key)


@pytest.mark.parametrize("size", [0, 7, 8, 9, 255, 256, 257, 5000])
def test_sizes_at_which_words_begin(size: int) -> None:
    data = bytes(at * 7 % 251 for at in range(size))
    assert kernel(data, (3, 2**63 - 1)) == siphash(data, (3, 2**63 - 1))
