"""Packets as plain data for whoever makes the pages another way: every text, and the dark modules of both codes."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import zxingcpp

from closing.pdf.signature_specs import PacketSpec, PageSpec
from closing.pdf.tokens import human_token
from tests.pdf.samples import DOCUMENTS, SPROUT, packet, page

_DARK = re.compile(rb"\x00+")
_rounds = count()


def packets(signatories: int) -> list[PacketSpec]:
    """Packets of eight pages, with names and codes that were in none before."""
    return list(_packets(signatories, next(_rounds)))


def _packets(signatories: int, at: int) -> Iterator[PacketSpec]:
    for signatory in range(signatories):
        block = replace(SPROUT, party=f"{SPROUT.party} {at}.{signatory}", signer=f"Robert {at}")
        pages = [page(block, document) for document in DOCUMENTS]
        yield packet(*pages, signatory=f"Signatory {signatory}, round {at}")


def plain(spec: PacketSpec) -> Mapping[str, Any]:
    """A packet as JSON takes it."""
    return {
        "title": f"Signature packet: {spec.signatory}",
        "deal_name": spec.deal_name,
        "signatory": spec.signatory,
        "address_lines": spec.address_lines,
        "return_to": spec.return_to,
        "prepared_on": spec.prepared_on,
        "instructions": spec.instructions,
        "escrow": spec.escrow,
        "pages": [_page(each) for each in spec.pages],
    }


def _page(spec: PageSpec) -> Mapping[str, Any]:
    chain = [{"entity": link.entity, "capacity": f"Its: {link.role}"} for link in spec.block.chain]
    return {
        "title": spec.document_title,
        "dated": spec.dated_line,
        "witness": (
            f"IN WITNESS WHEREOF, the undersigned has caused this {spec.document_title} to be executed by its "
            "representative thereunto duly authorized, as of the date first above written."
        ),
        "capacity": spec.capacity.upper(),
        "party": spec.block.party,
        "chain": chain,
        "signer": f"{spec.block.signer}, {spec.block.title}",
        "signing_as": [f"{spec.capacity}, {spec.block.title}", *(f"by {link['entity']}" for link in chain)],
        "code": human_token(spec.token),
        "qr": _dark(zxingcpp.create_barcode(spec.token, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")),
        "matrix": _dark(zxingcpp.create_barcode(spec.token, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)),
    }


def _dark(code: zxingcpp.Barcode) -> list[list[tuple[int, int]]]:
    """The dark modules of each row as (first, how many), the top row first."""
    image: Any = code.to_image(scale=1, add_quiet_zones=False)
    modules = bytes(image)
    side = math.isqrt(len(modules))
    rows = [modules[at : at + side] for at in range(0, len(modules), side)]
    return [[(run.start(), run.end() - run.start()) for run in _DARK.finditer(row)] for row in rows]
