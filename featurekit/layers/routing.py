"""Which tokens go to which expert, and with what weight."""

from typing import Any, NamedTuple

from keras import ops


class Routing(NamedTuple):
    """Places of tokens in the queues of experts.

    Args:
        choice: int32, shape (experts * capacity,): 1 + the choice, of all first
            choices, then all second ones, that stands in each place of the queues, one
            behind the other; 0 where the place is empty.
        place: int32, shape (choices, tokens): 1 + the place in which a token stands; 0
            where it was dropped. The inverse of `choice`.
        gate: float32, shape (choices, tokens): weights of the experts' answers.
        chosen: float32, shape (experts,): share of the choices that fell on an expert,
            kept or not; 1 together.
        dropped: float32: share of the choices that found the queue full.
    """

    choice: Any
    place: Any
    gate: Any
    chosen: Any
    dropped: Any


def route_by_token(
    scores: Any, *, choices: int, capacity: Any, there: Any = None
) -> Routing:
    """Each token chooses experts; an expert's queue takes the first of them.

    First choices of all tokens come before second choices, and tokens in their order.

    Args:
        scores: float32, shape (tokens, experts): the probability of each expert.
        choices: Experts per token. With one, its weight is its probability, without
            which the scores would have no gradient; with more, their probabilities are
            divided by their sum.
        capacity: Places per queue.
        there: bool, shape (tokens,): tokens that are no padding; others go to no
            expert, and take no place. Defaults to all.

    References:
        Shazeer et al. 2017; Fedus et al. 2021 (Switch); Lepikhin et al. 2020 (GShard).
    """
    experts = scores.shape[-1]
    chosen = _best(scores, choices)
    # Integers: sums of many ones in half precision stop growing.
    picks = ops.one_hot(chosen, experts, dtype="int32")
    gate = ops.sum(ops.cast(picks, scores.dtype) * scores[None], axis=-1)
    if choices > 1:
        gate = gate / ops.sum(gate, axis=0, keepdims=True)
    if there is not None:
        picks = picks * ops.cast(there, "int32")[None, :, None]
    flat = ops.reshape(picks, (-1, experts))
    rank = ops.sum((ops.cumsum(flat, axis=0) - 1) * flat, axis=-1)
    rank = ops.reshape(rank, ops.shape(chosen))
    picked = ops.sum(picks, axis=-1) > 0
    kept = picked & (rank < capacity)
    place = ops.where(kept, chosen * capacity + rank + 1, ops.zeros_like(rank))
    total = ops.maximum(ops.sum(ops.cast(picked, "float32")), 1.0)
    return Routing(
        _choices_of_places(place, experts * capacity),
        place,
        gate * ops.cast(kept, gate.dtype),
        ops.sum(ops.cast(flat, "float32"), axis=0) / total,
        1.0 - ops.sum(ops.cast(kept, "float32")) / total,
    )


def _best(scores: Any, choices: int) -> Any:
    """The experts of the largest scores, shape (choices, tokens); the first of equals.

    A few times the largest: to sort all takes longer than the experts' answers.
    """
    scores = ops.stop_gradient(scores)
    found = []
    for _ in range(choices):
        found.append(ops.cast(ops.argmax(scores, axis=-1), "int32"))
        taken = ops.one_hot(found[-1], scores.shape[-1], dtype="bool")
        scores = ops.where(taken, -1.0, scores)
    return ops.stack(found)


def _choices_of_places(place: Any, places: Any) -> Any:
    """The inverse of `Routing.place`."""
    flat = ops.reshape(place, (-1,))
    number = ops.arange(1, ops.shape(flat)[0] + 1, dtype="int32")
    # Dropped tokens all meet in place 0, which is cut off.
    return ops.scatter(flat[:, None], number, (places + 1,))[1:]


class ExpertChoice(NamedTuple):
    """Tokens that each expert chose.

    Args:
        token: int32, shape (experts, capacity): the token in each place.
        gate: float32, shape (experts, capacity): weight of the expert's answer.
    """

    token: Any
    gate: Any


def route_by_expert(scores: Any, *, capacity: int, there: Any = None) -> ExpertChoice:
    """Each expert chooses as many tokens as it has places.

    Every place is taken, so the load is even without a loss for it. A token may have no
    expert or many, and whether it has one depends on tokens behind it.

    Args:
        scores: float32, shape (tokens, experts): the probability of each expert.
        capacity: Places per expert, at most the number of tokens.
        there: bool, shape (tokens,): tokens that are no padding; others have weight 0.

    Reference:
        Zhou et al., "Mixture-of-Experts with Expert Choice Routing", 2022.
    """
    if there is not None:
        scores = scores * ops.cast(there, scores.dtype)[:, None]
    gate, token = ops.top_k(ops.transpose(scores), capacity)
    return ExpertChoice(ops.cast(token, "int32"), gate)
