"""Papers about money, typeset from frozen content: a funds flow, a closing statement, a receipt.

The content says everything that is printed, in words and figures as they are to stand there. It goes to JSON and back
without loss, and its digest names it: equal content is one paper.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import typst

from closing.pdf.signature_specs import Paper
from closing.pdf.signatures import breakable, missing_glyph
from closing.pdf.typesetting import TEMPLATES, set_type

_PAPER = TEMPLATES / "money_paper.typ"
# Changes with the way in which papers are set, so that no older one is taken for new.
FORM = 2


class PaperCannotBeMade(ValueError):
    """The content cannot be printed as it is. The message says what to mend."""


@dataclass(frozen=True, slots=True)
class PaperColumn:
    """A column of a table; figures stand to the right, under each other."""

    heading: str
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A row, with a text for every column; a total stands under a rule."""

    cells: tuple[str, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class PaperSection:
    """A part under a heading: paragraphs, then a table where it has columns."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    columns: tuple[PaperColumn, ...] = ()
    rows: tuple[PaperRow, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a row with more or fewer cells than there are columns."""
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"{self.heading}: {len(row.cells)} cells for {len(self.columns)} columns.")


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A line to sign on: over it the party, under it name and title, where they are known."""

    party: str
    name: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperContent:
    """All that a paper says. `lines` stand under the title; `parties` are names and what they are in the deal.

    It holds no moment at which it was made: the same facts make the same paper. `facts_at` is the moment of its facts,
    in words, where that is fixed; blank is when the paper was asked for.
    """

    title: str
    deal_name: str
    lines: tuple[str, ...] = ()
    parties: tuple[tuple[str, str], ...] = ()
    sections: tuple[PaperSection, ...] = ()
    notes: tuple[str, ...] = ()
    signatures: tuple[SignatureLine, ...] = ()
    facts_at: str = ""
    paper: Paper = "us-letter"

    @property
    def key(self) -> str:
        """SHA-256 of all that is printed of it."""
        said = json.dumps({"form": FORM, **asdict(self)}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The content as plain JSON."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain


def content_of(said: Mapping[str, Any]) -> PaperContent:
    """The content that `as_json` gave."""
    return PaperContent(
        title=said["title"],
        deal_name=said["deal_name"],
        lines=tuple(said["lines"]),
        parties=tuple((name, meaning) for name, meaning in said["parties"]),
        sections=tuple(_section(each) for each in said["sections"]),
        notes=tuple(said["notes"]),
        signatures=tuple(SignatureLine(**each) for each in said["signatures"]),
        facts_at=said["facts_at"],
        paper=said["paper"],
    )


def _section(said: Mapping[str, Any]) -> PaperSection:
    return PaperSection(
        heading=said["heading"],
        paragraphs=tuple(said["paragraphs"]),
        columns=tuple(PaperColumn(**each) for each in said["columns"]),
        rows=tuple(PaperRow(tuple(each["cells"]), each["is_total"]) for each in said["rows"]),
    )


def set_money_paper(content: PaperContent, *, made_on: str) -> bytes:
    """The paper as PDF/A-2a, its foot saying of which facts it was made: those at `made_on`, in words, or `facts_at`.

    Raises PaperCannotBeMade for what cannot be printed. Call it in a worker process only.
    """
    said = {**_printed(content.as_json()), "made_on": content.facts_at or made_on, "digest": content.key}
    try:
        return set_type(_PAPER, {"paper": json.dumps(said)}, ["a-2a", "ua-1"])
    except typst.TypstError as error:
        raise PaperCannotBeMade(_at_fault(content)) from error


def _printed(said: Any) -> Any:
    """The same with every text breakable, so that no long word runs off the paper."""
    match said:
        case str():
            return breakable(said)
        case list():
            return [_printed(each) for each in said]
        case dict():
            return {key: _printed(each) for key, each in said.items()}
    return said


def _at_fault(content: PaperContent) -> str:
    refused = missing_glyph(("the paper", text) for text in _texts(content.as_json()))
    return refused.reason if refused else "It cannot be typeset as it is. Look for names or notes of unusual form."


def _texts(said: Any) -> Iterator[str]:
    match said:
        case str():
            yield said
        case list():
            for each in said:
                yield from _texts(each)
        case dict():
            for each in said.values():
                yield from _texts(each)
