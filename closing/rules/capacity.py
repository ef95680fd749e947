"""In which capacity somebody signs, in words: read off the signature block as the agreement prints it."""

from closing.rules.terms import SignatureBlock

INDIVIDUAL = "as an individual"


def bare_capacity(capacity: str) -> str:
    """A capacity without the "Its:" that a block may print before it."""
    bare = capacity.strip()
    return bare[4:].strip() if bare[:4].lower() == "its:" else bare


def capacity_of(block: SignatureBlock, title: str = "") -> str:
    """`for Sprout Growth II, L.P., by DLJ Capital Corporation, its General Managing Partner, as Attorney-in-Fact`.

    `title` is what the signatory filled in where the block leaves it blank.
    """
    if block.individual:
        return INDIVIDUAL
    parts = [f"for {block.party}"]
    for link in block.chain:
        its = bare_capacity(link.capacity)
        parts.append(f"by {link.entity}{f', its {its}' if its else ''}")
    said = block.title or title
    if said:
        parts.append(f"as {bare_capacity(said)}")
    return ", ".join(parts)


def signs_in_words(block: SignatureBlock) -> str:
    """What a person is told of his own page: `You sign for yourself.`, or for whom and through whom."""
    return _said("You", "yourself", block)


def i_sign_in_words(block: SignatureBlock) -> str:
    """The same as he confirms it: `I sign for myself.`"""
    return _said("I", "myself", block)


def _said(who: str, himself: str, block: SignatureBlock) -> str:
    said = f"{who} sign for {himself}" if block.individual else f"{who} sign {capacity_of(block)}"
    return said if said.endswith(".") else f"{said}."


def name_of_signer(block: SignatureBlock, name: str = "") -> str:
    """The name under the line: the block's own, an individual's, or what the signatory filled in."""
    return block.signer or (block.party if block.individual else name)


def asks_name(block: SignatureBlock) -> bool:
    """Whether the agreement leaves the signer's name blank."""
    return not block.signer and not block.individual


def asks_title(block: SignatureBlock) -> bool:
    """Whether the agreement leaves a line for a title, and leaves it blank."""
    return block.title_line and not block.title and not block.individual
