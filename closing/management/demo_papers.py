"""The papers of the demonstration's documents: who handed in which version when, and which of them is signed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from closing.actions.documents import keep_version
from closing.actions.execution import freeze_version
from closing.models import Deal, Deliverable, DocumentVersion, Membership, Signature
from closing.pdf.demo_documents import DemoBlock, DemoDocument, Section, page_count, set_documents
from closing.pdf.signature_specs import ChainLink, SignatureBlockSpec
from closing.pdf.uploads import MEDIA_TYPES, CheckedFile
from closing.queries.deals import deal_terms
from closing.rules import terms
from closing.rules.access import Role
from closing.rules.terms import ISSUER
from closing.rules.words import money, number, on_day
from investors.clock import fixed
from investors.models import User

AGREEMENT = "stock-purchase-agreement"
RIGHTS = "registration-rights-agreement"
DESIGNATION = "certificate-of-designation"
COMPLIANCE = "compliance-certificate"
COMPANY, COUNSEL = Role.COMPANY_COUNSEL.value, Role.INVESTORS_COUNSEL.value
DRAFT, COMMENTS = DocumentVersion.Stage.DRAFT, DocumentVersion.Stage.COMMENTS


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A version: when in the deal's zone, by which counsel, as what. `is_signed` makes it the execution version."""

    document: str
    at: str
    by: str
    stage: DocumentVersion.Stage
    note: str
    is_signed: bool = False


# Before the first signature pages of May 28, 1996.
HANDED_IN = (
    HandedIn(AGREEMENT, "1996-05-15T15:10", COMPANY, DRAFT, "First draft."),
    HandedIn(RIGHTS, "1996-05-15T15:20", COMPANY, DRAFT, "First draft."),
    HandedIn(RIGHTS, "1996-05-21T11:40", COUNSEL, COMMENTS, "Comments of the Investors’ counsel on 2, 3 and 4."),
    HandedIn(DESIGNATION, "1996-05-24T15:30", COMPANY, DRAFT, "As adopted by the Board.", is_signed=True),
    HandedIn(AGREEMENT, "1996-05-24T16:00", COMPANY, COMMENTS, "Agreed between the two counsel.", is_signed=True),
    HandedIn(RIGHTS, "1996-05-24T16:20", COMPANY, COMMENTS, "Comments taken; counterparts added.", is_signed=True),
    HandedIn(COMPLIANCE, "1996-05-31T14:00", COMPANY, DRAFT, "Form of the certificate.", is_signed=True),
)


def hand_in_papers(deal: Deal) -> None:
    """Typeset and hand in the papers of a deal that has none yet, each at its moment, and freeze what is signed.

    The typesetting is done in a process of its own, so whoever calls this may fork afterwards.
    """
    is_begun = DocumentVersion.objects.filter(deliverable__deal=deal).exists()
    if is_begun or Signature.objects.filter(deal=deal, released_at__isnull=False).exists():
        return
    of = deal_terms(deal)
    people = {each.role: each.user for each in Membership.objects.filter(deal=deal).select_related("user")}
    rows = {each.key: each for each in Deliverable.objects.filter(deal=deal).select_related("deal")}
    papers = papers_of(of)
    made = set_documents(papers)
    with transaction.atomic():
        for said, paper, content in zip(HANDED_IN, papers, made, strict=True):
            at = datetime.fromisoformat(said.at).replace(tzinfo=ZoneInfo(of.closing.time_zone))
            with fixed(at):
                _hand_in(rows[said.document], said, paper, content, people[said.by])


def _hand_in(row: Deliverable, said: HandedIn, paper: DemoDocument, content: bytes, by: User) -> None:
    pages = page_count(content)
    digest = hashlib.sha256(content).hexdigest()
    # Set by the room itself a moment ago: nothing to look for in it, and each look takes a child process.
    made = CheckedFile("pdf", MEDIA_TYPES["pdf"], len(content), digest, pages)
    version = keep_version(row, f"{row.title}.pdf", content, made, said.note, by, stage=said.stage)
    if said.is_signed:
        freeze_version(version, by, range(pages - len(paper.blocks) + 1, pages + 1))


def papers_of(of: terms.Deal) -> list[DemoDocument]:
    """The papers as they were handed in, in that order."""
    agreement = _agreement(of)
    drafts = {
        AGREEMENT: [replace(agreement, sections=agreement.sections[:-1]), agreement],
        RIGHTS: _rights_agreement(of),
        DESIGNATION: [_designation(of)],
        COMPLIANCE: [_compliance(of)],
    }
    return [drafts[said.document].pop(0) for said in HANDED_IN]


def _paper(of: terms.Deal, key: str, preamble: str, sections: Sequence[Section]) -> DemoDocument:
    document = of.deliverable_by_key[key]
    return DemoDocument(
        title=document.title,
        deal_name=of.name,
        dated_line=f"Dated as of {on_day(of.agreement.dated)}",
        preamble=preamble,
        sections=tuple(sections),
        blocks=tuple(_block(of, each) for each in of.blocks_for(document)),
    )


