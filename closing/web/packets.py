"""Packets of signature pages: asked for, watched, called off, fetched."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions.base import ActionRefused
from closing.actions.packets import cancel_packet, request_packets, retry_packet
from closing.models import Packet
from closing.queries.packets import open_packet, packet_list, zip_packets
from closing.queries.signatures import packets_part
from closing.tasks.packets import ring
from closing.web.access import Request, Seat, load_counsel_or_404, load_deal_or_404
from closing.web.downloads import NOT_IN_STORE, attachment
from investors.clock import now

NO_SUCH_PACKET = "There is no such packet on this deal, or it is not yours."


@require_http_methods(["GET", "HEAD", "POST"])
def packets(request: Request, code: str) -> HttpResponse:
    """The packets alone, for the page that looks again; a POST asks for them, by person, by firm or by document."""
    seat = load_counsel_or_404(request, code)
    if request.method == "POST":
        kind = request.POST.get("kind", Packet.Kind.PERSON)
        if kind not in Packet.Kind.values:
            raise ActionRefused("Choose whether the packets are by person, by firm or by document.")
        asked = request_packets(seat.deal, seat.user, kind=Packet.Kind(kind))
        ring(asked)
        waiting = sum(1 for each in asked if each.state != Packet.State.MADE)
        messages.success(request, _asked(Packet.Kind(kind), len(asked), waiting))
        return redirect(f"{reverse('signatures', args=[code])}#packets")
    if not request.headers.get("HX-Request"):
        return redirect("signatures", code)
    context = {"packets": packets_part(seat.deal, seat.user)}
    return render(request, "signatures/packets.html", context)


@require_POST
def cancel(request: Request, code: str, packet_id: int) -> HttpResponse:
    """Call off a packet that is not made yet."""
    seat = load_counsel_or_404(request, code)
    packet = _load_or_404(seat, packet_id)
    try:
        cancel_packet(packet, seat.user)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"The packet for {packet.person} is cancelled.")
    return redirect(f"{reverse('signatures', args=[code])}#packets")


@require_POST
def retry(request: Request, code: str, packet_id: int) -> HttpResponse:
    """Ask again for a packet that failed or was called off."""
    seat = load_counsel_or_404(request, code)
    packet = _load_or_404(seat, packet_id)
    try:
        ring([retry_packet(packet, seat.user)])
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"The packet for {packet.person} is asked for again.")
    return redirect(f"{reverse('signatures', args=[code])}#packets")


@require_safe
def download(request: Request, code: str, packet_id: int) -> FileResponse:
    """The file of a made packet, as an attachment."""
    seat = load_deal_or_404(request, code)
    packet = _load_or_404(seat, packet_id)
    if packet.state != Packet.State.MADE:
        raise Http404("This packet is not made yet.")
    try:
        file = open_packet(packet)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    return attachment(file, f"{seat.deal.name}, signature pages, {packet.person}.pdf", "application/pdf")


@require_safe
def download_all(request: Request, code: str) -> FileResponse:
    """Every packet that is made and still asks for what is missing, in one zip."""
    seat = load_counsel_or_404(request, code)
    rows = packet_list(seat.deal, seat.user, now()).rows
    current = [each.id for each in rows if each.is_current and each.may_download]
    if not current:
        raise Http404("No packet is made that asks for a page still missing.")
    found = Packet.objects.visible_to(seat.user).filter(deal=seat.deal, pk__in=current).order_by("kind", "person")
    try:
        file = zip_packets(found)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    return attachment(file, f"{seat.deal.name}, signature packets.zip", "application/zip")


def _load_or_404(seat: Seat, packet_id: int) -> Packet:
    found = Packet.objects.visible_to(seat.user).filter(deal=seat.deal, pk=packet_id).select_related("deal").first()
    if found is None:
        raise Http404(NO_SUCH_PACKET)
    return found


_COUNTED = {
    Packet.Kind.PERSON: ("person", "people"),
    Packet.Kind.FIRM: ("firm", "firms"),
    Packet.Kind.DOCUMENT: ("document", "documents"),
}


def _asked(kind: Packet.Kind, asked: int, waiting: int) -> str:
    if not asked:
        if kind == Packet.Kind.FIRM:
            return "No firm has a page left to sign. Only investors whose address is c/o a firm are in its packet."
        return "Every page is signed, so there is no packet to make."
    counted = _COUNTED[kind][asked != 1]
    if not waiting:
        return f"The packets of {asked} {counted} are made already, and nothing in them has changed since."
    return f"Packets for {asked} {counted} are asked for. They appear below as they are made."
