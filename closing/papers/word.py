"""A list as a Word document: landscape, the table's head on every page, pages numbered."""

from io import BytesIO
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Inches, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from closing.papers.sheet import Sheet, shares_of, writable

FACE = "Times New Roman"
SHADE_HEAD = "D9D9D9"
SHADE_PART = "F2F2F2"
PAGE = Inches(11), Inches(8.5)
MARGIN = Inches(0.75)


def word_file(sheet: Sheet) -> bytes:
    """The list as a .docx file. No text in it is a field, a link or markup."""
    document = docx.Document()
    _set_page(document, sheet)
    _write_head(document, sheet)
    _write_table(document, sheet)
    _write_parties(document, sheet)
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def _set_page(document: Document, sheet: Sheet) -> None:
    style: Any = document.styles["Normal"]
    style.font.name = FACE
    style.font.size = Pt(10)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FACE)
    style.paragraph_format.space_after = Pt(0)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = PAGE
    section.left_margin = section.right_margin = section.bottom_margin = MARGIN
    section.top_margin = Inches(0.7)
    footer = section.footer.paragraphs[0]
    footer.style = style  # the footer's own has a tab in the middle of a portrait page
    footer.paragraph_format.tab_stops.add_tab_stop(PAGE[0] - 2 * MARGIN, WD_TAB_ALIGNMENT.RIGHT)
    footer.add_run(writable(f"{sheet.deal}: {sheet.title}\tPage "))
    _add_field(footer, "PAGE")
    footer.add_run(" of ")
    _add_field(footer, "NUMPAGES")
    for run in footer.runs:
        run.font.size = Pt(8)
    properties = document.core_properties
    properties.author = ""
    properties.comments = ""
    properties.title = writable(f"{sheet.deal}: {sheet.title}")
    properties.created = properties.modified = sheet.as_of.replace(tzinfo=None)


def _write_head(document: Document, sheet: Sheet) -> None:
    _add_line(document, sheet.deal, bold=True, size=14)
    _add_line(document, sheet.title, bold=True, size=12)
    for fact in sheet.facts:
        _add_line(document, fact)
    last = _add_line(document, sheet.notice, italic=True)
    last.paragraph_format.space_after = Pt(8)


def _add_line(document: Document, text: str, *, bold: bool = False, italic: bool = False, size: int = 10) -> Paragraph:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = line.add_run(writable(text))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    return line


def _write_table(document: Document, sheet: Sheet) -> None:
    table = document.add_table(rows=1, cols=len(sheet.columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = [Emu(each) for each in shares_of(sheet.columns, PAGE[0] - 2 * MARGIN)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    head = table.rows[0]
    _mark_row(head, "w:tblHeader")
    _fill(head._tr, [each.heading for each in sheet.columns], widths, bold=True, shade=SHADE_HEAD)
    for part in sheet.parts:
        _add_part(table, part.heading, widths)
        for texts in part.rows:
            _fill(_add_row(table), list(texts), widths)


def _add_row(table: Table) -> Any:
    """A new row that does not break over pages. Straight from XML: `add_row` reads the table anew each time."""
    row: Any = table._tbl.add_tr()
    for _ in table._tbl.tblGrid.gridCol_lst:
        row.add_tc()
    properties = row.get_or_add_trPr()
    properties.append(_element("w:cantSplit"))
    return row


def _add_part(table: Table, heading: str, widths: list[Emu]) -> None:
    row: Any = table._tbl.add_tr()
    cell = row.add_tc()
    cell.width = Emu(sum(widths))
    properties = cell.get_or_add_tcPr()
    span = _element("w:gridSpan")
    span.set(qn("w:val"), str(len(widths)))
    properties.append(span)
    _shade(cell, SHADE_PART)
    row.get_or_add_trPr().append(_element("w:cantSplit"))
    line = Paragraph(cell.p_lst[0], table)
    line.paragraph_format.keep_with_next = True
    line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(2)
    line.add_run(writable(heading)).bold = True


def _fill(row: Any, texts: list[str], widths: list[Emu], *, bold: bool = False, shade: str = "") -> None:
    for cell, text, width in zip(row.tc_lst, texts, widths, strict=True):
        cell.width = width
        if shade:
            _shade(cell, shade)
        lines = writable(text).split("\n")
        for at, said in enumerate(lines):
            element = cell.p_lst[0] if at == 0 else cell.add_p()
            run = Paragraph(element, row).add_run(said)
            run.bold, run.font.size = bold, Pt(9)


def _shade(cell: Any, colour: str) -> None:
    shade = _element("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:color"), "auto")
    shade.set(qn("w:fill"), colour)
    cell.get_or_add_tcPr().append(shade)


def _mark_row(row: Any, mark: str) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
    row._tr.get_or_add_trPr().append(_element(mark))


def _write_parties(document: Document, sheet: Sheet) -> None:
    heading = document.add_paragraph()
    heading.paragraph_format.space_before = Pt(10)
    heading.paragraph_format.keep_with_next = True
    heading.add_run("Parties").bold = True
    for name, meant in sheet.parties:
        line = document.add_paragraph()
        line.paragraph_format.tab_stops.add_tab_stop(Inches(2.4))
        line.paragraph_format.left_indent = Inches(2.4)
        line.paragraph_format.first_line_indent = -Inches(2.4)
        line.add_run(writable(f"{name}\t{meant}"))


def _add_field(line: Paragraph, instruction: str) -> None:
    """A field that Word fills in: the page's number, the count of pages."""
    for kind in ("begin", instruction, "separate", "1", "end"):
        run = line.add_run()
        if kind == instruction:
            code = _element("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {instruction} "
            run._r.append(code)
        elif kind == "1":
            run.text = "1"
        else:
            mark = _element("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def _element(tag: str) -> Any:
    return OxmlElement(tag)
