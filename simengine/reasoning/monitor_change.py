"""Whether a share has changed: an exact test, valid for rare events and short windows too."""

from __future__ import annotations

import numpy as np

from simengine.errors import UsageError


def fisher_exact(hits_now: int, n_now: int, hits_before: int, n_before: int) -> float:
    """The two-sided p-value of Fisher's exact test for two shares.

    The probability, if both samples come from one population, that their shares differ at least as much as
    these: the sum over all tables with these totals that are no more probable than this one.

    Args:
        hits_now, n_now: of the one sample.
        hits_before, n_before: of the other.

    Returns:
        In (0, 1]; 1.0 if a sample is empty.

    Raises:
        UsageError: counts are negative, or there are more hits than trials.

    Reference:
        Fisher, On the Interpretation of chi-squared from Contingency Tables, and the Calculation of P, 1922.
    """
    if not (0 <= hits_now <= n_now and 0 <= hits_before <= n_before):
        raise UsageError(f"{hits_now} of {n_now} and {hits_before} of {n_before} are not shares")
    hits, total = hits_now + hits_before, n_now + n_before
    if not n_now or not n_before or hits in (0, total):
        return 1.0
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total + 1, dtype=np.float64)))])
    possible = np.arange(max(0, hits - n_before), min(hits, n_now) + 1)
    logs = (
        factorials[n_now] - factorials[possible] - factorials[n_now - possible]
        + factorials[n_before] - factorials[hits - possible] - factorials[n_before - hits + possible]
        - factorials[total] + factorials[hits] + factorials[total - hits]
    )  # fmt: skip
    seen = logs[hits_now - int(possible[0])]
    as_extreme = logs[logs <= seen + 1e-7]  # equally probable tables may differ by rounding
    return min(float(np.exp(as_extreme).sum()), 1.0)
