"""Who is asked by e-mail to sign which pages, and why not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from closing.rules.facts import Facts
from closing.rules.further import closed_names
from closing.rules.signing_order import waits_for
from closing.rules.terms import Deal, SignatureBlock

Place = tuple[str, str]
"""A page: deliverable key, block key."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A page that still lacks its signature. `why_not` says why its signatory is not asked yet; blank where he is."""

    document: str
    title: str
    block: SignatureBlock
    why_not: str

    @property
    def place(self) -> Place:
        """Deliverable key and block key."""
        return self.document, self.block.key


def unsigned_by_person(
    deal: Deal, standing: Facts, files: Iterable[str], declined: Iterable[Place], came_back: Iterable[Place] = ()
) -> Mapping[str, tuple[Unsigned, ...]]:
    """The pages that lack a signature by the name of who signs them, in the order of the deal's blocks.

    Those of investors who have closed are asked for no more.

    `standing` are the facts that stand and count, as a gate has them; `files` the documents whose execution version is
    in the room; `declined` the pages that somebody declines to sign; `came_back` those of which a scan waits to be
    confirmed.
    """
    here, refused, back = set(files), set(declined), set(came_back)
    signed = {(each.document, each.block) for each in standing.signatures}
    closed = closed_names(standing)
    found: dict[str, list[Unsigned]] = {block.person: [] for block in deal.block_by_key.values()}
    for term in deal.deliverables:
        for block in deal.blocks_for(term):
            if (term.key, block.key) in signed or deal.party_of_block[block.key] in closed:
                continue
            why = ""
            if (term.key, block.key) in back:
                why = "came back, to be confirmed"
            elif (term.key, block.key) in refused:
                why = "declined"
            elif term.key not in here:
                why = "no execution version yet"
            elif waits_for(deal, standing, term.key, block.key):
                why = "others sign first"
            found[block.person].append(Unsigned(term.key, term.title, block, why))
    return {person: tuple(pages) for person, pages in found.items() if pages}
