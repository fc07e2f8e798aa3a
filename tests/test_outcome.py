"""Row accounts add up, or they cannot be made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ContractError
from pipeline.outcome import Account, LoadAccount, Report

COUNT = st.integers(0, 1000)


@given(COUNT, COUNT, COUNT, COUNT, st.integers(-3, 3))
def test_an_account_holds_its_equation(written: int, merged: int, excluded: int, rejected: int, off: int) -> None:
    """Seen = written + merged + excluded + rejected, to the row."""
    seen = written + merged + excluded + rejected + off
    if off:
        with pytest.raises(ContractError, match="accounted for"):
            Account(table="t", seen=seen, written=written, merged=merged, excluded={"r": excluded}, rejected=rejected)
    else:
        Account(table="t", seen=seen, written=written, merged=merged, excluded={"r": excluded}, rejected=rejected)


@pytest.mark.parametrize("lost", [-1, 1])
def test_a_load_account_holds_its_equation(lost: int) -> None:
    """To send = created + updated + unchanged + skipped + failed + in doubt, to the row."""
    with pytest.raises(ContractError, match="accounted for"):
        LoadAccount(
            module="Contacts", to_send=21 + lost, created=1, updated=2, unchanged=3, skipped=4, failed=5, in_doubt=6
        )


@pytest.mark.parametrize(
    ("failed", "in_doubt", "expected"),
    [(0, 0, True), (1, 0, False), (0, 1, False)],
)
def test_a_report_is_clean_without_failed_or_doubtful_rows(failed: int, in_doubt: int, expected: bool) -> None:  # noqa: FBT001
    """Rejected and skipped rows are listed; only failed ones and those in doubt make a load end with an error."""
    load = LoadAccount(module="Contacts", to_send=failed + in_doubt + 1, skipped=1, failed=failed, in_doubt=in_doubt)
    assert Report(stage="load", loads=(load,)).is_clean is expected
