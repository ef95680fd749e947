"""Where a page that came back goes: by its code or by a person's word, and never elsewhere."""

from hypothesis import given, strategies as st

from closing.rules.returns import (
    NOT_COMPARED,
    Finding,
    KnownPage,
    Place,
    is_plain,
    lay_in_words,
    placed,
    remarks,
    why_not_assign,
)

CODES = st.sampled_from([f"CODE{at:012d}" for at in range(6)])
KNOWN = st.builds(KnownPage, *[st.booleans()] * 5)
PAGES = st.dictionaries(CODES, KNOWN, max_size=4)


@given(codes=st.lists(CODES, max_size=3, unique=True), pages=PAGES, is_unsigned=st.booleans())
def test_a_page_goes_where_its_code_says_or_nowhere(
    codes: list[str], pages: dict[str, KnownPage], is_unsigned: bool
) -> None:
    found = placed(codes, pages, is_unsigned=is_unsigned)
    assert found.place is not Place.FILED, "nothing is filed unseen"
    if found.place is Place.TO_CONFIRM:
        assert codes == [found.token]
        assert found.token in pages
    if codes and not set(codes) & set(pages):
        assert (found.place, found.finding) == (Place.SET_ASIDE, Finding.UNKNOWN)
    if not codes:
        assert (found.place, found.finding) == (Place.TRAY, Finding.UNREAD)


@given(codes=st.lists(CODES, max_size=3, unique=True), token=CODES)
def test_no_hand_files_a_page_against_its_code(codes: list[str], token: str) -> None:
    assert (why_not_assign(codes, token) == "") == (not codes or token in codes)


@given(page=KNOWN, is_unsigned=st.booleans())
def test_only_a_page_of_which_nothing_is_to_be_said_is_confirmed_with_others(
    page: KnownPage, is_unsigned: bool
) -> None:
    finding = placed(["A"], {"A": page}, is_unsigned=is_unsigned).finding
    nothing = page == KnownPage(came_before=False) and not is_unsigned
    assert is_plain(finding, page) == nothing
    assert bool(remarks(finding, page)) == (not nothing)
    assert not is_plain(finding, page, is_compared=False)
    assert NOT_COMPARED in remarks(finding, page, is_compared=False)


def test_a_page_filed_before_and_taken_back_is_not_filed_along_with_others() -> None:
    assert not is_plain(Finding.WITHDRAWN, KnownPage())


def test_two_codes_on_one_sheet_are_for_a_person_to_tell_apart() -> None:
    both = {"A": KnownPage(), "B": KnownPage()}
    assert placed(["A", "B"], both, is_unsigned=False).place is Place.TRAY
    assert why_not_assign(["A", "B"], "C")
    assert placed(["X", "Y"], both, is_unsigned=False).finding is Finding.UNKNOWN


def test_how_it_lay_in_words() -> None:
    assert lay_in_words(0, 0.2) == ""
    assert lay_in_words(180, 0.0) == "Came upside down; straightened."
    assert lay_in_words(90, -2.6) == "Came on its side and askew by 3°; straightened."
