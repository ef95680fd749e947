"""The kinds of evidence, each a rule of its own. A deal file composes them; a new kind is a new module here."""

from collections.abc import Callable
from typing import Any

from closing.rules.evidence import (
    BringDown,
    ByJurisdiction,
    CounselOpinion,
    Evidence,
    InOrder,
    OfficerCertificate,
    PriceReceived,
    ProxyTally,
    SignedByAll,
    SignedOff,
)
from closing.rules.findings import Case, Finding
from closing.rules.kinds import (
    bring_down,
    by_jurisdiction,
    officer_certificate,
    opinion,
    payment,
    sign_off,
    signed_by_all,
    steps,
    tally,
)
from closing.rules.terms import Condition


def find(condition: Condition, case: Case) -> Finding:
    """What `condition` lacks, by the rule of its kind of evidence."""
    return RULES[type(condition.evidence)](condition, condition.evidence, case)


RULES: dict[type[Evidence], Callable[[Condition, Any, Case], Finding]] = {
    BringDown: bring_down.find,
    OfficerCertificate: officer_certificate.find,
    CounselOpinion: opinion.find,
    InOrder: steps.find,
    ByJurisdiction: by_jurisdiction.find,
    SignedOff: sign_off.find,
    SignedByAll: signed_by_all.find,
    ProxyTally: tally.find,
    PriceReceived: payment.find,
}
