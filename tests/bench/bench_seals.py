"""Seals on the packets of 15 signatories of 8 documents, one after the other, in processor time: "a core".

The floor is what the mathematics alone take, the SHA-256 of a packet and a bare ECDSA signature, a hundred times over.
The goal is 20 packets a second. Where it was set the floor took 9.7 ms, so five times the floor is that goal, on a
machine of any speed; the packets a second of this one are printed beside it.
"""

import hashlib
import sys
import time
from collections.abc import Callable
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from closing.pdf.seals import seal
from closing.pdf.signatures import make_packet
from tests.bench.framework import Measured, benchmark
from tests.pdf.samples import DOCUMENTS, SPROUT, packet, page
from tests.pdf.sealing import AT, ROOM, room_key

SIGNATORIES = 15
BARE_A_PACKET = 100


@benchmark(name="seals", unit="ms a packet", goal=5.0)
def seals() -> Measured:
    papers = [
        make_packet(
            packet(*(page(SPROUT, document, key=str(at)) for document in DOCUMENTS), signatory=f"Signatory {at}")
        )
        for at in range(SIGNATORIES)
    ]
    key = room_key()
    private = key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)

    def ours() -> None:
        for paper in papers:
            seal(paper, key, reason="Signature packet", at=AT, name=ROOM)

    def bare() -> None:
        for paper in papers:
            for _ in range(BARE_A_PACKET):
                private.sign(hashlib.sha256(paper).digest(), ec.ECDSA(hashes.SHA256()))

    ours()
    bare()
    taken = [(_processor_time(ours), _processor_time(bare)) for _ in range(9)]
    a_packet = 1000 / SIGNATORIES
    measured = Measured(
        ours=median(one for one, _ in taken) * a_packet, floor=median(other for _, other in taken) * a_packet
    )
    print(f"seals: {1000 / measured.ours:.0f} packets a second", file=sys.stderr)
    return measured


def _processor_time(what: Callable[[], None]) -> float:
    before = time.process_time()
    what()
    return time.process_time() - before
