"""The floor for packets: the same pages by the same typesetter, with nothing that makes a packet.

No cover, bookmarks, codes, tags, archive form, or look at the result. One compile a signatory.
"""

import json
from pathlib import Path

from closing.pdf.signature_specs import PacketSpec
from closing.pdf.typesetting import set_type

BARE = Path(__file__).parent / "bare_pages.typ"


def bare_pages(packet: PacketSpec) -> bytes:
    """The packet's pages as a plain PDF."""
    pages = [
        {
            "title": page.document_title,
            "witness": f"IN WITNESS WHEREOF, the undersigned has executed this {page.document_title}.",
            "party": page.block.party,
            "rows": [f"By: {link.entity}" for link in page.block.chain],
            "signer": f"{page.block.signer}, {page.block.title}",
        }
        for page in packet.pages
    ]
    return set_type(BARE, {"pages": json.dumps(pages)}, [])
