"""Word to PDF: by the suite where there is one, within limits, and nothing of it left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pikepdf
import pytest

from closing.pdf.comparison import extract_pages
from closing.pdf.conversion import ConversionFailed, ConversionLimits, convert_to_pdf, find_converter
from tests.pdf.office import makes, program
from tests.pdf.test_comparison import typeset, word_file

SUITE = find_converter()
needs_suite = pytest.mark.skipif(SUITE is None, reason="there is no LibreOffice on this machine")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_for(path: Path, patience: float = 20.0) -> str:
    until = time.monotonic() + patience
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < until, f"{path.name} did not come"
        time.sleep(0.02)
    return path.read_text()


def wait_for_end(pid: int, patience: float = 10.0) -> bool:
    until = time.monotonic() + patience
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test has one, and leaves it without a conversion's folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.glob("closing-room-office-*"))


@needs_suite
def test_a_word_file_becomes_a_pdf_with_its_words() -> None:
    assert SUITE is not None
    made = convert_to_pdf(word_file("The Company shall sell.", "Each Investor shall buy."), SUITE)
    assert " ".join(" ".join(extract_pages(made)).split()) == "The Company shall sell. Each Investor shall buy."


@needs_suite
def test_what_a_word_file_links_to_is_not_fetched() -> None:
    assert SUITE is not None
    asked: list[str] = []

    class Listener(BaseRequestHandler):
        def handle(self) -> None:
            asked.append(str(self.client_address))

    server = TCPServer(("127.0.0.1", 0), Listener)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        made = convert_to_pdf(with_linked_picture(f"http://127.0.0.1:{server.server_address[1]}/seen.png"), SUITE)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert "After the picture." in " ".join(extract_pages(made))
    assert asked == []


def with_linked_picture(address: str) -> bytes:
    """A Word file whose picture lies at an address on the network."""
    drawing = (
        '<w:p><w:r><w:drawing xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<wp:inline><wp:extent cx="914400" cy="914400"/><wp:docPr id="1" name="p"/><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" '
        'name="p"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="rId99"/></pic:blipFill><pic:spPr>'
        '<a:xfrm><a:off x="0" y="0"/><a:ext cx="914400" cy="914400"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    link = (
        '<Relationship Id="rId99" TargetMode="External" Target="'
        + address
        + '" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/></Relationships>'
    )
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(word_file("After the picture."))) as plain,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for part in plain.namelist():
            content = plain.read(part).decode() if part.endswith((".xml", ".rels")) else ""
            if part == "word/document.xml":
                content = content.replace("<w:body>", f"<w:body>{drawing}")
            if part == "word/_rels/document.xml.rels":
                content = content.replace("</Relationships>", link)
            packed.writestr(part, content or plain.read(part))
    return target.getvalue()


def test_the_program_is_the_one_named_or_none(tmp_path: Path) -> None:
    office = makes(tmp_path, b"")
    assert find_converter(str(office)) == office
    assert find_converter(str(tmp_path / "nowhere")) is None
    assert find_converter("no-such-office-suite") is None


def test_what_comes_back_is_checked_like_an_upload(tmp_path: Path) -> None:
    good = typeset("Words.")
    assert convert_to_pdf(word_file("x"), makes(tmp_path, good)) == good
    with pytest.raises(ConversionFailed, match="is not taken"):
        convert_to_pdf(word_file("x"), makes(tmp_path, b"no PDF"))
    scripted = pikepdf.new()
    scripted.add_blank_page()
    scripted.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("1"))
    target = BytesIO()
    scripted.save(target)
    with pytest.raises(ConversionFailed, match="JavaScript"):
        convert_to_pdf(word_file("x"), makes(tmp_path, target.getvalue()))


def test_a_program_that_makes_nothing_or_crashes_is_said_to(tmp_path: Path) -> None:
    for script in ("exit 0", "exit 81", "kill -SEGV $$", 'mkdir "$out/document.pdf"'):
        with pytest.raises(ConversionFailed, match="could not convert the document"):
            convert_to_pdf(word_file("x"), program(tmp_path, script))


def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    office = program(tmp_path, f'sleep 600 & echo $! > "{told}"; sleep 600')
    with pytest.raises(ConversionFailed, match="more time or memory"):
        convert_to_pdf(word_file("x"), office, ConversionLimits(seconds=2))
    assert wait_for_end(int(told.read_text()))


def test_what_it_started_and_left_behind_is_ended_too(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    office = program(tmp_path, f'sleep 600 & echo $! > "{told}"')
    with pytest.raises(ConversionFailed):
        convert_to_pdf(word_file("x"), office)
    assert wait_for_end(int(told.read_text()))


def test_it_ends_with_the_worker_that_started_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    office = program(tmp_path, f'sleep 600 & echo $! > "{told}"; wait')
    work = f"from closing.pdf.conversion import *; convert_to_pdf(b'x', Path({str(office)!r}))"
    worker = subprocess.Popen([sys.executable, "-c", work], env={**os.environ, "TMPDIR": str(tmp_path)})
    pid = int(wait_for(told))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert wait_for_end(pid)
    for left in tmp_path.glob("closing-room-office-*"):  # the folder of a killed worker: nobody else can take it away
        subprocess.run(["rm", "-r", str(left)], check=True)


def test_memory_is_limited_and_secrets_stay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "told-to-nobody")
    seen = tmp_path / "seen"
    office = program(tmp_path, f'{{ ulimit -v; ulimit -t; env; }} > "{seen}"')
    with pytest.raises(ConversionFailed):
        convert_to_pdf(word_file("x"), office, ConversionLimits(seconds=7, memory_bytes=1024 * 1024 * 1024))
    assert seen.read_text().split()[:2] == [str(1024 * 1024), "7"]
    assert "told-to-nobody" not in seen.read_text()


def test_there_is_no_network_where_the_kernel_lets_it_be_left(tmp_path: Path) -> None:
    asks = (
        "from closing.pdf.conversion_child import leave_network; import sys, socket\n"
        "if not leave_network(): sys.exit(9)\n"
        "print([name for _, name in socket.if_nameindex()])\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except OSError as error: print(error)\n"
    )
    found = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=False)
    if found.returncode == 9:
        pytest.skip("the kernel gives no network of its own to this user")
    assert found.stdout.startswith("['lo']")
    assert "unreachable" in found.stdout.lower()
