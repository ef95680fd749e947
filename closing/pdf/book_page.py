"""The index of a closing book's folder: one page without scripts, that a browser opens from a disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from closing.pdf.book_spec import BookEntry, BookSpec

_STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1c1b19; --ink-2: #55524b; --rule: #e4e0d6; --act: #1f4d3a;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #161512; --ink: #efece4; --ink-2: #b9b4a7; --rule: #33312b; --act: #9fd3b6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 56rem; margin: 0 auto; padding: 3rem 1.5rem 5rem; }
h1, h2 { font-family: var(--serif); font-weight: 500; line-height: 1.2; margin: 0; }
h1 { font-size: 2.1rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; }
.kind, .note, .for, footer { color: var(--ink-2); } .kind, .note, .hash { margin: 0; }
.lines { margin: .75rem 0 0; } .for { margin: 1rem 0 0; }
.note { font-size: .9rem; } .hash { font: .72rem/1.4 ui-monospace, monospace; color: var(--ink-2);
  overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; font-size: .85rem; color: var(--ink-2); }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.tab { width: 7rem; white-space: nowrap; } .num { text-align: right; padding-right: 0; width: 5rem; }
caption { text-align: left; font: 600 1rem/1.5 var(--serif); padding: 1.5rem 0 .25rem; }
a { color: var(--act); text-underline-offset: 3px; }
a:focus-visible { outline: 2px solid var(--act); outline-offset: 2px; border-radius: 2px; }
footer { margin-top: 3rem; font-size: .9rem; }
@media print { :root { --paper: #fff; --ink: #000; --ink-2: #444; --act: #000; } main { padding: 0; max-width: none; }
  tr { break-inside: avoid; } thead { display: table-header-group; } a { text-decoration: none; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of the folder, and the entry of the index that it belongs to, if any."""

    name: str
    path: Path
    sha256: str
    size: int
    pages: int = 0
    entry: int | None = None


def index_page(spec: BookSpec, files: Mapping[int, FolderFile], extras: Sequence[FolderFile]) -> str:
    """The page as HTML; `files` are the documents by the number of their entry."""
    title = escape(f"{spec.title}: {spec.deal_name}")
    numbered = list(enumerate(spec.entries))
    parts = [_part(part, list(rows), files) for part, rows in groupby(numbered, key=lambda row: row[1].part)]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
            *_head(spec, extras),
            "<h2>Index</h2>",
            *parts,
            *_parties(spec),
            *_record(spec),
            "<footer><p>Each document is the file as it was filed, under its SHA-256. "
            '<a href="manifest.json">manifest.json</a> lists them all.</p></footer>',
            "</main></body></html>\n",
        ]
    )


def _link(name: str, text: str) -> str:
    return f'<a href="{escape(quote(name))}">{escape(text)}</a>'


def _head(spec: BookSpec, extras: Sequence[FolderFile]) -> list[str]:
    made = [
        f"Prepared for {spec.recipient}" if spec.recipient else "",
        f"made on {spec.made_on}" if spec.made_on else "",
    ]
    said = ", ".join(text for text in made if text)
    lines = "<br>".join(escape(row) for row in spec.subtitle)
    also = [f"<p>{_link(file.name, _extra_text(file.name))}</p>" for file in extras]
    return [
        f'<p class="kind">{escape(spec.title)}</p><h1>{escape(spec.deal_name)}</h1>',
        f'<p class="lines">{lines}</p>' if lines else "",
        f'<p class="for">{escape(said[:1].upper() + said[1:])}</p>' if said else "",
        *also,
    ]


def _extra_text(name: str) -> str:
    return "The whole book as one PDF" if name == "book.pdf" else name


def _part(part: str, rows: Sequence[tuple[int, BookEntry]], files: Mapping[int, FolderFile]) -> str:
    caption = f"<caption>{escape(part)}</caption>" if part else ""
    names = (("tab", "Tab"), ("", "Document"), ("num", "Pages"))
    head = "".join(f'<th scope="col" class="{kind}">{name}</th>' for kind, name in names)
    body = "\n".join(_row(entry, files.get(number)) for number, entry in rows)
    return f'<div class="scroll"><table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _row(entry: BookEntry, file: FolderFile | None) -> str:
    note = f'<p class="note">{escape(entry.note)}</p>' if entry.note else ""
    tab = f'<td class="tab">{escape(entry.tab)}</td>'
    if file is None:
        return f'<tr>{tab}<td>{escape(entry.title)}{note}</td><td class="num note">not in this folder</td></tr>'
    title = _link(file.name, entry.title)
    return f'<tr>{tab}<td>{title}{note}<p class="hash">{file.sha256}</p></td><td class="num">{file.pages}</td></tr>'


def _parties(spec: BookSpec) -> list[str]:
    if not spec.parties:
        return []
    rows = "\n".join(f"<tr><td>{escape(name)}</td><td>{escape(capacity)}</td></tr>" for name, capacity in spec.parties)
    head = '<tr><th scope="col">Name</th><th scope="col">Capacity</th></tr>'
    return [f'<h2>Parties</h2><div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>']


def _record(spec: BookSpec) -> list[str]:
    if not spec.record:
        return []
    rows = "\n".join(
        f"<tr><td>{escape(row.when)}</td><td>{escape(row.who)}</td><td>{escape(row.what)}</td></tr>"
        for row in spec.record
    )
    head = '<tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th></tr>'
    table = f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    return [f"<h2>The record of the closing</h2>{table}"]
