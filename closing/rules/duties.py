"""What one investor has still to do before the closing, and what may be told it of the rest.

Everything here is about one investor. Nothing is said of what another has done or left undone: no name, no state and no
count of others leaves this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from closing.rules.evidence import BringDown, PriceReceived, SignedOff
from closing.rules.facts import Proposal, Waiver
from closing.rules.findings import Cell, Missing
from closing.rules.gate import Gate
from closing.rules.majorities import majority
from closing.rules.terms import INVESTORS, Condition, Covenant, Investor, Obligation, SignatureBlock
from closing.rules.waivers import is_for_closing
from closing.rules.words import at_time, listing, number, on_day


class DutyKind(StrEnum):
    """What an investor may have to do."""

    SIGN = "sign"
    ANSWER = "answer"
    CONFIRM = "confirm"
    SIGN_OFF = "sign-off"
    PAY = "pay"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do. `section` is the condition's, or blank; `key` that of the waiver or proposal to answer."""

    kind: DutyKind
    title: str
    text: str
    section: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A signature page of an investor, and whether it is on file."""

    document: str
    title: str
    block: SignatureBlock
    signed_at: datetime | None


def blocks_of(investor: Investor, person: str) -> tuple[SignatureBlock, ...]:
    """The blocks by which `person` answers for the investor.

    His own; where he signs by none of them, the sole block of an investor that has one, and none of a joint one's.
    """
    own = tuple(block for block in investor.blocks if block.person == person)
    return own or (investor.blocks if len(investor.blocks) == 1 else ())


def own_pages(gate: Gate, investor: Investor) -> tuple[OwnPage, ...]:
    """Every page that the investor's blocks sign, in the checklist's order."""
    signed = {(each.document, each.block): each.at for each in gate.facts.signatures}
    keys = {block.key for block in investor.blocks}
    return tuple(
        OwnPage(deliverable.key, deliverable.title, block, signed.get((deliverable.key, block.key)))
        for deliverable in gate.deal.deliverables
        for block in gate.deal.blocks_for(deliverable)
        if block.key in keys
    )


def duties(gate: Gate, investor: Investor, person: str) -> tuple[Duty, ...]:
    """What `person` has to do for `investor`, the signatures first. After its closing, proposals only."""
    proposals = tuple(_proposals_to_answer(gate, investor, person))
    if gate.is_closed or gate.investor(investor.name).has_closed:
        return proposals
    cells = gate.investor(investor.name).cells
    found = [*_pages_to_sign(gate, investor, person), *_waivers_to_answer(gate, investor, person), *proposals]
    for condition in gate.deal.conditions:
        found.extend(_of_condition(condition, cells[condition.section], investor, gate))
    return tuple(found)


def _pages_to_sign(gate: Gate, investor: Investor, person: str) -> Iterable[Duty]:
    keys = {block.key for block in blocks_of(investor, person)}
    left = [page for page in own_pages(gate, investor) if page.signed_at is None and page.block.key in keys]
    if not left:
        return
    titles = list(dict.fromkeys(page.title for page in left))
    count = "One page" if len(left) == 1 else f"{len(left)} pages"
    held = "Signed pages are held in escrow: they bind you only when counsel releases them at the closing."
    title = f"Sign the {titles[0]}" if len(titles) == 1 else f"Sign {number_word(len(left))} pages"
    which = "" if len(titles) == 1 else f": {listing(titles)}"
    yield Duty(DutyKind.SIGN, title, f"{count}{which}. {held}")


def number_word(count: int) -> str:
    """A small number as a word, as in the middle of a sentence: `two`."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count < len(words) else number(count)


def open_waivers(gate: Gate, investor: Investor) -> tuple[Waiver, ...]:
    """The waivers that reach the closing in force and would close an open condition of this investor."""
    cells = gate.investor(investor.name).cells
    day = closing_day(gate)
    return tuple(
        waiver
        for waiver in gate.facts.waivers
        if is_for_closing(waiver, day)
        and asks_consent(gate, waiver)
        and any(not cells[section].is_satisfied for section in waiver.sections)
    )


def asks_consent(gate: Gate, waiver: Waiver) -> bool:
    """Whether a waiver binds nobody without a written consent: one of conditions to the investors' obligation."""
    sections = [gate.deal.condition_by_section[section] for section in waiver.sections]
    return all(each.obligation is Obligation.INVESTORS for each in sections)


def why_not_answer(gate: Gate, waiver_key: str, investor: Investor, person: str) -> str:
    """Why `person` cannot answer this waiver for the investor now, as a sentence; blank where he can."""
    waiver = next((each for each in gate.facts.waivers if each.key == waiver_key), None)
    if waiver is None:
        return "This waiver was taken back, so there is nothing to answer any more."
    if gate.is_closed or gate.investor(investor.name).has_closed:
        return "The closing has been effected; waivers are answered no more."
    if not asks_consent(gate, waiver):
        return "This waiver is the company’s to give, and needs nobody’s consent."
    if not is_for_closing(waiver, closing_day(gate)):
        return f"This waiver does not reach the closing in force, on {on_day(closing_day(gate))}."
    if not blocks_of(investor, person):
        return f"Only those who sign for {investor.name} can answer for it: {_signers(investor)}."
    return ""


def _signers(investor: Investor) -> str:
    return listing(dict.fromkeys(block.person for block in investor.blocks))


