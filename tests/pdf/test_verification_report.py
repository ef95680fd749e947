"""What is said of a sealed book and of any sealed file, by the report and by the commands."""

import json
import os
import subprocess
import sys
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import pytest
from pikepdf import Dictionary, Name

from closing.pdf.book import BookEntry, BookSpec, make_book
from closing.pdf.seals import seal
from closing.pdf.verification import verify_seals
from closing.pdf.verification_report import Mark, report_book, report_sealed
from closing.runtime.paths import PROJECT
from tests.pdf.sealing import AT, OWN, ROOM, key_named, paper, room_key, sealed_paper, updated, whole_folder, zipped


@cache
def book() -> bytes:
    with TemporaryDirectory() as place:
        path, out = Path(place) / "paper.pdf", Path(place) / "book.pdf"
        path.write_bytes(paper())
        entries = tuple(BookEntry(str(tab), f"Document {tab}", path=path) for tab in (1, 2))
        entries = (*entries, BookEntry("3", "Opinion", note="not in this book"))
        spec = BookSpec("Closing book", "The Cerplex Group, Inc.", entries, made_on="June 10, 1996")
        make_book(spec, out)
        return seal(out.read_bytes(), room_key(), reason="Closing book", at=AT, name=ROOM)


def reported(content: bytes, place: Path) -> list[str]:
    path = place / "book.pdf"
    path.write_bytes(content)
    return [str(line) for line in report_book(path, [OWN])]


def test_a_sealed_book_is_in_order(tmp_path: Path) -> None:
    lines = reported(book(), tmp_path)
    assert not [line for line in lines if line.startswith("WRONG")], lines
    assert any("the 2 documents are those that were bound" in line for line in lines)
    assert any("Listed, but not in this book: 1." in line for line in lines)


def test_a_book_without_a_page_is_found_though_sealed_anew(tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(book())) as pdf:
        del pdf.pages[-2]
        del pdf.Root["/AcroForm"], pdf.Root["/Perms"], pdf.pages[0].obj["/Annots"]
        saved = BytesIO()
        pdf.save(saved)
    lines = reported(saved.getvalue(), tmp_path)
    assert "WRONG       There is no seal in the file." in lines
    forged = seal(saved.getvalue(), key_named("Another"), reason="Closing book", at=AT, name=ROOM)
    wrong = [line for line in reported(forged, tmp_path) if line.startswith("WRONG")]
    assert any("another than the known one" in line for line in wrong)
    assert any("sheets, and was made with" in line for line in wrong)


@pytest.mark.slow
def test_a_book_of_many_pages_is_sealed_and_checked_in_little_memory(tmp_path: Path) -> None:
    """25,000 pages, where an analysis of changes takes too long and recurses too deep."""
    big, sealed = tmp_path / "big.pdf", tmp_path / "sealed.pdf"
    with pikepdf.new() as pdf:
        pages = pdf.Root.Pages
        for number in range(250):
            node = pdf.make_indirect(Dictionary(Type=Name.Pages, Parent=pages, Count=100, Kids=pikepdf.Array()))
            for at in range(100):
                content = pdf.make_stream(f"% {number} {at} {'x' * 1000}".encode())
                leaf = Dictionary(Type=Name.Page, Parent=node, MediaBox=[0, 0, 612, 792], Contents=content)
                node.Kids.append(pdf.make_indirect(leaf))
            pages.Kids.append(node)
        pages.Count = 25_000
        pdf.save(big, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=False)
    ran = subprocess.run(
        [sys.executable, "-c", SEALS_BIG, str(big), str(sealed)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    more, seconds = json.loads(ran.stdout)
    assert more < 120 * 1024, f"{more} KB more than at rest"
    assert seconds < 30
    changed = sealed.read_bytes()
    at = len(changed) // 2
    sealed.write_bytes(changed[:at] + bytes([changed[at] ^ 1]) + changed[at + 1 :])
    assert not verify_seals(sealed)[0].holds


SEALS_BIG = """
import json, resource, sys, time
from pathlib import Path
from closing.pdf.seals import seal
from closing.pdf.verification import verify_seals
from tests.pdf.sealing import AT, room_key, sealed_paper
sealed_paper()
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, start = used(), time.process_time()
out = seal(Path(sys.argv[1]), room_key(), reason="Book", at=AT, name="Room", out=Path(sys.argv[2]))
(found,) = verify_seals(out)
assert found.holds, found
print(json.dumps([used() - before, time.process_time() - start]))
"""


def manage(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it: with no server named, and none started."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**environment, "CLOSING_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not (state / "postgres").exists()
    return done


def test_the_commands_answer_from_the_file_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    file, certificate = tmp_path / "sealed.pdf", tmp_path / "certificate.pem"
    certificate.write_bytes(OWN)
    file.write_bytes(sealed_paper())
    unknown = manage("verify_seal", str(file), state=state)
    assert unknown.returncode == 0, unknown.stderr
    assert f"by telephone with whoever sealed: {room_key().fingerprint}." in unknown.stdout
    assert "There is no time stamp: nobody else says so." in unknown.stdout
    known = manage("verify_seal", str(file), "--certificate", str(certificate), state=state)
    assert known.returncode == 0
    assert "The certificate is the known one" in known.stdout
    file.write_bytes(updated(sealed_paper()))
    changed = manage("verify_seal", str(file), state=state)
    assert changed.returncode == 1
    assert "something was added to the file" in changed.stdout
    missing = manage("verify_book", str(tmp_path / "none.pdf"), state=state)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "cannot be read" in missing.stderr


def test_the_book_command_answers_too(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    file = tmp_path / "book.pdf"
    file.write_bytes(book())
    done = manage("verify_book", str(file), state=state)
    assert done.returncode == 0, done.stdout + done.stderr
    zipped({**whole_folder(), "index.html": b""}, tmp_path / "book.zip")
    done = manage("verify_book", str(tmp_path / "book.zip"), state=state)
    assert done.returncode == 1
    assert "index.html is not the file that was put in." in done.stdout


def test_the_report_says_what_was_sealed_and_when(tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed_paper())
    lines = report_sealed(tmp_path / "sealed.pdf", [OWN])
    assert [line.mark for line in lines] == [Mark.NOTE, Mark.RIGHT, Mark.RIGHT, Mark.NOTE, Mark.RIGHT]
    assert lines[3].text.startswith("Sealed on March 2, 2026, 17:30 UTC by the clock of whoever sealed.")
