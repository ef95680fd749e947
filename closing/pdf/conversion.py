"""Word files to PDF by an office suite, where one is found.

The suite reads a stranger's file, so it runs with a profile of its own that it sees for the first time and that forbids
macros, links and the network; in a process group of its own, with little time and memory; and what it makes is checked
like any upload.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from closing.pdf.uploads import UploadRefused, check_pdf

NOT_HERE = "Word files are not converted here, because there is no LibreOffice. Save the document as a PDF in Word."
TOO_HARD = (
    "The document takes more time or memory to convert than is allowed. "
    "Save it as a PDF in Word, and hand that in as the next version."
)
UNREADABLE = (
    "LibreOffice could not convert the document. "
    "Open it in Word, save it as a PDF, and hand that in as the next version."
)
PROGRAMS = ("soffice", "libreoffice")

_ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
{items}
</oor:items>
"""
_ITEM = '<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
_SCRIPTING = "/org.openoffice.Office.Common/Security/Scripting"
_FORBIDDEN = (
    (_SCRIPTING, "DisableMacrosExecution", "true"),
    (_SCRIPTING, "DisableActiveContent", "true"),
    (_SCRIPTING, "MacroSecurityLevel", "3"),
    (_SCRIPTING, "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


class ConversionFailed(ValueError):
    """There is no PDF to be had of the file. The message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class ConversionLimits:
    """`seconds` both of processor and of wall time; `memory_bytes` of addresses, of which the suite uses a part."""

    seconds: int = 60
    memory_bytes: int = 4 * 1024 * 1024 * 1024


DEFAULT_LIMITS = ConversionLimits()


def find_converter(named: str = "") -> Path | None:
    """The office suite's program: the one `named`, by a path or a name, else what is on PATH. None without one."""
    for program in [named] if named else PROGRAMS:
        found = shutil.which(program)
        if found:
            return Path(found)
    return None


def convert_to_pdf(docx: bytes, program: Path, limits: ConversionLimits = DEFAULT_LIMITS) -> bytes:
    """The PDF of a Word file, which passed `check_upload`. Raises ConversionFailed with the reason.

    Takes two seconds or more. Nothing of it remains: no file, no process, also where this process is killed, and then
    no more than a folder in the temporary one.
    """
    with tempfile.TemporaryDirectory(prefix="closing-room-office-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "document.docx").write_bytes(docx)
        _make_profile(place / "profile")
        _run(_command(program, place, limits), place, limits)
        made = place / "made" / "document.pdf"
        if not made.is_file():
            raise ConversionFailed(UNREADABLE)
        pdf = made.read_bytes()
    try:
        check_pdf(pdf)
    except UploadRefused as refused:
        raise ConversionFailed(f"The PDF that LibreOffice made is not taken. {refused.reason}") from refused
    return pdf


def _make_profile(profile: Path) -> None:
    user = profile / "user"
    user.mkdir(parents=True)
    items = "\n".join(_ITEM.format(path=path, name=name, value=value) for path, name, value in _FORBIDDEN)
    (user / "registrymodifications.xcu").write_text(_SETTINGS.format(items=items))


def _command(program: Path, place: Path, limits: ConversionLimits) -> list[str]:
    limited = [sys.executable, "-m", "closing.pdf.conversion_child", str(limits.seconds), str(limits.memory_bytes)]
    quiet = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck", "--nofirststartwizard"]
    profile = f"-env:UserInstallation={(place / 'profile').as_uri()}"
    work = ["--convert-to", "pdf:writer_pdf_Export", "--outdir", str(place / "made"), str(place / "document.docx")]
    return [*limited, str(program), profile, *quiet, *work]


def _run(command: list[str], place: Path, limits: ConversionLimits) -> None:
    known = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"HOME": str(place), "TMPDIR": str(place), "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    child = subprocess.Popen(
        command,
        cwd=_ROOT,
        env=known | own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        child.wait(limits.seconds)
    except subprocess.TimeoutExpired as late:
        raise ConversionFailed(TOO_HARD) from late
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
