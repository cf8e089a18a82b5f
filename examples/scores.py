"""How good answers are: the measures that the training examples share."""

from typing import Any

import numpy as np
import numpy.typing as npt


def log_loss(label: npt.NDArray[Any], logit: npt.NDArray[Any]) -> float:
    """The mean negative log-likelihood of outcomes, in nats.

    Args:
        label: 0 or 1, shape (rows,).
        logit: Log-odds of 1, shape (rows,).

    Example:
        >>> round(log_loss(np.array([0, 1]), np.array([0.0, 0.0])), 4)
        0.6931
    """
    exact = logit.astype(np.float64)
    return float(np.mean(np.logaddexp(0.0, exact) - label * exact))


def auc(label: npt.NDArray[Any], score: npt.NDArray[Any]) -> float:
    """The area under the ROC curve: how often a 1 scores above a 0; ties count half.

    Args:
        label: 0 or 1, shape (rows,), both of them there.
        score: Higher where 1 is likelier, shape (rows,).

    Raises:
        ValueError: There are no rows of 0, or none of 1.

    Reference:
        Hanley and McNeil, "The meaning and use of the area under a receiver operating
        characteristic (ROC) curve", 1982.

    Example:
        >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
        0.875
    """
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]  # tied scores share their mean
    ones = int(np.sum(label))
    zeros = len(label) - ones
    if not ones or not zeros:
        raise ValueError(
            f"Expected labels of both kinds. Received: {zeros} zeros and {ones} ones"
        )
    wins = rank[label == 1].sum() - ones * (ones + 1) / 2
    return float(wins / (ones * zeros))
