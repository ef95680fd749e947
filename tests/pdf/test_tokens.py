"""Tokens: no slip of pen or eye turns one page's code into another's."""

import pytest
from hypothesis import given, strategies as st

from closing.pdf.tokens import ALPHABET, TokenMisread, check_token, human_token, new_token

TOKENS = st.binary(min_size=10, max_size=32).map(new_token)


@given(TOKENS)
def test_a_token_is_sixteen_unambiguous_characters(token: str) -> None:
    assert len(token) == 16
    assert set(token) <= set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)


@given(TOKENS)
def test_what_people_type_is_read_as_the_token(token: str) -> None:
    typed = human_token(token).lower().replace("0", "o").replace("1", "l")
    assert check_token(f" {typed} ") == token


@given(TOKENS, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_refused(token: str, at: int, letter: str) -> None:
    wrong = token[:at] + letter + token[at + 1 :]
    if wrong == token:
        assert check_token(wrong) == token
    else:
        with pytest.raises(TokenMisread, match="wrong character"):
            check_token(wrong)


@given(TOKENS, st.integers(0, 15), st.integers(0, 15))
def test_two_characters_in_each_others_place_are_refused(token: str, one: int, two: int) -> None:
    letters = list(token)
    letters[one], letters[two] = letters[two], letters[one]
    swapped = "".join(letters)
    if swapped != token:
        with pytest.raises(TokenMisread):
            check_token(swapped)


@pytest.mark.parametrize("text", ["", "4F7K", "U" * 16, "漢" * 16, "0" * 17, "4F7K-9QXD-2M1P-6RT*"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenMisread, match="16 letters and digits"):
        check_token(text)


def test_too_few_random_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        new_token(b"123456789")


def test_a_digest_names_one_page_for_ever() -> None:
    assert new_token(bytes(range(32))) == "000G40R40M30E200"
