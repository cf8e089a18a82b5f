"""Arrays at addresses, for kernels that are told where their columns are.

Such an array is not counted and keeps nothing alive: whoever made the address does.
Loops over arrays become vector instructions, loops over addresses do not; and under
NUMBA_BOUNDSCHECK the length is checked.
"""

from collections.abc import Callable
from typing import Any

from numba import types
from numba.np import arrayobj

from featurekit.kernels.memory import intrinsic

_populate: Callable[..., Any] = arrayobj.populate_array


def _view(kind: Any) -> Callable[..., Any]:
    """A function of an address and a number of elements that gives an array."""
    array_type = types.Array(kind, 1, "C")
    item_bytes = 1 if kind is types.bool_ else kind.bitwidth // 8

    @intrinsic
    def view(_: Any, address: Any, count: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            found = context.make_array(array_type)(context, builder)
            pointer = context.get_data_type(kind).as_pointer()
            width = context.get_constant(types.intp, item_bytes)
            _populate(
                found,
                data=builder.inttoptr(args[0], pointer),
                shape=(args[1],),
                strides=(width,),
                itemsize=width,
                meminfo=None,
            )
            return found._getvalue()

        return array_type(types.int64, types.int64), emit

    return view


bytes_at = _view(types.uint8)
"""uint8."""
shorts_at = _view(types.uint16)
"""uint16."""
words_at = _view(types.uint32)
"""uint32."""
bools_at = _view(types.bool_)
"""One byte for each."""
integers_at = _view(types.int64)
"""int64."""
doubles_at = _view(types.float64)
"""float64."""
floats_at = _view(types.float32)
"""float32."""
