"""Tokens: the short names that signature pages carry in their codes.

A token is 15 characters drawn at random (75 bits) and one check character, in Crockford's base32,
which leaves out I, L, O and U. The check is a weighted sum over GF(32) with a different weight for
every place, so one wrong character, or two that changed places, never pass for another page.
"""

from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_LENGTH = 16
RANDOM_BYTES = 10

_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_FIELD_POLYNOMIAL = 0b100101


class TokenMisread(ValueError):
    """What was read or typed is no page code. The message says what to do."""


def _check_character(body: str) -> str:
    total = 0
    for letter in body:
        total = (total ^ _VALUES[letter]) << 1
        if total > 31:
            total ^= _FIELD_POLYNOMIAL
    return ALPHABET[total]


def new_token(random_bytes: bytes) -> str:
    """Make a token of at least ten bytes: random ones, or a digest that must always name one page.

    Only the first 75 bits count. Raises ValueError when there are fewer than ten bytes.
    """
    if len(random_bytes) < RANDOM_BYTES:
        raise ValueError(f"A token needs {RANDOM_BYTES} random bytes, not {len(random_bytes)}.")
    bits = int.from_bytes(random_bytes[:RANDOM_BYTES], "big") >> 5
    places = range(TOKEN_LENGTH - 2, -1, -1)
    body = "".join(ALPHABET[bits >> 5 * place & 31] for place in places)
    return body + _check_character(body)


@lru_cache(maxsize=4096)
def check_token(text: str) -> str:
    """Return the token in its one form (capitals, no hyphens); raise TokenMisread if it is none.

    Takes what a person types: small letters, hyphens, blanks, O for 0, and I or L for 1.
    """
    token = text.upper().translate(_READ_AS)
    if len(token) != TOKEN_LENGTH or any(letter not in _VALUES for letter in token):
        raise TokenMisread(
            "A page code has 16 letters and digits, such as 4F7K-9QXD-2M1P-6RTB. "
            "Copy it from the foot of the signature page."
        )
    if _check_character(token[:-1]) != token[-1]:
        raise TokenMisread(
            f"The page code {human_token(token)} has a wrong character somewhere. "
            "Compare it with the foot of the signature page."
        )
    return token


def human_token(token: str) -> str:
    """The token as people read it: four groups of four."""
    return "-".join(token[at : at + 4] for at in range(0, len(token), 4))
