"""Any name either prints as it is or is refused; nothing prints as something else."""

import unicodedata
from collections import Counter

from hypothesis import HealthCheck, assume, example, given, settings, strategies as st

from closing.pdf.signature_specs import PacketSpec, PageCannotBeMade, SignatureBlockSpec
from closing.pdf.signatures import make_packet
from tests.pdf.reading import page_text
from tests.pdf.samples import packet, page

LATIN = st.text(st.characters(max_codepoint=0x17F, exclude_categories=["C"]), max_size=60)
ANY = st.text(max_size=20)


def squeezed(text: str) -> str:
    """The same characters, but for blanks, compatible forms, and the reader's idea of a hyphen."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if not c.isspace() and c not in "-\u2010\u200b\ufffe\x02")


def made_or_refused(spec: PacketSpec) -> bytes | PageCannotBeMade:
    try:
        return make_packet(spec)
    except PageCannotBeMade as refused:
        return refused


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(LATIN, ANY))
@example("The & Trust")
@example("W" * 300)
@example("Vermögensverwaltungsgesellschaft mbH")
@example("#strong[x] $y$ \\ <z> `a` @b")
@example("Flüssig & Söhne: office, afflict, fjord")
@example("e\u0301\u0302\u0303")
def test_a_name_prints_literally_or_is_refused(name: str) -> None:
    assume(name.strip() == name)
    block = SignatureBlockSpec(party=name, signer="Robert Finzi", title="Attorney-in-Fact")
    made = made_or_refused(packet(page(block)))
    if isinstance(made, PageCannotBeMade):
        assert made.field == "pages[0].block.party"
        assert not name.isascii() or not name.isprintable() or not name
        return
    printed = squeezed(page_text(made, 1))
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in name):
        # Set from right to left, where the reader gives the letters as they stand.
        assert Counter(squeezed(name)) <= Counter(printed)
    else:
        assert squeezed(name) in printed
