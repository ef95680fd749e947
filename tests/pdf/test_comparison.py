"""Two versions side by side: nothing that changed is left out, nothing that only moved over a line is marked."""

import random
import time
from io import BytesIO

import docx
import pytest
import typst
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given, settings, strategies as st

from closing.pdf.comparison import (
    EVERY_PAGE,
    Comparison,
    Fold,
    NotComparable,
    Paper,
    Paragraph,
    Row,
    compare,
    extract_docx,
    extract_pages,
    paper_of_pages,
    read_paper,
)
from closing.pdf.differences import differences
from closing.pdf.uploads import MEDIA_TYPES, UploadLimits
from tests.web.papers import pdf as without_text


def paper(*paragraphs: str) -> Paper:
    return Paper(tuple(Paragraph(tuple(text.split())) for text in paragraphs))


def side(comparison: Comparison, name: str) -> str:
    """What a side says, marked words in brackets; a fold as dots."""
    said = []
    for row in comparison.rows:
        if isinstance(row, Fold):
            said.append("...")
            continue
        runs = row.before if name == "before" else row.after
        said.append(" ".join(f"[{run.text}]" if run.is_marked else run.text for run in runs))
    return " | ".join(said)


def typeset(source: str) -> bytes:
    made: bytes = typst.compile(source.encode())
    return made


def word_file(*paragraphs: str) -> bytes:
    made = docx.Document()
    for text in paragraphs:
        made.add_paragraph(text)
    return saved(made)


def saved(made: "docx.document.Document") -> bytes:
    target = BytesIO()
    made.save(target)
    return target.getvalue()


def test_a_word_replaced_is_marked_on_both_sides() -> None:
    found = compare(paper("The price is $1.00 for each Share."), paper("The price is $1.25 for each Share."))
    assert side(found, "before") == "The price is [$1.00] for each Share."
    assert side(found, "after") == "The price is [$1.25] for each Share."
    assert (found.changes, found.removed_words, found.added_words) == (1, 1, 1)


def test_paragraphs_put_in_and_taken_out_are_rows_of_their_own() -> None:
    before = paper("One stands here.", "Two goes away.", "Three stays on.")
    after = paper("One stands here.", "Three stays on.", "Four comes in.")
    rows = [row for row in compare(before, after).rows if isinstance(row, Row)]
    assert [row.kind for row in rows] == ["same", "removed", "same", "added"]
    assert [row.number for row in rows] == [None, 1, None, 2]


def test_paragraphs_cut_elsewhere_are_no_change() -> None:
    before = paper("The Company shall sell", "and each Investor shall buy. The Closing is on Monday.")
    after = paper("The Company shall sell and each Investor shall buy.", "The Closing is on Monday.")
    assert compare(before, after).changes == 0


