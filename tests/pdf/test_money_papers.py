"""Papers about money: what is printed, on how many sheets, and that content goes to JSON and back."""

from dataclasses import replace
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from closing.pdf.money_papers import (
    PaperCannotBeMade,
    PaperColumn,
    PaperContent,
    PaperRow,
    PaperSection,
    SignatureLine,
    content_of,
    set_money_paper,
)

MADE_ON = "Monday, June 10, 1996, 11:00 a.m. Pacific"
COLUMNS = (PaperColumn("Investor"), PaperColumn("Purchase price", is_figure=True))


def paper_of(*rows: tuple[str, str], total: str = "$0.00", title: str = "Funds flow") -> PaperContent:
    lines = (*(PaperRow(row) for row in rows), PaperRow(("In all", total), is_total=True))
    return PaperContent(
        title=title,
        deal_name="The Cerplex Group, Inc.: Series B Preferred Stock",
        lines=("Closing of June 10, 1996",),
        parties=(("The Cerplex Group, Inc.", "The company"),),
        sections=(PaperSection("Sources", ("What comes in.",), COLUMNS, lines),),
        notes=("Amounts in dollars.",),
        signatures=(SignatureLine("The Cerplex Group, Inc.", "", "Secretary"),),
    )


def texts(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


def test_all_of_the_content_is_printed_with_its_digest_and_moment() -> None:
    content = paper_of(("Andrea Martin", "$100,000.00"), ("*Not* _markup_ #1 $2", "$1.00"), total="$100,001.00")
    said = texts(set_money_paper(content, made_on=MADE_ON))
    assert len(said) == 1
    for words in (
        "Funds flow",
        "Closing of June 10, 1996",
        "The company",
        "Andrea Martin",
        "*Not* _markup_ #1 $2",
        "$100,001.00",
        "Amounts in dollars.",
        "Secretary",
        f"Made from the facts on file on {MADE_ON}",
        f"Digest {content.key[:16]}",
        "Page 1 of 1",
    ):
        assert words in said[0], words


def test_facts_of_a_fixed_moment_say_so_at_the_foot() -> None:
    content = replace(paper_of(("Andrea Martin", "$1.00")), facts_at="Monday, June 3, 1996")
    said = texts(set_money_paper(content, made_on=MADE_ON))[0]
    assert "Made from the facts on file on Monday, June 3, 1996" in said
    assert MADE_ON not in said


def test_a_thousand_investors_have_the_head_on_every_sheet_and_each_one_once() -> None:
    content = paper_of(*((f"Investor number {at};", f"${at:,}.00") for at in range(1000)))
    said = texts(set_money_paper(content, made_on=MADE_ON))
    assert len(said) > 20
    assert all("Purchase price" in sheet for sheet in said[:-1])
    whole = "\n".join(said)
    assert all(whole.count(f"Investor number {at};") == 1 for at in range(1000))


def investors(count: int) -> PaperContent:
    return paper_of(*((f"Investor number {at};", f"${at:,}.00") for at in range(count)))


@pytest.mark.parametrize(
    "papers",
    [
        [investors(count) for count in range(1, 80)],
        [replace(investors(count), lines=("A line",) * above) for count in (1, 2) for above in range(25, 46)],
    ],
    ids=["any number of rows", "wherever a short table falls"],
)
def test_a_total_never_stands_alone_on_its_sheet_nor_a_row_without_its_head(papers: list[PaperContent]) -> None:
    ends = set()
    for content in papers:
        said = texts(set_money_paper(content, made_on=MADE_ON))
        ends.add(len(said))
        for sheet in said:
            assert "In all" not in sheet or "Investor number" in sheet, len(content.sections[0].rows)
            assert "Investor number" not in sheet or "Purchase price" in sheet, len(content.sections[0].rows)
    assert len(ends) > 1, "some of them end on another sheet"


def test_it_is_an_archivable_pdf_and_the_same_content_gives_the_same_bytes() -> None:
    content = paper_of(("Andrea Martin", "$1.00"))
    made = set_money_paper(content, made_on=MADE_ON)
    assert made == set_money_paper(content_of(content.as_json()), made_on=MADE_ON)
    with pikepdf.open(BytesIO(made)) as pdf, pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["pdfuaid:part"] == "1"


def test_content_goes_to_json_and_back_and_its_key_names_every_part_of_it() -> None:
    content = paper_of(("Andrea Martin", "$1.00"))
    assert content_of(content.as_json()) == content
    assert content_of(content.as_json()).key == content.key
    others = [
        paper_of(("Andrea Martin", "$1.01")),
        replace(content, title="Receipt"),
        replace(content, notes=()),
        replace(content, parties=()),
        replace(content, signatures=()),
        replace(content, paper="a4"),
        replace(content, facts_at="June 3, 1996"),
    ]
    assert len({content.key, *(each.key for each in others)}) == 1 + len(others)


def test_a_row_that_does_not_fit_its_columns_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        PaperSection("Sources", columns=COLUMNS, rows=(PaperRow(("Andrea Martin",)),))


def test_a_name_that_cannot_be_printed_is_refused_by_name() -> None:
    with pytest.raises(PaperCannotBeMade, match=r"株式会社.*Latin, Greek or Cyrillic"):
        set_money_paper(paper_of(("株式会社", "$1.00")), made_on=MADE_ON)
