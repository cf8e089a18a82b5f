"""What the machine can do: bandwidths, and the time that bytes take at least."""

from collections.abc import Mapping

RESOURCES = {
    "memcpy": "copy in memory",
    "crc32c": "CRC32C",
    "write": "write to a file in the cache",
    "read": "read from a file in the cache",
    "parquet": "read Parquet with dictionaries",
}


def floor_seconds(
    needs: Mapping[str, int], bandwidths: Mapping[str, float]
) -> float | None:
    """Bytes over bandwidth, one after another on one core; None if unknown.

    >>> floor_seconds({"memcpy": 10}, {"memcpy": 5.0})
    2.0
    """
    if not needs or not needs.keys() <= bandwidths.keys():
        return None
    return sum(count / bandwidths[name] for name, count in needs.items())
