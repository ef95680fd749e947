"""The waivers of a condition: how far each reaches, whom it binds, and what each investor answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from closing.models import Deal
from closing.queries.fact_kinds import KIND_OF_FACT
from closing.queries.facts import rows_of
from closing.queries.on_file import OnFile, line
from closing.rules import facts, terms
from closing.rules.access import Role
from closing.rules.evidence import BringDown, ByJurisdiction, InOrder, SignedByAll
from closing.rules.gate import Gate
from closing.rules.terms import Condition, Obligation
from closing.rules.waivers import bound_by, is_for_closing
from closing.rules.words import listing, number, on_day


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """A waiver. `reach` says how far it reaches, `effect` whom it binds; `answers` are the consents, latest first.

    `asks_consent` is False for the issuer's own waivers, which need nobody's. `is_past` says that it does not reach
    the closing in force. `conditional` are the answers that wait for the condition that they state.
    """

    on_file: OnFile
    key: str
    text: str
    reach: str
    effect: str
    asks_consent: bool
    is_past: bool
    unanswered: int
    answers: tuple[OnFile, ...]
    conditional: tuple[OnFile, ...]


def waivers_of(row: Deal, gate: Gate, condition: Condition, roles: Iterable[Role]) -> tuple[WaiverLine, ...]:
    """Every waiver of `condition`, withdrawn ones too, the latest first. Four queries."""
    waiver_kind, consent_kind = KIND_OF_FACT[facts.Waiver], KIND_OF_FACT[facts.Consent]
    mine = [
        (pk, each)
        for pk, each in rows_of(waiver_kind, row)
        if isinstance(each, facts.Waiver) and condition.section in each.sections
    ]
    if not mine:
        return ()
    keys = {each.key for _, each in mine}
    consents = [
        (pk, each) for pk, each in rows_of(consent_kind, row) if isinstance(each, facts.Consent) and each.waiver in keys
    ]
    found = []
    for pk, waiver in reversed(mine):
        answers = [(number, each) for number, each in reversed(consents) if each.waiver == waiver.key]
        lines = tuple(_answer(number, each, gate.deal, roles) for number, each in answers)
        said = line(waiver_kind, pk, waiver, gate.deal, roles, ("", ""))
        found.append(_waiver(said, waiver, gate, condition, lines, [each for _, each in answers]))
    return tuple(found)


def reach_in_words(waiver: facts.Waiver, deal: terms.Deal) -> str:
    """How far a waiver reaches: parts of the condition, one occasion, a last day, some investors."""
    names = [parts_of(deal.condition_by_section[section]) for section in waiver.sections]
    known = {key: name for part in names for key, name in part}
    items = [known.get(each, each) for each in waiver.items]
    said = [f"it only as to {listing(items)}" if items else "the whole condition"]
    if waiver.for_closing_on:
        said.append(f"for a closing on {on_day(waiver.for_closing_on)} only")
    if waiver.until:
        said.append(f"for closings until {on_day(waiver.until)}")
    if waiver.investors:
        said.append(f"as to {', '.join(waiver.investors)}")
    return ", ".join(said)


def parts_of(condition: Condition) -> list[tuple[str, str]]:
    """The parts of a condition to which a waiver may be limited, by key and name; none where it has no parts."""
    match condition.evidence:
        case BringDown(representations=refs):
            return [(each.ref, f"{each.ref} {each.heading}") for each in refs]
        case ByJurisdiction(jurisdictions=places):
            return [(each.code, each.name) for each in places]
        case InOrder(steps=steps):
            return [(each.key, each.heading) for each in steps]
        case SignedByAll(third_parties=others):
            return [(each.key, each.heading) for each in others]
    return []


def consent_in_words(consent: facts.Consent, deal: terms.Deal) -> str:
    """What an investor answered, by whom, and on which condition."""
    parties = [deal.block_by_key[key].party for key in consent.blocks if key in deal.block_by_key]
    whom = ", ".join(parties) if parties and parties != [consent.investor] else consent.investor
    if whom != consent.investor:
        whom = f"{whom} for {consent.investor}"
    if consent.declined:
        return f"{whom} declined"
    how = "in writing" if consent.written else "orally, which has no effect here"
    return f"{whom} consented {how}"


def _answer(pk: int, consent: facts.Consent, deal: terms.Deal, roles: Iterable[Role]) -> OnFile:
    plain = line(KIND_OF_FACT[facts.Consent], pk, consent, deal, roles, ("", ""))
    subject = ""
    if consent.subject_to:
        met = "met" if consent.satisfied_at else "not met yet, so without effect"
        subject = f"On condition that: {consent.subject_to} ({met})"
    return OnFile(
        noun=plain.noun,
        pk=pk,
        words=consent_in_words(consent, deal),
        detail=". ".join(each for each in (subject, consent.note) if each),
        at=consent.at,
        recorded_by="",
        withdrawn_at=consent.withdrawn_at,
        withdrawn_by="",
        withdrawn_reason=consent.withdrawn_reason,
        why_not=plain.why_not,
    )


def _waiver(
    said: OnFile,
    waiver: facts.Waiver,
    gate: Gate,
    condition: Condition,
    answers: tuple[OnFile, ...],
    consents: list[facts.Consent],
) -> WaiverLine:
    deal = gate.deal
    zone = ZoneInfo(deal.closing.time_zone)
    past = not is_for_closing(waiver, gate.closing.at.astimezone(zone).date())
    bound = () if past or waiver.withdrawn_at else bound_by(waiver, deal, gate.facts, gate.moment)
    asks = condition.obligation is Obligation.INVESTORS
    standing = {each.investor for each in consents if each.stands(gate.moment)}
    return WaiverLine(
        on_file=said,
        key=waiver.key,
        text=waiver.text,
        reach=reach_in_words(waiver, deal),
        effect=f"Binds {number(len(bound))} of {number(len(deal.investors))} investors",
        asks_consent=asks,
        is_past=past,
        unanswered=sum(1 for each in deal.investors if each.name not in standing) if asks else 0,
        answers=answers,
        conditional=tuple(
            line
            for line, each in zip(answers, consents, strict=True)
            if each.stands(gate.moment) and each.subject_to and each.satisfied_at is None
        ),
    )
