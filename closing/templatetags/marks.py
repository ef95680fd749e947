"""The marks of a condition's state: a glyph to see and words to hear, never colour alone."""

from collections.abc import Sequence
from functools import cache

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from closing.queries.overview import Column, Mark, Row
from closing.queries.what_if import Change

register = template.Library()

GLYPHS: dict[Mark, tuple[str, str, str]] = {
    Mark.MET: ("s-met", "✓", "met"),
    Mark.WAIVED: ("s-waived", "w", "waived"),
    Mark.OPEN: ("s-open", "○", "open"),
    Mark.LATER: ("s-later", "·", "not yet possible"),
    Mark.UNDONE: ("s-stop", "!", "open again"),
}
IN_THE_KEY = {Mark.WAIVED: "waived with effect", Mark.UNDONE: "done, and undone since"}


@cache
def _cell(mark: Mark, starts_side: bool) -> str:
    css, sign, words = GLYPHS[mark]
    return format_html(
        '<td class="{}" title="{}"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span></td>',
        f"{css} side" if starts_side else css,
        words,
        sign,
        words,
    )


@cache
def _changed(before: Mark, after: Mark, starts_side: bool) -> str:
    (_, sign, words), (css, then, later) = GLYPHS[before], GLYPHS[after]
    return format_html(
        '<td class="{} changed" title="{}, then {}"><span aria-hidden="true">{}→{}</span>'
        '<span class="visually-hidden">{}, then {}</span></td>',
        f"{css} side" if starts_side else css,
        words,
        later,
        sign,
        then,
        words,
        later,
    )


@register.filter
def changed_cells(row: Change, columns: Sequence[Column]) -> SafeString:
    """The cells of one row, now and then: `○→w` where they differ."""
    cells = [
        _cell(before, column.starts_side) if before is after else _changed(before, after, column.starts_side)
        for before, after, column in zip(row.before, row.after, columns, strict=True)
    ]
    return mark_safe("".join(cells))  # noqa: S308 - made of the cells above


@cache
def _linked(mark: Mark, starts_side: bool) -> tuple[str, str]:
    """A cell as what comes before the address that explains it, and what comes between that and the names."""
    css, sign, words = GLYPHS[mark]
    return (
        format_html('<td class="{}" title="{}"><a href="investors/', f"{css} side" if starts_side else css, words),
        format_html(
            '"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span><span class="visually-hidden">',
            sign,
            words,
        ),
    )


@register.filter
def linked_cells(row: Row, columns: Sequence[Column]) -> SafeString:
    """The cells of one row of the overview; each that is not met leads to why.

    Joined here rather than looped over in the template: a page may have 14,000 of them.
    """
    name, start = escape(row.name), f"{row.pk}/conditions/"
    cells = []
    for state, column in zip(row.marks, columns, strict=True):
        if state is Mark.MET:
            cells.append(_cell(state, column.starts_side))
            continue
        before, between = _linked(state, column.starts_side)
        cells.append(f"{before}{start}{column.link}{between} {column.section}, {name}</span></a></td>")
    return mark_safe("".join(cells))  # noqa: S308 - the name is escaped; sections and links hold no markup


@register.filter
def mark(state: Mark) -> SafeString:
    """One mark with its words beside it: `✓ met`."""
    css, sign, words = GLYPHS[state]
    return format_html('<span class="{}"><span aria-hidden="true">{}</span> {}</span>', css, sign, words)


@register.filter
def glyph(state: Mark) -> SafeString:
    """The glyph alone, where the words stand beside it."""
    css, sign, _ = GLYPHS[state]
    return format_html('<span class="{}" aria-hidden="true">{}</span>', css, sign)


@register.filter
def all_marks(_: str) -> list[SafeString]:
    """Every mark with its meaning, for the key."""
    return [
        format_html('<span aria-hidden="true">{}</span> {}', sign, IN_THE_KEY.get(each, words))
        for each, (_css, sign, words) in GLYPHS.items()
    ]
