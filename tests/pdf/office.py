"""Programs that stand in for an office suite: where there is none, and to fail in ways that one should not."""

import shlex
from pathlib import Path

LAST_ARGUMENTS = 'while [ $# -gt 1 ]; do [ "$1" = --outdir ] && out="$2"; shift; done; mkdir -p "$out"'


def program(folder: Path, script: str, name: str = "office") -> Path:
    """A shell script that can be started. It finds `$out`, where the PDF belongs, and `$1`, the Word file."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{LAST_ARGUMENTS}\n{script}\n")
    path.chmod(0o755)
    return path


def makes(folder: Path, pdf: bytes) -> Path:
    """One that answers every file with this PDF."""
    answer = folder / "answer.pdf"
    answer.write_bytes(pdf)
    return program(folder, f'cp {shlex.quote(str(answer))} "$out/document.pdf"')
