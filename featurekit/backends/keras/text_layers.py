"""Keras layers of ops that change text."""

from typing import Any

from featurekit.backends.keras.op_layers import OpLayer, register
from featurekit.plan import ops
from featurekit.plan.unicode_tables import unicode_version


@register
class MapText(OpLayer):
    """Text in a normal form of Unicode, or in another case.

    Args:
        change: "NFC", "NFD", "NFKC", "NFKD", "casefold" or "lower".
        unicode: The version of the tables. Defaults to the only one there is.

    Semantics:
        - Missing: stays missing.
        - Not UTF-8: refused.
        - Output: string, shape (batch,).

    Example:
        >>> import tensorflow as tf
        >>> import featurekit as fk
        >>> fk.keras.MapText("casefold")(tf.constant(["STRASSE"])).numpy().tolist()
        [b'strasse']
    """

    op_class = ops.MapText

    def __init__(self, change: str, unicode: str | None = None, **kwargs: Any) -> None:
        super().__init__(change, unicode or unicode_version(), **kwargs)


@register
class StripText(OpLayer):
    """Text without whitespace of ASCII at its ends.

    Semantics:
        - Missing: stays missing.
        - Output: string, shape (batch,).

    Example:
        >>> import tensorflow as tf
        >>> import featurekit as fk
        >>> fk.keras.StripText()(tf.constant([" a b "])).numpy().tolist()
        [b'a b']
    """

    op_class = ops.StripText
