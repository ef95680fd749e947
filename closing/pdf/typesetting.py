"""The typesetter, held so that it is quick, repeatable and safe in worker children.

A compile has work for a core and a third, so `side_by_side` gives threads for two at a time. It starts threads of its
own that a fork does not copy, so a child forked afterwards would wait for them for ever. Nothing is compiled at import,
and such a child is told so instead of hanging.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import typst

TEMPLATES = Path(__file__).parent / "templates"
SIDE_BY_SIDE = 2

_lock = threading.Lock()
_idle: dict[Path, list[typst.Compiler]] = {}
_compiled_in: int | None = None


class ForkedAfterCompile(RuntimeError):
    """This process was forked from one that had set type already, and a compile would hang."""


def set_type(template: Path, inputs: dict[str, str], standards: list[Literal["a-2a", "ua-1"]]) -> bytes:
    """Compile a template to PDF with the given inputs; the same inputs give the same bytes, on whichever thread.

    Only the fonts that come with the typesetter are used, so that every machine prints alike.
    Raises typst.TypstError as it comes, and ForkedAfterCompile where it would never return.
    """
    with _compiler(template) as compiler:
        made = compiler.compile(sys_inputs=inputs, format="pdf", pdf_standards=[*standards], timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("The typesetter returned no single file.")
    return made


@contextmanager
def side_by_side() -> Iterator[Executor]:
    """Threads to set type on; Python goes on while a compile runs. What is not begun at the end is not begun at all."""
    setters = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="typesetter")
    try:
        yield setters
    finally:
        setters.shutdown(cancel_futures=True)


@contextmanager
def _compiler(template: Path) -> Iterator[typst.Compiler]:
    """A compiler for one thread at a time, kept afterwards for whoever comes next."""
    _check_not_forked()
    with _lock:
        idle = _idle.setdefault(template, [])
        compiler = idle.pop() if idle else None
    if compiler is None:
        compiler = typst.Compiler(template, root=template.parent, ignore_system_fonts=True)
    try:
        yield compiler
    finally:
        idle.append(compiler)


def _check_not_forked() -> None:
    global _compiled_in
    if _compiled_in is not None and _compiled_in != os.getpid():
        raise ForkedAfterCompile(
            "Signature pages are made in a worker process that starts clean. "
            "Start the worker afresh, and make no page before it forks."
        )
    _compiled_in = os.getpid()