def _waivers_to_answer(gate: Gate, investor: Investor, person: str) -> Iterable[Duty]:
    own = {block.key for block in blocks_of(investor, person)}
    for waiver in open_waivers(gate, investor):
        answered = {
            key
            for each in gate.facts.consents
            if each.waiver == waiver.key and each.investor == investor.name and (each.written or each.declined)
            for key in each.blocks or tuple(block.key for block in investor.blocks)
        }
        if own and not own <= answered:
            sections = listing(waiver.sections)
            text = f"{waiver.text} Without your written consent the waiver has no effect on you."
            title = f"Consent to the waiver of {sections}, or decline"
            yield Duty(DutyKind.ANSWER, title, text, waiver.sections[0], waiver.key)


def why_not_decide(gate: Gate, key: str, investor: Investor, person: str) -> str:
    """Why `person` cannot answer this proposal for the investor now, as a sentence; blank where he can."""
    proposal = next((each for each in gate.facts.proposals if each.key == key), None)
    if proposal is None:
        return "This proposal was taken back, so there is nothing to answer any more."
    stands = majority(proposal, gate.deal, gate.facts)
    if proposal.matter == "move-closing" and (gate.is_closed or gate.investor(investor.name).has_closed):
        return "The closing has been effected; it is moved no more."
    if investor not in stands.voters:
        return f"{investor.name} holds none of the shares that decide this."
    if stands.is_passed:
        return "It has passed: enough have agreed, and an answer changes nothing any more."
    if not blocks_of(investor, person):
        return f"Only those who sign for {investor.name} can answer for it: {_signers(investor)}."
    return ""


def _proposals_to_answer(gate: Gate, investor: Investor, person: str) -> Iterable[Duty]:
    own = {block.key for block in blocks_of(investor, person)}
    for proposal in gate.facts.proposals:
        if not own or why_not_decide(gate, proposal.key, investor, person):
            continue
        written = majority(proposal, gate.deal, gate.facts).threshold.written
        answered = {
            key
            for each in gate.facts.approvals
            if each.proposal == proposal.key and each.investor == investor.name
            if each.declined or each.written or not written
            for key in each.blocks or tuple(block.key for block in investor.blocks)
        }
        if not own <= answered:
            text = proposal.text or RULES_OF[proposal.matter]
            yield Duty(DutyKind.DECIDE, _asked(proposal, gate), text, key=proposal.key)


RULES_OF = {
    "move-closing": "The closing moves when the company and enough of the investors agree.",
    "amendment": "It binds everybody once the company and enough of the holders agree in writing.",
    "public-disclosure": "The company consults the holders before it first speaks in public.",
}


def _asked(proposal: Proposal, gate: Gate) -> str:
    if proposal.to is not None:
        return f"Agree to move the closing to {at_time(proposal.to, gate.deal.closing.time_zone)}, or decline"
    if proposal.matter == "amendment":
        return "Agree to an amendment, or decline"
    return "Agree to a public disclosure, or decline"


def _of_condition(condition: Condition, cell: Cell, investor: Investor, gate: Gate) -> Iterable[Duty]:
    evidence, own = condition.evidence, owed_by_itself(cell, investor)
    if not own:
        return
    if isinstance(evidence, BringDown):
        refs = [each.item for each in own]
        is_all = len(refs) == len(evidence.representations) > 1
        which = f"{refs[0]} to {refs[-1]}" if is_all else listing(each.what for each in own)
        text = f"{which}, true as if made at the closing, {condition.section}."
        yield Duty(DutyKind.CONFIRM, "Confirm your representations", text, condition.section)
    elif isinstance(evidence, SignedOff) and INVESTORS in evidence.by:
        title = f"Sign off {condition.section}, {condition.heading}"
        yield Duty(DutyKind.SIGN_OFF, title, condition.text, condition.section)
    elif isinstance(evidence, PriceReceived):
        yield Duty(DutyKind.PAY, "Pay the purchase price", f"{own[0].lack}.", condition.section)


def owed_by_itself(cell: Cell, investor: Investor) -> tuple[Missing, ...]:
    """What is missing of a condition that the investor itself owes."""
    return tuple(each for each in cell.missing if each.owed_by == investor.name)


def waits_for_others(gate: Gate, investor: Investor) -> tuple[Condition, ...]:
    """The conditions that are open for this investor through no doing of its own. Who holds them up is not told."""
    cells = gate.investor(investor.name).cells
    return tuple(
        each
        for each in gate.deal.conditions
        if not cells[each.section].is_satisfied
        and len(owed_by_itself(cells[each.section], investor)) < len(cells[each.section].missing)
    )


def closing_day(gate: Gate) -> date:
    """The day of the closing in force, in the deal's time zone."""
    return gate.closing.at.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date()


@dataclass(frozen=True, slots=True)
class Right:
    """A covenant that only holders of a number of shares may claim, and whether this investor is one."""

    section: str
    heading: str
    text: str
    minimum: int
    is_entitled: bool


def rights(covenants: Iterable[Covenant], shares: int) -> tuple[Right, ...]:
    """The covenants with a minimum of shares, such as 5(a) and 5(b), for a holder of `shares`."""
    return tuple(
        Right(each.section, each.heading, each.text, each.minimum_shares, shares >= each.minimum_shares)
        for each in covenants
        if each.minimum_shares is not None
    )
