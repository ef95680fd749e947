"""The typesetter, held so that it is quick, repeatable and safe in worker children.

A compile starts threads that a fork does not copy, so a child forked afterwards would wait for
them for ever. Nothing is compiled at import, and such a child is told so instead of hanging.
"""

import os
import threading
from pathlib import Path
from typing import Literal

import typst

TEMPLATES = Path(__file__).parent / "templates"

_lock = threading.Lock()
_compilers: dict[Path, typst.Compiler] = {}
_compiled_in: int | None = None


class ForkedAfterCompile(RuntimeError):
    """This process was forked from one that had set type already, and a compile would hang."""


def set_type(template: Path, inputs: dict[str, str], standards: list[Literal["a-2a", "ua-1"]]) -> bytes:
    """Compile a template to PDF with the given inputs; the same inputs give the same bytes.

    Only the fonts that come with the typesetter are used, so that every machine prints alike.
    Raises typst.TypstError as it comes, and ForkedAfterCompile where it would never return.
    """
    global _compiled_in
    with _lock:
        if _compiled_in is not None and _compiled_in != os.getpid():
            raise ForkedAfterCompile(
                "Signature pages are made in a worker process that starts clean. "
                "Start the worker afresh, and make no page before it forks."
            )
        _compiled_in = os.getpid()
        compiler = _compilers.get(template)
        if compiler is None:
            compiler = typst.Compiler(template, root=template.parent, ignore_system_fonts=True)
            _compilers[template] = compiler
        made = compiler.compile(sys_inputs=inputs, format="pdf", pdf_standards=[*standards], timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("The typesetter returned no single file.")
    return made
