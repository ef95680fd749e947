"""Short papers of our own for the demonstration, typeset: the agreement's full text is not ours to hand out.

Every page says that it is a form. At the end there is a blank signature page for each block, and the headings are the
outline. The same paper is the same bytes. `python -m closing.pdf.demo_documents` sets papers in a process of its own,
so that whoever asks for them never compiles.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import pikepdf

from closing.pdf.signature_specs import SignatureBlockSpec
from closing.pdf.signatures import block_data
from closing.pdf.typesetting import TEMPLATES, set_type

REMARK = "Form for the demonstration; the text is not the agreement’s."
WITNESS = "In witness whereof, the undersigned has executed this {title}."
_TEMPLATE = TEMPLATES / "demo_document.typ"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered heading, which the outline shows, and what stands under it."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoBlock:
    """Who signs, how, and as what ("Investor"); `block` is set as on a signature page."""

    party: str
    capacity: str
    block: SignatureBlockSpec


@dataclass(frozen=True, slots=True)
class DemoDocument:
    """A paper. `schedule` is a table of three columns at its end, empty for none. Dates are text, as printed."""

    title: str
    deal_name: str
    dated_line: str
    preamble: str
    sections: tuple[Section, ...]
    blocks: tuple[DemoBlock, ...]
    schedule_heading: str = ""
    schedule_header: tuple[str, ...] = ("", "", "")
    schedule: tuple[tuple[str, str, str], ...] = ()
    remark: str = REMARK


def set_documents(documents: Sequence[DemoDocument]) -> list[bytes]:
    """The papers as PDF, all set in one child process, which takes about half a second to start.

    Raises RuntimeError with what the child said.
    """
    child = subprocess.run(
        [sys.executable, "-m", "closing.pdf.demo_documents"],
        input=json.dumps([_as_printed(each) for each in documents]).encode(),
        capture_output=True,
        cwd=_ROOT,
        check=False,
    )
    if child.returncode:
        raise RuntimeError(f"The demonstration's papers were not set: {child.stderr.decode(errors='replace')[-500:]}")
    return [base64.b64decode(each) for each in json.loads(child.stdout)]


def page_count(made: bytes) -> int:
    """How many pages a paper has."""
    with pikepdf.open(BytesIO(made)) as paper:
        return len(paper.pages)


def _set(printed: str) -> bytes:
    return set_type(_TEMPLATE, {"document": printed}, ["a-2a", "ua-1"])


def _as_printed(document: DemoDocument) -> str:
    data = {**asdict(document), "witness": WITNESS.format(title=document.title)}
    data["blocks"] = [{**asdict(each), "block": block_data(each.block)} for each in document.blocks]
    return json.dumps(data)


def main() -> None:
    """Read papers from standard input as JSON; write their PDFs to standard output as JSON, in base 64."""
    json.dump([base64.b64encode(_set(each)).decode() for each in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
