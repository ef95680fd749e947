"""Why a condition stands where it does for an investor: rule, facts looked at, what is missing, who owes it."""

from dataclasses import dataclass
from datetime import datetime

from closing.rules import evidence as kinds
from closing.rules.blockers import in_words
from closing.rules.findings import State
from closing.rules.gate import Gate
from closing.rules.words import portion

RULES: dict[type[kinds.Evidence], str] = {
    kinds.BringDown: (
        "Every representation is confirmed as of the closing, and again after an exception to it is disclosed."
    ),
    kinds.OfficerCertificate: (
        "A certificate dated as of the closing, signed by an officer whom the agreement names, delivered to each "
        "investor; it cannot be given before the conditions that it certifies are met."
    ),
    kinds.CounselOpinion: "An opinion of the counsel named, dated as of the closing, received by each investor.",
    kinds.InOrder: "Every step is taken, in order, by the closing.",
    kinds.ByJurisdiction: (
        "A qualification is effective on the day of the closing in every jurisdiction listed; filings made after the "
        "sale are excepted."
    ),
    kinds.SignedOff: "Everybody named has signed off, and nobody has withdrawn.",
    kinds.SignedByAll: (
        "Every party has signed and every third-party consent is in; one missing leaves it open for all."
    ),
    kinds.PriceReceived: "The whole purchase price is received and not returned.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What one party owes of a cell: the words of the gate's own blocker, who owes it, since when."""

    text: str
    owed_by: str
    since: datetime | None
    is_possible: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """One condition for one investor. `missing` is a sentence, blank where nothing is; `since` when it opened.

    `reasons` are the same, by who owes it, in the words in which the gate's blockers say it everywhere.
    """

    section: str
    heading: str
    state: State
    rule: str
    looked_at: tuple[str, ...]
    missing: str
    waived: str
    owed_by: tuple[str, ...]
    since: datetime | None
    reasons: tuple[Reason, ...] = ()


def rule_in_words(evidence: kinds.Evidence) -> str:
    """The rule of a kind of evidence in a sentence."""
    if isinstance(evidence, kinds.ProxyTally):
        return (
            f"Proxies from holders of strictly more than {portion(evidence.more_than)} of the voting stock outstanding "
            "on the record date, each stockholder counted once."
        )
    return RULES[type(evidence)]


def explain(gate: Gate, section: str, investor: str) -> Explanation:
    """Explain a cell of the gate. Raises KeyError for an unknown section or investor."""
    state = gate.condition(section)
    cell = gate.investor(investor).cells[section]
    return Explanation(
        section=section,
        heading=state.condition.heading,
        state=cell.state,
        rule=rule_in_words(state.condition.evidence),
        looked_at=state.finding.looked_at,
        missing=in_words(cell.missing) if cell.missing else "",
        waived=in_words(cell.waived) if cell.waived else "",
        owed_by=tuple(dict.fromkeys(gate.deal.party_name(each.owed_by) for each in cell.missing)),
        since=max((each.since for each in cell.missing if each.since), default=None),
        reasons=reasons(gate, section, investor),
    )


def reasons(gate: Gate, section: str, investor: str) -> tuple[Reason, ...]:
    """Why a cell is open: each blocker that stands in this investor's way, less what is waived for it."""
    missing = set(gate.investor(investor).cells[section].missing)
    found = []
    for blocker in gate.blockers:
        if blocker.section != section or blocker.investor not in (None, investor):
            continue
        left = [each for each in blocker.missing if each in missing]
        if left:
            text = blocker.reason if len(left) == len(blocker.missing) else in_words(left)
            found.append(Reason(text, blocker.owed_by_name, blocker.since, blocker.is_possible))
    return tuple(found)
