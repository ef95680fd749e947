"""The kinds of evidence, each a rule of its own. A deal file composes them; a new kind is a new module here."""

from closing.rules.evidence import (
    BringDown,
    ByJurisdiction,
    CounselOpinion,
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
    evidence = condition.evidence
    match evidence:
        case BringDown():
            return bring_down.find(condition, evidence, case)
        case OfficerCertificate():
            return officer_certificate.find(condition, evidence, case)
        case CounselOpinion():
            return opinion.find(condition, evidence, case)
        case InOrder():
            return steps.find(condition, evidence, case)
        case ByJurisdiction():
            return by_jurisdiction.find(condition, evidence, case)
        case SignedOff():
            return sign_off.find(condition, evidence, case)
        case SignedByAll():
            return signed_by_all.find(condition, evidence, case)
        case ProxyTally():
            return tally.find(condition, evidence, case)
        case PriceReceived():
            return payment.find(condition, evidence, case)
