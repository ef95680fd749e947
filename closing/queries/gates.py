"""The gate of a deal in the database: its terms and facts read back, and the rule asked."""

from datetime import datetime

from closing.models import Deal
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules.gate import Gate, evaluate
from investors.clock import now


def gate_of(deal: Deal, moment: datetime | None = None) -> Gate:
    """The gate of `deal` at `moment`, or now. The number of queries does not grow with investors or facts."""
    return evaluate(deal_terms(deal), facts_of(deal), moment or now())
