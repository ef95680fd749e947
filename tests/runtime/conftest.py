"""A state folder for servers of a test's own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that the database's user can reach, unlike pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="closing-state-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
