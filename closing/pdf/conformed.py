"""A conformed page: the signature page with "/s/" and the name, for a signed page of which the room has no scan."""

import json
from dataclasses import replace

import typst

from closing.pdf.signature_specs import (
    PacketSpec,
    PageCannotBeMade,
    PageSpec,
    Paper,
    check_packet,
    printed_strings,
)
from closing.pdf.signatures import breakable, missing_glyph, page_data
from closing.pdf.typesetting import TEMPLATES, set_type

_SIGNED = TEMPLATES / "signed.typ"


def conform_page(
    page: PageSpec, signer: str, title: str, said: tuple[str, ...], *, deal_name: str, paper: Paper = "us-letter"
) -> bytes:
    """The page with `/s/ signer` on its line; `said` are the lines at its foot that tell where the signed page is.

    Where the signer is not known, it says that no name is on file. The same input gives the same bytes. Raises
    PageCannotBeMade. Call it in a worker process only.
    """
    block = page.block
    signer = signer or block.signer or (block.party if block.is_individual else "")
    page = replace(page, block=replace(block, signer=signer, title=title or block.title))
    alone = PacketSpec(deal_name, signer or block.party, (page,), (), "", paper=paper)
    check_packet(alone)
    data = page_data(0, page)
    shown = data["block"]
    if not isinstance(shown, dict):
        raise TypeError("The page has no signature block.")
    shown["signature"] = {"kind": "typed", "text": f"/s/ {signer}" if signer else "/s/ (name not on file)"}
    data["bookmark"] = heading = f"{page.document_title}: {block.party}"
    data["evidence"] = [breakable(row) for row in said]
    conformed = {"title": f"Conformed: {heading}", "deal_name": breakable(deal_name), "paper": paper, "page": data}
    try:
        return set_type(_SIGNED, {"signed": json.dumps(conformed)}, ["a-2a", "ua-1"])
    except typst.TypstError as error:
        raise missing_glyph(printed_strings(alone)) or PageCannotBeMade("page", "it cannot be set as it is.") from error
