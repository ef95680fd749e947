"""The questions that an investor answers on its own pages: a waiver, its representations."""

from dataclasses import dataclass

from closing.models import Allotment
from closing.queries.majorities import manner_of, rule_of, title_of
from closing.queries.own_record import Done, answer_in_words, on_condition
from closing.queries.portal import Standing
from closing.queries.waivers import reach_in_words
from closing.rules.duties import blocks_of, closing_day, why_not_answer, why_not_decide
from closing.rules.evidence import BringDown, Representation
from closing.rules.facts import Approval, Proposal, Waiver
from closing.rules.terms import Condition, Investor
from closing.rules.words import listing, on_day


@dataclass(frozen=True, slots=True)
class WaiverPage:
    """A waiver to answer. `text` and `reach` are what a consent consents to; `answers` are those of this investor."""

    key: str
    sections: str
    headings: str
    text: str
    reach: str
    name: str
    position: int
    person: str
    parties: tuple[str, ...]
    others: tuple[str, ...]
    answers: tuple[Done, ...]
    has_consented: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class RepresentationsPage:
    """Representations to confirm as of the closing day; those confirmed already are not asked again."""

    section: str
    heading: str
    text: str
    as_of: str
    as_of_day: str
    name: str
    position: int
    person: str
    open: tuple[Representation, ...]
    confirmed: tuple[Representation, ...]


def representations_page(seen: Standing, row: Allotment, condition: Condition) -> RepresentationsPage:
    """What of `condition`, a bring-down by the investors, this investor has still to confirm. Asks nothing itself."""
    evidence = condition.evidence
    assert isinstance(evidence, BringDown)
    left = {each.item for each in seen.gate.investor(row.investor.name).cells[condition.section].missing}
    day = closing_day(seen.gate)
    return RepresentationsPage(
        section=condition.section,
        heading=condition.heading,
        text=condition.text,
        as_of=on_day(day),
        as_of_day=day.isoformat(),
        name=row.investor.name,
        position=row.position,
        person=seen.person,
        open=tuple(each for each in evidence.representations if each.ref in left),
        confirmed=tuple(each for each in evidence.representations if each.ref not in left),
    )


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """A proposal to answer. `rule` says what it takes; nothing is told of what other investors answered."""

    title: str
    section: str
    text: str
    rule: str
    name: str
    position: int
    person: str
    others: tuple[str, ...]
    answers: tuple[Done, ...]
    why_not: str


def proposal_page(seen: Standing, row: Allotment, proposal: Proposal) -> ProposalPage:
    """A proposal as this investor is asked about it. Asks nothing itself."""
    gate, name = seen.gate, row.investor.name
    investor = gate.deal.investor_by_name[name]
    own = blocks_of(investor, seen.person)
    threshold = next(each for each in gate.deal.thresholds if each.matter == proposal.matter)
    answers = [each for each in gate.facts.approvals if each.proposal == proposal.key and each.investor == name]
    return ProposalPage(
        title=title_of(proposal, gate.deal),
        section=threshold.section,
        text=proposal.text,
        rule=f"{rule_of(threshold, gate.deal, gate.facts)} {manner_of(threshold)}",
        name=name,
        position=row.position,
        person=seen.person,
        others=tuple(block.party for block in investor.blocks if block not in own),
        answers=tuple(Done(_approval(each, investor), each.at) for each in reversed(answers)),
        why_not=why_not_decide(gate, proposal.key, investor, seen.person),
    )


def _approval(answer: Approval, investor: Investor) -> str:
    parties = [block.party for block in investor.blocks if block.key in answer.blocks] or [investor.name]
    how = "declined" if answer.declined else "agreed in writing" if answer.written else "agreed orally"
    return f"{listing(parties)} {how}"


def waiver_page(seen: Standing, row: Allotment, waiver: Waiver) -> WaiverPage:
    """A waiver as this investor is asked about it. Asks nothing itself."""
    gate, name = seen.gate, row.investor.name
    investor = gate.deal.investor_by_name[name]
    own = blocks_of(investor, seen.person)
    answers = [each for each in gate.facts.consents if each.waiver == waiver.key and each.investor == name]
    mine = {block.key for block in own}
    given = [
        each for each in answers if not each.declined and each.written and (set(each.blocks) & mine or not each.blocks)
    ]
    return WaiverPage(
        key=waiver.key,
        sections=listing(waiver.sections),
        headings=listing(gate.deal.condition_by_section[each].heading for each in waiver.sections),
        text=waiver.text,
        reach=reach_in_words(waiver, gate.deal),
        name=name,
        position=row.position,
        person=seen.person,
        parties=tuple(block.party for block in own),
        others=tuple(block.party for block in investor.blocks if block not in own),
        answers=tuple(
            Done(answer_in_words(each, gate, investor), each.at, on_condition(each)) for each in reversed(answers)
        ),
        has_consented=bool(given),
        why_not=why_not_answer(gate, waiver.key, investor, seen.person),
    )
