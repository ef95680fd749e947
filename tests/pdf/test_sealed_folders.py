"""Folders under one seal: whatever is put in, taken out or changed is found."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from closing.pdf.sealed_folders import MANIFEST, SIGNATURE, ListedFile, folder_manifest, verify_folder, write_folder
from closing.pdf.seals import seal_data
from closing.pdf.verification import CannotVerify
from closing.pdf.verification_report import Mark, is_in_order, report_book
from tests.pdf.sealing import (
    AT,
    OWN,
    folder_files,
    key_named,
    listed,
    paper,
    room_key,
    sealed_paper,
    whole_folder,
    zipped,
)


def test_a_folder_is_packed_with_its_list_and_seal(tmp_path: Path) -> None:
    lying = tmp_path / "paper.pdf"
    lying.write_bytes(paper())
    files: dict[str, bytes | Path] = {**folder_files(), "documents/2 Irrevocable Proxy.pdf": lying}
    made = [tmp_path / name for name in ("one.zip", "two.zip")]
    for out in made:
        write_folder(
            out, files, {"book": {"title": "Closing book"}}, lambda listing: seal_data(listing, room_key(), at=AT)
        )
    found = verify_folder(made[0], [OWN])
    assert found.problems == ()
    assert found.seal is not None
    assert found.seal.holds
    assert found.manifest["book"] == {"title": "Closing book"}
    with zipfile.ZipFile(made[0]) as one, zipfile.ZipFile(made[1]) as two:
        assert one.testzip() is None
        assert one.read(MANIFEST) == two.read(MANIFEST)
        assert {entry.compress_type for entry in one.infolist()} == {zipfile.ZIP_STORED}
    for name in ("/etc/passwd", "../up", "a/../../b", "a\\b"):
        with pytest.raises(ValueError, match="inside the folder"):
            write_folder(tmp_path / "bad.zip", {name: b"x"}, {}, lambda listing: listing)


@pytest.mark.parametrize("top", ["", "Closing book/"])
def test_a_whole_folder_is_in_order(tmp_path: Path, top: str) -> None:
    book = zipped(whole_folder(), tmp_path / "book.zip", top)
    found = verify_folder(book, [OWN])
    assert found.problems == ()
    assert found.seal is not None
    assert found.seal.is_own
    lines = report_book(book, [OWN])
    assert is_in_order(lines)
    assert any("All 3 files of the list are there" in line.text for line in lines)
    assert any(line.text == "Seals inside the documents that hold: 1." for line in lines)
    with zipfile.ZipFile(book) as packed:
        packed.extractall(tmp_path / "unpacked")
    assert is_in_order(report_book(tmp_path / "unpacked" / top, [OWN]))


def swap(files: dict[str, bytes]) -> None:
    first, second = sorted(name for name in files if name.startswith("documents/"))
    files[first], files[second] = files[second], files[first]


def swap_and_list(files: dict[str, bytes]) -> None:
    swap(files)
    files[MANIFEST] = listed({name: content for name, content in files.items() if name in folder_files()})


def list_and_seal_oneself(files: dict[str, bytes]) -> None:
    swap_and_list(files)
    files[SIGNATURE] = seal_data(files[MANIFEST], key_named("Another"), at=AT)


def change_a_byte(files: dict[str, bytes]) -> None:
    files["index.html"] = files["index.html"].replace(b"book", b"look")


def longer(files: dict[str, bytes]) -> None:
    files["index.html"] += b" "


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (swap, "is not the file that was put in"),
        (swap_and_list, "changed after it was sealed"),
        (list_and_seal_oneself, "another than the known one"),
        (change_a_byte, "index.html is not the file"),
        (longer, "index.html is not the file"),
        (lambda files: files.pop("documents/2 Irrevocable Proxy.pdf"), "Proxy.pdf is missing"),
        (lambda files: files.update(extra=b"x"), "extra is not in the list"),
        (lambda files: files.pop(SIGNATURE), "has no seal"),
        (lambda files: files.update({SIGNATURE: b"x"}), "none|damaged"),
    ],
)
def test_whatever_is_changed_in_a_folder_is_found(
    tmp_path: Path, change: Callable[[dict[str, bytes]], object], words: str
) -> None:
    files = whole_folder()
    change(files)
    lines = report_book(zipped(files, tmp_path / "book.zip"), [OWN])
    wrong = [line.text for line in lines if line.mark is Mark.WRONG]
    assert any(word in text for text in wrong for word in words.split("|")), wrong


def test_a_file_that_is_in_the_zip_twice_is_found(tmp_path: Path) -> None:
    book = zipped(whole_folder(), tmp_path / "book.zip")
    with zipfile.ZipFile(book, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("index.html", folder_files()["index.html"])
    assert "index.html is in the zip twice." in verify_folder(book).problems


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_damaged_zip_is_never_taken_for_whole(data: st.DataObject) -> None:
    with TemporaryDirectory() as place:
        book = zipped(whole_folder(), Path(place) / "book.zip")
        content = bytearray(book.read_bytes())
        with zipfile.ZipFile(book) as packed:
            start = packed.infolist()[1].header_offset + 100
        at = data.draw(st.integers(min_value=start, max_value=start + len(sealed_paper()) - 100))
        content[at] ^= data.draw(st.integers(min_value=1, max_value=255))
        book.write_bytes(content)
        assert verify_folder(book, [OWN]).problems


@pytest.mark.parametrize("listing", [b"{}", b"[]", b"{", b'{"files": [{"path": "x"}]}', b'{"files": 3}'])
def test_a_list_that_is_none_cannot_be_verified(tmp_path: Path, listing: bytes) -> None:
    with pytest.raises(CannotVerify, match="damaged"):
        verify_folder(zipped({MANIFEST: listing}, tmp_path / "book.zip"))


def test_a_zip_of_other_things_is_no_book(tmp_path: Path) -> None:
    with pytest.raises(CannotVerify, match="no closing book"):
        report_book(zipped({"readme.txt": b"x"}, tmp_path / "book.zip"), [])
    (tmp_path / "note.txt").write_bytes(b"note")
    with pytest.raises(CannotVerify, match="no PDF"):
        report_book(tmp_path / "note.txt", [])
    with pytest.raises(ValueError, match="twice"):
        folder_manifest([ListedFile("a", "", 0)] * 2, {})