def test_what_is_far_from_a_change_is_folded_and_counted() -> None:
    before = [f"Section {n} stays." for n in range(20)]
    after = [*before[:10], "Section 10 is another.", *before[11:]]
    found = compare(
        Paper(tuple(Paragraph(tuple(t.split()), n // 5 + 1) for n, t in enumerate(before))),
        Paper(tuple(Paragraph(tuple(t.split()), n // 5 + 1) for n, t in enumerate(after))),
    )
    first, *shown, last = found.rows
    assert first == Fold(paragraphs=9, words=27, pages=(1, 2))
    assert last == Fold(paragraphs=8, words=24, pages=(3, 4))
    assert [row.kind for row in shown] == ["same", "changed", "same"]


def test_the_same_paper_is_one_fold() -> None:
    found = compare(paper("A b.", "C d.", "E f."), paper("A b.", "C d.", "E f."))
    assert found.rows == (Fold(paragraphs=3, words=6, pages=None),)


WORDS = st.lists(st.sampled_from(["the", "Company", "shall", "sell", "buy", "of", "x"]), max_size=60)
PAPERS = st.lists(WORDS.map(tuple), max_size=8).map(lambda found: Paper(tuple(map(Paragraph, filter(None, found)))))


def words_of(paper: Paper) -> list[str]:
    return [word for paragraph in paper.paragraphs for word in paragraph.words]


@settings(max_examples=300, deadline=None)
@given(PAPERS, PAPERS)
def test_every_word_of_both_is_there_once_and_what_is_unmarked_is_the_same(before: Paper, after: Paper) -> None:
    found = compare(before, after, context=100)
    rows = [row for row in found.rows if isinstance(row, Row)]
    assert rows == list(found.rows) or found.changes == 0
    if found.changes == 0:
        assert words_of(before) == words_of(after)
        return
    for source, name in ((before, "before"), (after, "after")):
        said = [word for row in rows for run in getattr(row, name) for word in run.text.split()]
        assert said == words_of(source)
    for row in rows:
        plain = [
            [word for run in runs if not run.is_marked for word in run.text.split()] for runs in (row.before, row.after)
        ]
        assert plain[0] == plain[1]
        assert (row.number is None) == (row.kind == "same")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=80), st.lists(st.integers(0, 4), max_size=80))
def test_stretches_cover_both_and_take_turns(before: list[int], after: list[int]) -> None:
    found = differences(before, after)
    i = j = 0
    for at, each in enumerate(found):
        assert (each.before[0], each.after[0]) == (i, j)
        (i, j) = each.before[1], each.after[1]
        if each.is_same:
            assert before[slice(*each.before)] == after[slice(*each.after)]
        assert at == 0 or found[at - 1].is_same != each.is_same
    assert (i, j) == (len(before), len(after))


@pytest.mark.slow
def test_300_pages_take_seconds_whatever_they_hold() -> None:
    pick = random.Random(1)
    usual = [f"w{int(pick.paretovariate(0.7)) % 9000}" for _ in range(150_000)]
    edited = list(usual)
    for _ in range(2000):
        edited[pick.randrange(len(edited))] = "other"
    repeated = ("By: Name: Title: " * 50_000).split()
    pairs = [
        (usual, edited),
        (usual, [f"z{pick.randrange(5000)}" for _ in range(150_000)]),
        (usual, pick.sample(usual, len(usual))),
        (repeated, [word for word in repeated if pick.random() < 0.999]),
        ([pick.choice("ab") for _ in usual], [pick.choice("ab") for _ in usual]),
    ]
    for before, after in pairs:
        started = time.process_time()
        differences(before, after)
        assert time.process_time() - started < 20


def test_running_heads_and_page_numbers_are_said_once_and_cut_no_sentence() -> None:
    def pages(*texts: str) -> list[str]:
        return [f"Draft of June 3\n\n{text}\n\nAgreement, page {at}" for at, text in enumerate(texts, start=1)]

    before = paper_of_pages(pages("One two three", "four five six.", "Seven eight.", "Nine."))
    after = paper_of_pages(pages("One two", "three four", "five six. Seven", "eight. Nine."))
    assert [each.words for each in before.paragraphs[:2]] == [("Draft", "of", "June", "3"), ("Agreement,", "page", "#")]
    assert {each.page for each in before.paragraphs[:2]} == {EVERY_PAGE}
    assert compare(before, after).changes == 0
    later = paper_of_pages([page.replace("June 3", "June 5") for page in pages("One two three", "four five six.", "S")])
    assert "[5]" in side(compare(before, later), "after")


@pytest.mark.parametrize("number", ["{}", "- {} -", "Page {} of 2"])
def test_bare_page_numbers_are_no_words(number: str) -> None:
    paper = paper_of_pages([f"Words {at}.\n\n{number.format(at)}" for at in (1, 2)])
    assert [" ".join(each.words) for each in paper.paragraphs] == ["Words 1.", "Words 2."]
    lone = paper_of_pages(["Words.", "12"])
    assert [" ".join(each.words) for each in lone.paragraphs] == ["Words.", "12"]


def test_a_paragraph_taken_out_between_its_likes_is_the_paragraph() -> None:
    def section(n: int) -> str:
        return f"{n}. Each party shall do what Section {n} asks of it."

    whole = [section(n) for n in range(5)]
    found = compare(paper(*whole), paper(*whole[:2], *whole[3:]))
    assert side(found, "before") == f"... | {section(1)} | [{section(2)}] | {section(3)} | {section(4)}".replace(
        "...", section(0)
    )
    assert side(compare(paper(*whole[:2], *whole[3:]), paper(*whole)), "after") == side(found, "before")


def test_an_amount_at_the_foot_of_many_pages_is_compared() -> None:
    def pages(*totals: str) -> list[str]:
        return [f"Investor {at}\nbuys Shares of the Company\nas follows\nat\nTotal {n}" for at, n in enumerate(totals)]

    before, after = (
        paper_of_pages(pages("$100", "$100", "$100", "$100")),
        paper_of_pages(pages("$100", "$900", "$100", "$100")),
    )
    assert "$900" in side(compare(before, after), "after")


def test_a_word_broken_at_a_lines_end_is_the_word() -> None:
    before = paper("An exempt sale under a non-exempt plan and the Agreement.")
    after = paper("An ex\u00adempt sale under a non\u00adexempt plan and the Agree\u00adment.")
    assert compare(before, after).changes == 0


def test_a_pdf_is_read_page_by_page_and_paragraph_by_paragraph() -> None:
    made = typeset(
        '#set page(width: 9cm, height: 6cm)\n#set text(lang: "en")\n'
        "The Company shall sell and issue to each Investor the Shares that Schedule A states.\n\n"
        "Each Investor shall pay for them at the Closing, by wire.\n#pagebreak()\nLast words."
    )
    pages = extract_pages(made)
    assert len(pages) == 2
    first = [" ".join(part.split()) for part in pages[0].split("\n\n")]
    assert first == [
        "The Company shall sell and issue to each Investor the Shares that Schedule A states.",
        "Each Investor shall pay for them at the Closing, by wire.",
    ]
    assert pages[1] == "Last words."


def test_the_same_words_on_other_paper_are_no_change() -> None:
    words = "".join(
        f"= Sale {n}\nThe Company shall sell and issue to each Investor of class {n} the Shares.\n\n" for n in range(12)
    )
    wide = read_paper(MEDIA_TYPES["pdf"], typeset("#set page(width: 20cm, height: 12cm)\n" + words))
    slim = read_paper(MEDIA_TYPES["pdf"], typeset("#set page(width: 8cm, height: 9cm)\n" + words))
    assert compare(wide, slim).changes == 0


def test_word_and_pdf_compare() -> None:
    of_word = read_paper(MEDIA_TYPES["docx"], word_file("The price is $1.00 a Share.", "Payment is by wire."))
    of_pdf = read_paper(MEDIA_TYPES["pdf"], typeset("The price is \\$1.25 a Share.\n\nPayment is by wire."))
    found = compare(of_word, of_pdf)
    assert side(found, "after") == "The price is [$1.25] a Share. | Payment is by wire."


def test_word_files_are_read_with_tables_and_tracked_changes_as_accepted() -> None:
    made = docx.Document()
    paragraph = made.add_paragraph("Sold on ")
    for tag, text_tag, text in (("w:del", "w:delText", "Monday"), ("w:ins", "w:t", "Tuesday")):
        change, run, words = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(text_tag)
        change.set(qn("w:id"), "1")
        words.text = text
        run.append(words)
        change.append(run)
        paragraph._p.append(change)
    made.add_table(rows=1, cols=2).rows[0].cells[1].text = "100,000 Shares"
    found = extract_docx(saved(made))
    assert [" ".join(each.words) for each in found.paragraphs] == ["Sold on Tuesday", "100,000 Shares"]
    assert found.has_tracked_changes
    assert not extract_docx(word_file("Plain.")).has_tracked_changes


def test_what_has_no_words_says_what_to_do() -> None:
    with pytest.raises(NotComparable, match="it is a scan or a picture"):
        read_paper(MEDIA_TYPES["pdf"], without_text())
    with pytest.raises(NotComparable, match="it is a scan or a picture"):
        read_paper(MEDIA_TYPES["png"], b"\x89PNG\r\n\x1a\n")
    with pytest.raises(NotComparable, match="Excel"):
        read_paper(MEDIA_TYPES["xlsx"], b"PK")
    with pytest.raises(NotComparable, match="cannot be read"):
        read_paper(MEDIA_TYPES["docx"], b"PK\x03\x04")
    with pytest.raises(NotComparable, match="no text in it"):
        read_paper(MEDIA_TYPES["docx"], word_file())


def test_pages_without_text_are_named() -> None:
    made = typeset("One.\n#pagebreak()\n#rect()\n#pagebreak()\nThree.")
    assert read_paper(MEDIA_TYPES["pdf"], made).blank_pages == (2,)
    numbered = typeset('#set page(numbering: "1")\nOne.\n#pagebreak()\n#rect()\n#pagebreak()\nThree.')
    assert read_paper(MEDIA_TYPES["pdf"], numbered).blank_pages == (2,)


def test_a_file_that_takes_too_long_to_read_is_given_up() -> None:
    made = typeset("#set page(width: 20cm)\n" + "#lorem(400)\n\n" * 400)
    with pytest.raises(NotComparable, match="more time or memory"):
        extract_pages(made, UploadLimits(seconds=1, memory_bytes=150 * 1024 * 1024))


def test_text_files_compare_too() -> None:
    found = compare(read_paper(MEDIA_TYPES["txt"], b"One.\r\n\r\nTwo."), read_paper(MEDIA_TYPES["txt"], b"One.\n\n2."))
    assert side(found, "after") == "One. | [2.]"
