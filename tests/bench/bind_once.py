"""`python -m tests.bench.bind_once FOLDER OUT [TIMES]`: one book of the documents in a folder, in a fresh process."""

import sys
from pathlib import Path

from closing.pdf.book import make_book
from tests.bench.book_material import spec


def main() -> None:
    """Make the book, as a worker would."""
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    make_book(spec(times, documents=Path(sys.argv[1])), Path(sys.argv[2]))


if __name__ == "__main__":
    main()
