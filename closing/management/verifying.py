"""What the two commands that check seals have in common."""

from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from closing.actions.sealing import known_certificate
from closing.pdf.sealing_keys import KeyNotUsable
from closing.pdf.verification import CannotVerify
from closing.pdf.verification_report import Line, is_in_order

Report = Callable[[Path, Sequence[bytes]], list[Line]]


def add_options(parser: CommandParser) -> None:
    parser.add_argument(
        "--certificate",
        metavar="PEM",
        type=Path,
        action="append",
        help="the certificate that must have sealed; may be given again; left out, this room's own, if it has one",
    )


def answer(command: BaseCommand, report: Report, file: Path, given: Sequence[Path] | None) -> None:
    """Print the report of a file. Raises CommandError where something in it is wrong, or nothing can be read."""
    try:
        lines = report(file, _certificates(given))
    except OSError as error:
        raise CommandError(f"{error.filename or file} cannot be read: {error.strerror or error}.") from error
    except (CannotVerify, KeyNotUsable) as refused:
        raise CommandError(f"{file.name}: {refused}") from refused
    for line in lines:
        command.stdout.write(str(line))
    if not is_in_order(lines):
        raise CommandError(f"{file.name} is not in order.")


def _certificates(given: Sequence[Path] | None) -> list[bytes]:
    if given:
        return [path.read_bytes() for path in given]
    own = known_certificate()
    return [] if own is None else [own]
