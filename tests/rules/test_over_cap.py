"""Who bears what is over the cap: in cents, together the whole (6(d))."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from closing.rules.facts import OverCapAllotment, OverCapPart
from closing.rules.over_cap import over_cap_by_investor, shared
from tests.rules.test_fees import AT, DEAL, MONEY, bill, facts

PARTS = st.dictionaries(st.sampled_from("abcdefgh"), st.decimals(0, 10**6, places=3), min_size=1).filter(
    lambda parts: any(parts.values())
)


@given(MONEY, PARTS)
def test_shares_are_in_cents_near_their_parts_and_together_the_whole(
    amount: Decimal, parts: dict[str, Decimal]
) -> None:
    found = shared(amount, parts)
    assert sum(found.values()) == amount
    whole = sum(parts.values())
    for name, share in found.items():
        assert share == share.quantize(Decimal("0.01"))
        assert abs(share * whole - amount * parts[name]) < Decimal("0.01") * whole
        assert parts[name] or not share


def test_the_last_allotment_that_stands_is_in_force_and_none_is_pro_rata() -> None:
    def allotted(name: str, hours: int) -> OverCapAllotment:
        return OverCapAllotment(at=AT + timedelta(hours=hours), parts=(OverCapPart(investor=name, parts=Decimal(1)),))

    of = facts(bill(fee="33000"))
    assert over_cap_by_investor(DEAL, of) == {"Alpha": Decimal(4000), "Beta": Decimal(3999), "Gamma": Decimal(1)}
    later = replace(of, over_cap_allotments=(allotted("Beta", 2), allotted("Gamma", 1)))
    assert over_cap_by_investor(DEAL, later) == {"Alpha": 0, "Beta": Decimal(8000), "Gamma": 0}


@pytest.mark.parametrize("amount", ["0", "0.01"])
def test_nobody_bears_only_nothing(amount: str) -> None:
    if Decimal(amount):
        with pytest.raises(ValueError, match="Nobody has a part"):
            shared(Decimal(amount), {"a": Decimal(0)})
    else:
        assert shared(Decimal(amount), {"a": Decimal(0)}) == {"a": 0}
