"""The doorbell of the scans handed in: a message only says that a file may be waiting."""

from collections.abc import Iterable

from closing.actions import return_reading
from closing.celery import app
from closing.models import ReturnedFile
from closing.tasks.doorbell import ring_for


@app.task(name="closing.tasks.returns.read_returned_file", soft_time_limit=780, time_limit=800)
def read_returned_file(file_id: int) -> None:
    """Read one file, if it is still waiting. What a time limit cuts off is taken up by the next sweep."""
    return_reading.read(file_id)


@app.task(name="closing.tasks.returns.sweep_returned_files", soft_time_limit=45, time_limit=50)
def sweep_returned_files() -> None:
    """Ring for the files that nobody came for."""
    for file_id in return_reading.QUEUE.waiting():
        read_returned_file.delay(file_id)


def ring(files: Iterable[ReturnedFile]) -> None:
    """Ring for queued files once this transaction commits."""
    ring_for(read_returned_file, files)
