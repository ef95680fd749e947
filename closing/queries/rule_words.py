"""What meets a condition, in the words that a page says it in."""

from collections.abc import Iterable

from closing.queries.owed import owner_name
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
from closing.rules.terms import INVESTORS, Condition, Counted, Deal, Obligation
from closing.rules.words import number, on_day

COUNTED = {
    Counted.DEAL: "Counted once for the deal.",
    Counted.INVESTOR: "Counted for each investor.",
    Counted.EVERY_INVESTOR: "Every investor counts for all: one open leaves it open for everybody.",
}


def whose(condition: Condition) -> str:
    """Whose obligation to close it conditions."""
    if condition.obligation is Obligation.INVESTORS:
        return "To the investors’ obligation to close"
    return "To the company’s obligation to close with each investor"


def rule_in_words(condition: Condition, deal: Deal) -> tuple[str, ...]:
    """The rule in sentences: what meets the condition, how it is counted, who may waive it."""
    return (*_met_by(condition, deal), COUNTED[condition.counted], _waiver(condition))


def party(reference: str, deal: Deal) -> str:
    """A party inside a sentence."""
    return "each investor" if reference == INVESTORS else owner_name(reference, deal)


def _waiver(condition: Condition) -> str:
    if condition.obligation is Obligation.INVESTORS:
        return "A waiver has no effect against an investor who has not consented to it in writing."
    return "The company may waive it for one investor or more, and needs nobody’s consent."


def _met_by(  # noqa: PLR0911 - a case for each kind of evidence
    condition: Condition, deal: Deal
) -> tuple[str, ...]:
    match condition.evidence:
        case BringDown(by=by, representations=refs):
            who = "The company confirms" if by == "issuer" else "Each investor confirms"
            count = f"{number(len(refs))} representations, {refs[0].ref} to {refs[-1].ref}"
            return (
                f"{who} {count}, as of the day of the closing.",
                "An exception disclosed after the confirmation opens its representation again, "
                "and so does a closing that moves.",
            )
        case OfficerCertificate(titles=titles, certifies=sections):
            return (
                f"A certificate signed by the {_or(titles)}, dated as of the closing, delivered to each investor.",
                f"It cannot be given before {_and(sections)} {'is' if len(sections) == 1 else 'are'} met.",
            )
        case CounselOpinion(counsel=counsel):
            return (
                f"An opinion of {party(counsel, deal)} dated as of the closing and no other day, "
                "delivered to each investor.",
            )
        case InOrder(steps=steps):
            return (f"{number(len(steps))} steps in this order, each on its date: {_then(s.heading for s in steps)}.",)
        case ByJurisdiction(jurisdictions=places, post_sale_filings=filings):
            excepted = f" {number(len(filings))} filings after the sale are excepted." if filings else ""
            return (
                f"A qualification effective on the day of the closing in {_and(p.name for p in places)}.{excepted}",
            )
        case SignedOff(by=by, covenants=covenants):
            to_perform = f" What is to be performed by the closing: {_and(covenants)}." if covenants else ""
            return (f"A sign-off by {_and(party(each, deal) for each in by)}.{to_perform}",)
        case SignedByAll(document=document, third_parties=others):
            title = deal.deliverable_by_key[document].title
            consents = " and every third party’s consent obtained" if others else ""
            return (f"{title} signed by every one of its signatories{consents}. A page held in escrow counts.",)
        case ProxyTally(more_than=share, record_date=day):
            return (
                f"Proxies over strictly more than {share} of the voting stock outstanding on {on_day(day)}.",
                "Each stockholder counts once, and for no more than it holds.",
            )
        case PriceReceived():
            return ("The investor’s whole purchase price received. A part payment leaves it open.",)


def _and(parts: Iterable[str]) -> str:
    return _joined(parts, "and")


def _or(parts: Iterable[str]) -> str:
    return _joined(parts, "or")


def _joined(parts: Iterable[str], word: str) -> str:
    names = list(parts)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _then(parts: Iterable[str]) -> str:
    return ", then ".join(parts)