def _block(of: terms.Deal, block: terms.SignatureBlock) -> DemoBlock:
    return DemoBlock(
        block.party,
        "Company" if of.party_of_block[block.key] == ISSUER else "Investor",
        SignatureBlockSpec(
            party=block.party,
            chain=tuple(ChainLink(link.entity, link.capacity) for link in block.chain),
            signer=block.signer,
            title=block.title,
            is_individual=block.individual,
            has_title_line=block.title_line,
        ),
    )


def _numbered(*parts: tuple[str, str]) -> tuple[Section, ...]:
    return tuple(Section(f"{at}. {heading}", (text,)) for at, (heading, text) in enumerate(parts, start=1))


def _agreement(of: terms.Deal) -> DemoDocument:
    """The purchase agreement: its closing acts, conditions and covenants, each in the deal file's own words."""

    def told(rows: Sequence[terms.Condition | terms.Covenant]) -> tuple[str, ...]:
        return tuple(f"{each.section} {each.heading}. {each.text}" for each in rows)

    by_obligation = {
        side: [each for each in of.conditions if each.section.startswith(side)] for side in ("2(a)", "2(b)")
    }
    acts = [each for each in of.covenants if each.section.startswith("1")]
    later = [each for each in of.covenants if not each.section.startswith("1")]
    security = of.security
    sections = (
        Section("1. Purchase and sale", told(acts)),
        Section("2(a). Conditions to the Investors’ obligation", told(by_obligation["2(a)"])),
        Section("2(b). Conditions to the Company’s obligation", told(by_obligation["2(b)"])),
        Section("4 and 5. Covenants", told(later)),
        Section(
            "6. Fees, survival and amendments",
            (
                *(
                    f"{each.section} Fees. If the closing is effected, the Company pays the fees of "
                    f"{of.party_name(each.counsel)} up to the cap that the section states."
                    for each in of.fees
                ),
                f"{of.survival.section} Survival. The representations survive the closing by "
                f"{of.survival.months} months.",
            ),
        ),
        Section("7. Counterparts", ("It may be signed in counterparts, which together are one agreement.",)),
    )
    preamble = (
        f"{of.issuer.name} sells up to {number(security.max_shares)} shares of its {security.name} at "
        f"{money(security.price_per_share, of.agreement.currency)} a share to the Investors of Schedule A."
    )
    return replace(
        _paper(of, AGREEMENT, preamble, sections),
        schedule_heading="Schedule A. Investors",
        schedule_header=("Investor", "Shares", "Purchase price"),
        schedule=tuple(
            (each.name, number(each.shares), money(each.purchase_price, of.agreement.currency)) for each in of.investors
        ),
    )


def _rights_agreement(of: terms.Deal) -> list[DemoDocument]:
    """The amendment in three versions: a draft, with comments, and as it is signed."""
    preamble = (
        f"Between {of.issuer.name} and the Investors that sign below, under 2(a)(viii) of the {of.agreement.title}."
    )
    joined = ("Parties", "Each Investor becomes a party to the Registration Rights Agreement as amended before.")
    kept = ("Earlier rights", "Rights granted before this amendment stay as they are.")
    converted = "on conversion of the Preferred Stock is added to the shares covered."
    shares = ("Shares", f"Common Stock issued or issuable {converted}")
    ranked = ("Earlier rights", "Rights granted before this amendment stay as they are, with the same priority.")
    effect = ("Effect", "It takes effect at the Closing, when every third-party consent to it has been obtained.")
    early = ("Effect", "It takes effect when the Company and the Investors have signed it.")
    counterparts = ("Counterparts", "It may be signed in counterparts, which together are one amendment.")
    drafts = (
        (joined, ("Shares", f"Common Stock issued {converted}"), kept, early),
        (joined, shares, ranked, effect),
        (joined, shares, ranked, effect, counterparts),
    )
    return [_paper(of, RIGHTS, preamble, _numbered(*each)) for each in drafts]


def _designation(of: terms.Deal) -> DemoDocument:
    security = of.security
    preamble = f"{of.issuer.name}, a Delaware corporation, certifies what its Board of Directors has resolved."
    parts = (
        ("Designation", f"The series is called {security.name}."),
        ("Number", f"It has {number(security.max_shares)} shares."),
        ("Adoption and filing", of.condition_by_section["2(a)(iii)"].text),
    )
    return _paper(of, DESIGNATION, preamble, _numbered(*parts))


def _compliance(of: terms.Deal) -> DemoDocument:
    preamble = (
        f"{of.issuer.name} certifies to each Investor under 2(a)(iv) of the {of.agreement.title}, as of the Closing:"
    )
    conditions = [of.condition_by_section[section] for section in ("2(a)(i)", "2(a)(ii)")]
    return _paper(of, COMPLIANCE, preamble, _numbered(*((each.heading, each.text) for each in conditions)))
