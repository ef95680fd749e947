"""What the state machine draws its acts from: a deal, the facts that meet it, and others that may not."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from closing.rules import facts
from closing.rules.terms import Obligation
from tests.rules.build import CLOSING, CLOSING_DAY, all_in, deal

TERMS = deal()
FULL = all_in(TERMS)
SIDES = [[each.section for each in TERMS.conditions if each.obligation is side] for side in Obligation]
NAMES = [each.name for each in TERMS.investors]
BLOCKS = [(each.name, block.key) for each in TERMS.investors for block in each.blocks]
ENOUGH = [(table, place) for table, rows in FULL.tables() for place in range(len(rows))]
CAP = Decimal("25000.00")
AMOUNTS = st.sampled_from([Decimal("0.01"), Decimal(1000), Decimal(12_500), Decimal(25_000), Decimal(3_999_000)])
DAYS = st.sampled_from([CLOSING_DAY - timedelta(days=9), CLOSING_DAY, CLOSING_DAY + timedelta(days=2)])
OTHER_FACTS = st.one_of(
    st.builds(
        facts.Certificate,
        at=st.just(CLOSING),
        document=st.just("certificate"),
        signer=st.just("Officer"),
        title=st.sampled_from(["Secretary", "Chief Executive Officer"]),
        dated=DAYS,
    ),
    st.builds(
        facts.Opinion, at=st.just(CLOSING), document=st.just("opinion"), counsel=st.just("company-counsel"), dated=DAYS
    ),
    st.builds(
        facts.StepTaken,
        at=st.just(CLOSING),
        section=st.just("2(a)(iii)"),
        step=st.sampled_from(["adopted", "filed"]),
        on=DAYS,
    ),
    st.builds(facts.Confirmation, at=st.just(CLOSING), section=st.just("2(a)(i)"), party=st.just("issuer"), as_of=DAYS),
    st.builds(
        facts.Confirmation, at=st.just(CLOSING), section=st.just("2(b)(i)"), party=st.sampled_from(NAMES), as_of=DAYS
    ),
    st.builds(
        facts.Disclosure, at=st.just(CLOSING), representation=st.sampled_from(["3(a)", "3(b)"]), text=st.just("Except")
    ),
    st.builds(facts.Proxy, at=st.just(CLOSING), stockholder=st.just("H"), shares=st.integers(1, 60)),
)
ANSWERS: list[dict[str, Any]] = [{}, {}, {"declined": True}, {"written": False}, {"subject_to": "A filing"}]
Answers = list[tuple[tuple[str, str], dict[str, Any]]]
