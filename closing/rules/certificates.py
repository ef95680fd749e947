"""The numbers of the certificates that a closing issues."""

from collections.abc import Iterable


def certificate_numbers(prefix: str, taken: Iterable[str], count: int) -> tuple[str, ...]:
    """`count` certificate numbers, `B-1`, `B-2` and so on, after the highest of that form which is taken."""
    rests = [number.removeprefix(prefix) for number in taken if number.startswith(prefix)]
    first = max((int(rest) for rest in rests if rest.isascii() and rest.isdigit()), default=0) + 1
    return tuple(f"{prefix}{number}" for number in range(first, first + count))
