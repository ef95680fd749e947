"""Blocks and packets of the Cerplex agreement of June 10, 1996."""

import hashlib

from closing.pdf.signature_specs import ChainLink, PacketSpec, PageSpec, SignatureBlockSpec
from closing.pdf.tokens import new_token

SPROUT = SignatureBlockSpec(
    party="Sprout Growth II, L.P.",
    chain=(ChainLink("DLJ Capital Corporation", "Its: General Managing Partner"),),
    signer="Robert Finzi",
    title="Attorney-in-Fact",
)
THE_TRUST = SignatureBlockSpec(party="The & Trust")
MALCOLM = SignatureBlockSpec(party="Malcolm and Emily Fairbairn", signer="Malcolm Fairbairn", is_individual=True)
ANDREA = SignatureBlockSpec(party="Andrea Martin", is_individual=True)
ISSUER = SignatureBlockSpec(party="The Cerplex Group, Inc.")

DOCUMENTS = (
    "Stock Purchase Agreement",
    "Fourth Amendment to Registration Rights Agreement",
    "Irrevocable Proxy",
    "Compliance Certificate",
    "Waiver of Conditions",
    "Investor Representations",
    "Cross-Receipt",
    "Consent to the Closing",
)


def token_for(name: str) -> str:
    return new_token(hashlib.sha256(name.encode()).digest())


def page(
    block: SignatureBlockSpec, document: str = DOCUMENTS[0], key: str = "", capacity: str = "Investor"
) -> PageSpec:
    return PageSpec(
        token=token_for(f"{document} {block.party} {block.signer} {key}"),
        document_title=document,
        block=block,
        capacity=capacity,
        dated_line="Dated as of June 10, 1996",
    )


def packet(*pages: PageSpec, signatory: str = "Robert Finzi") -> PacketSpec:
    return PacketSpec(
        deal_name="The Cerplex Group, Inc.: Series B Preferred Stock",
        signatory=signatory,
        pages=pages,
        return_to=("Stradling, Yocca, Carlson & Rauth", "Newport Beach, California"),
        prepared_on="June 3, 1996",
        address_lines=("3000 Sand Hill Road", "Building 4, Suite 270", "Menlo Park, CA 94025"),
    )
