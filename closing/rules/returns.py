"""What becomes of a signed page that came back: it goes where its code says, or nowhere.

A page is never filed by likeness. Where a code was read it decides, and no hand files the page elsewhere; where none
was read, a person who sees the page says what it is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a page that came back is."""

    TRAY = "tray"
    TO_CONFIRM = "to-confirm"
    FILED = "filed"
    SET_ASIDE = "set-aside"


class Finding(StrEnum):
    """What was noticed about it when it was read."""

    RECOGNISED = "recognised"
    UNREAD = "unread"
    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"
    STALE = "stale"
    BLANK = "blank"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


NOT_OF_THIS_DEAL = "This is not a page of this deal, so it cannot be filed here."
SAYS_OTHERWISE = (
    "The code on this page says that it is another page, and a page is filed where its code says or not at all. "
    "If the picture shows something else, set it aside with the reason."
)
COPY_CAME = "The same page came before."
ON_FILE = "This page is on file already."
LOOKS_UNSIGNED = "Nobody seems to have signed it. Look closely before you file it."
EARLIER_VERSION = (
    "A page of an earlier version. It is filed as signed for that version, and counts only once counsel records the "
    "authority to carry it over."
)
BEFORE_VERSION = (
    "This page went out before the document had an execution version. It is filed as signed for none, and counts only "
    "once counsel records the authority to carry it over."
)
HAD_DECLINED = "The signatory had declined to sign. Filing the page says that he signed after all."
TAKEN_BACK = "It was filed before, and taken back."
NOT_COMPARED = "Not checked for a signature: no packet with this page is in the room to compare it with."


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page that the deal sent out, as far as a scan of it is concerned.

    `is_stale`: made for another version than the one in force; `is_unbound`: for none, and there is one now.
    `is_on_file`: a scan of it is filed. `came_before`: another copy of it is filed or waits to be confirmed.
    """

    is_stale: bool = False
    is_unbound: bool = False
    is_on_file: bool = False
    came_before: bool = False
    has_declined: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a page goes, why, and the code that says which page it is; blank where none does."""

    place: Place
    finding: Finding
    token: str = ""


def placed(codes: Sequence[str], pages: Mapping[str, KnownPage], *, is_unsigned: bool) -> Placed:
    """What becomes of a page on which `codes` were read. `pages` are those of the deal, by code.

    A code of no page of the deal is refused, whose ever it is. Of two different codes on one sheet a person decides,
    between those two. `is_unsigned` is what a comparison with the page as it was sent out says.
    """
    own = [code for code in codes if code in pages]
    if not codes:
        return Placed(Place.TRAY, Finding.UNREAD)
    if not own:
        return Placed(Place.SET_ASIDE, Finding.UNKNOWN, codes[0] if len(codes) == 1 else "")
    if len(set(codes)) > 1:
        return Placed(Place.TRAY, Finding.UNREAD)
    return Placed(Place.TO_CONFIRM, _finding(pages[own[0]], is_unsigned=is_unsigned), own[0])


def _finding(page: KnownPage, *, is_unsigned: bool) -> Finding:
    if page.is_on_file or page.came_before:
        return Finding.DUPLICATE
    if is_unsigned:
        return Finding.BLANK
    if page.has_declined:
        return Finding.DECLINED
    return Finding.STALE if page.is_stale or page.is_unbound else Finding.RECOGNISED


def why_not_assign(codes: Collection[str], token: str) -> str:
    """Why a person may not say that a page with these codes is the page of `token`; blank where he may."""
    return SAYS_OTHERWISE if codes and token not in codes else ""


def remarks(finding: Finding, page: KnownPage, *, is_compared: bool = True) -> tuple[str, ...]:
    """What whoever confirms must know: what was noticed when the page was read, and what is so now.

    `is_compared` is whether anybody could tell that it is signed, by the page as it was sent out.
    """
    said = {
        LOOKS_UNSIGNED: finding is Finding.BLANK,
        TAKEN_BACK: finding is Finding.WITHDRAWN,
        ON_FILE: page.is_on_file,
        COPY_CAME: not page.is_on_file and finding is Finding.DUPLICATE,
        EARLIER_VERSION: page.is_stale,
        BEFORE_VERSION: page.is_unbound,
        HAD_DECLINED: page.has_declined,
        NOT_COMPARED: not is_compared,
    }
    return tuple(text for text, is_so in said.items() if is_so)


def is_plain(finding: Finding, page: KnownPage, *, is_compared: bool = True) -> bool:
    """Whether the page may be confirmed along with others: recognised, and nothing to be said about it."""
    return finding is Finding.RECOGNISED and not remarks(finding, page, is_compared=is_compared)


def lay_in_words(turned: int, skew: float) -> str:
    """How the page lay, in degrees clockwise, as a remark; blank where it lay straight."""
    parts = []
    if turned % 360:
        parts.append("upside down" if turned % 360 == 180 else "on its side")
    if abs(skew) >= 0.5:
        parts.append(f"askew by {abs(skew):.0f}°" if abs(skew) >= 1 else "slightly askew")
    return f"Came {' and '.join(parts)}; straightened." if parts else ""
