"""Any name either prints as it is or is refused; nothing prints as something else."""

import unicodedata

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from closing.pdf.signature_specs import PageCannotBeMade, SignatureBlockSpec
from closing.pdf.signatures import make_packet
from tests.pdf.reading import page_text
from tests.pdf.samples import packet, page

LATIN = st.text(st.characters(max_codepoint=0x17F, exclude_categories=["C"]), max_size=60)
ANY = st.text(max_size=20)


def squeezed(text: str) -> str:
    """Blanks, hyphens for breaking and compatible forms apart, the same characters."""
    plain = unicodedata.normalize("NFKC", text).replace("\u200b", "").replace("\xad", "")
    return "".join(plain.split())


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
    try:
        made = make_packet(packet(page(block)))
    except PageCannotBeMade as refused:
        assert refused.field == "pages[0].block.party"
        assert not name.isascii() or not name.isprintable() or not name
    else:
        assert squeezed(name) in squeezed(page_text(made, 1))
