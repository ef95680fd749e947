"""What a signatory sends: for whom he signs, with what name and title, his consent, and his signature."""

import json
from typing import Any

from django import forms

from closing.actions.signing import LONGEST_NAME, Signing
from closing.pdf.signed_pages import MAX_TYPED, BadSignature, DrawnSignature, TypedSignature, read_drawing
from closing.queries.signing import OwnDocument, OwnPage
from closing.rules import electronic_consent
from closing.web.forms_base import SomeOf, lines

MOST_INK = 400_000  # letters of JSON: well above what the most points that are taken need
DRAW, TYPE = "draw", "type"


class SignForm(forms.Form):
    """Everything on one page. `version` and `words` are the digests of what the page showed."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=64)
    words = forms.CharField(widget=forms.HiddenInput, max_length=64)
    capacities = SomeOf(
        label="For whom you sign",
        choices=[],
        error_messages={"required": "Confirm for whom you sign: tick at least one."},
    )
    name = forms.CharField(label="Your name, as it is to stand under your signature", max_length=LONGEST_NAME)
    agree = forms.BooleanField(
        label="I consent to sign electronically",
        error_messages={"required": "Tick your consent, or ask counsel for the page on paper."},
    )
    how = forms.ChoiceField(
        label="How you sign", choices=[(DRAW, "Draw your signature"), (TYPE, "Type your name")], required=False
    )
    strokes = forms.CharField(widget=forms.HiddenInput, required=False, max_length=MOST_INK)
    typed = forms.CharField(label="Type your name to sign", required=False, max_length=MAX_TYPED)

    def __init__(self, *args: Any, document: OwnDocument, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pages = document.to_sign
        self.document = document
        self.fields["capacities"].choices = [(each.block, each.says) for each in pages]  # type: ignore[attr-defined]
        if not any(each.asks_name for each in pages):
            del self.fields["name"]
        self.titles = {each.block: f"title-{at}" for at, each in enumerate(pages) if each.asks_title}
        for page in pages:
            if page.asks_title:
                self.fields[self.titles[page.block]] = forms.CharField(
                    label=f"Your title for {page.party}", max_length=LONGEST_NAME, required=False
                )
        assert document.file is not None
        self.initial.update(
            version=document.file.sha256, words=electronic_consent.SHA256, name=pages[0].signer if pages else ""
        )
        for field in ("name", *self.titles.values()):
            if field in self.fields:
                self.fields[field].widget.attrs["class"] = "form-control"
        self.mark: DrawnSignature | TypedSignature | None = None

    def rows(self) -> list[tuple[OwnPage, bool, Any]]:
        """Each page with whether it is ticked and the field of its title, for the template."""
        ticked = set(self.data.getlist("capacities")) if self.is_bound else set()  # type: ignore[attr-defined]
        found = []
        for page in self.document.to_sign:
            name = self.titles.get(page.block)
            found.append((page, page.block in ticked, self[name] if name else None))
        return found

    def clean(self) -> dict[str, Any]:
        """A title for each capacity that asks one, and one signature, drawn or typed."""
        said = super().clean() or {}
        for block in said.get("capacities", ()):
            name = self.titles.get(block)
            if name and not said.get(name):
                self.add_error(name, "Write your title: the agreement leaves it blank.")
        try:
            self.mark = self._mark(said)
        except BadSignature as bad:
            self.add_error("typed", bad.reason)
        return said

    def _mark(self, said: dict[str, Any]) -> DrawnSignature | TypedSignature:
        if said.get("how") != DRAW:
            return TypedSignature(said.get("typed", ""))
        try:
            return read_drawing(json.loads(said.get("strokes") or "[]"))
        except (json.JSONDecodeError, RecursionError) as broken:
            raise BadSignature("The drawing could not be read. Clear the box and sign again.") from broken

    def signing(self, address: str | None, agent: str) -> Signing:
        """What the valid form asks for."""
        said = self.cleaned_data
        assert self.mark is not None
        return Signing(
            document=self.document.key,
            version=said["version"],
            capacities={key: said.get(self.titles.get(key, ""), "") for key in said["capacities"]},
            mark=self.mark,
            consent=said["words"],
            name=said.get("name", ""),
            address=address,
            agent=agent,
        )


class DeclineForm(forms.Form):
    """Why somebody does not sign, and for whom."""

    blocks = SomeOf(label="For whom you decline", choices=[], error_messages={"required": "Choose at least one."})
    reason = forms.CharField(
        label="Why?",
        help_text="Counsel of both sides read it.",
        widget=lines(3),
        max_length=2000,
        error_messages={"required": "Say in a few words why: counsel will want to know what to change."},
    )

    def __init__(self, *args: Any, pages: tuple[OwnPage, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["blocks"].choices = [(each.block, each.party) for each in pages]  # type: ignore[attr-defined]
        self.initial["blocks"] = [each.block for each in pages]


class DeclineOnWordForm(forms.Form):
    """The reason that a signatory gave counsel."""

    reason = forms.CharField(
        label="What did the signatory say?",
        help_text="Who told whom, when, and why the page will not be signed.",
        widget=lines(3),
        max_length=2000,
        error_messages={"required": "Say in a few words why: both counsel read it."},
    )
