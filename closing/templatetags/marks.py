"""The marks of a condition's state: a glyph to see and words to hear, never colour alone."""

from collections.abc import Sequence
from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from closing.queries.overview import Column, Mark

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


@register.filter
def mark_cells(marks: Sequence[Mark], columns: Sequence[Column]) -> SafeString:
    """The cells of one row. Joined here rather than looped over in the template: a page may have 14,000 of them."""
    return mark_safe("".join(map(_cell, marks, [column.starts_side for column in columns])))  # noqa: S308


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
