"""Signature packets for 15 signatories and 8 documents: 120 pages, 15 covers.

Every round has names and codes of its own, since the typesetter remembers what it has set.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from closing.pdf.signature_specs import PacketSpec
from closing.pdf.signatures import make_packet
from tests.bench.framework import Measured, benchmark, interleaved
from tests.bench.packets_floor import bare_pages
from tests.pdf.samples import DOCUMENTS, SPROUT, packet, page

SIGNATORIES = 15
_rounds = count()


def _packets() -> Iterator[PacketSpec]:
    at = next(_rounds)
    for signatory in range(SIGNATORIES):
        block = replace(SPROUT, party=f"{SPROUT.party} {at}.{signatory}", signer=f"Robert {at}")
        pages = [page(block, document) for document in DOCUMENTS]
        yield packet(*pages, signatory=f"Signatory {signatory}, round {at}")


@benchmark(name="packets-15x8", unit="s", goal=5.0)
def packets_15x8() -> Measured:
    return interleaved(
        lambda: [make_packet(spec) for spec in _packets()],
        lambda: [bare_pages(spec) for spec in _packets()],
        rounds=9,
    )
