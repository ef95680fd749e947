"""Every address of the closing room. `<str:section>` is a section as written: `2(a)(vi)`."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from closing.web import (
    close,
    conditions,
    documents,
    health,
    home,
    investors,
    money,
    overview,
    packets,
    portal,
    record,
    signatures,
    waivers,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("", home.home, name="home"),
    path("sign-in/", home.sign_in, name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("deals/", home.deals, name="deals"),
    path("deals/<slug:code>/", overview.overview, name="overview"),
    path("deals/<slug:code>/conditions/", conditions.conditions, name="conditions"),
    path("deals/<slug:code>/conditions/<str:section>/", conditions.condition, name="condition"),
    path("deals/<slug:code>/conditions/<str:section>/<slug:act>/", conditions.condition_act, name="condition-act"),
    path("deals/<slug:code>/waivers/<int:pk>/answer/", waivers.answer, name="waiver-answer"),
    path("deals/<slug:code>/consents/<int:pk>/satisfied/", waivers.satisfied, name="consent-satisfied"),
    path("deals/<slug:code>/facts/<slug:noun>/<int:pk>/withdraw/", waivers.withdraw, name="fact-withdraw"),
    path("deals/<slug:code>/documents/", documents.documents, name="documents"),
    path("deals/<slug:code>/documents/<str:key>/", documents.document, name="document"),
    path(
        "deals/<slug:code>/documents/<str:key>/versions/<int:number>/",
        documents.document_version,
        name="document-version",
    ),
    path("deals/<slug:code>/signatures/", signatures.signatures, name="signatures"),
    path("deals/<slug:code>/signatures/packets/", packets.packets, name="signature-packets"),
    path("deals/<slug:code>/signatures/packets/<int:packet_id>/", packets.download, name="packet"),
    path("deals/<slug:code>/signatures/packets/<int:packet_id>/cancel/", packets.cancel, name="packet-cancel"),
    path("deals/<slug:code>/signatures/packets/<int:packet_id>/retry/", packets.retry, name="packet-retry"),
    path("deals/<slug:code>/signatures/by/<str:block>/", signatures.signatory, name="signatory"),
    path(
        "deals/<slug:code>/signatures/by/<str:block>/<str:document>/withdraw/",
        signatures.withdraw,
        name="signature-withdraw",
    ),
    path("deals/<slug:code>/close/", close.close, name="closing"),
    path("deals/<slug:code>/close/items/<int:item_id>/", close.item, name="closing-item"),
    path("deals/<slug:code>/record/", record.record, name="record"),
    path("deals/<slug:code>/mail/", record.mail, name="mail"),
    path("deals/<slug:code>/mail/<int:letter_id>/", record.letter, name="letter"),
    path("deals/<slug:code>/mail/<int:letter_id>/html/", record.letter_html, name="letter-html"),
    path("deals/<slug:code>/money/", money.money, name="money"),
    path("deals/<slug:code>/money/payments/new/", money.payment_record, name="payment-record"),
    path("deals/<slug:code>/money/payments/<int:pk>/return/", money.payment_return, name="payment-return"),
    path("deals/<slug:code>/money/bills/new/", money.bill_record, name="bill-record"),
    path("deals/<slug:code>/money/bills/<int:pk>/withdraw/", money.bill_withdraw, name="bill-withdraw"),
    path("deals/<slug:code>/money/bills/<int:pk>/pay/", money.bill_pay, name="bill-pay"),
    path(
        "deals/<slug:code>/money/fee-payments/<int:pk>/withdraw/",
        money.fee_payment_withdraw,
        name="fee-payment-withdraw",
    ),
    path("deals/<slug:code>/investors/", investors.investors, name="investors"),
    path("deals/<slug:code>/investors/<int:pk>/", investors.investor, name="investor"),
    path("deals/<slug:code>/mine/", portal.portal, name="portal"),
    path("deals/<slug:code>/mine/<int:position>/", portal.portal, name="portal-investor"),
    path("deals/<slug:code>/mine/<int:position>/signing/", portal.signing, name="portal-signing"),
    path("deals/<slug:code>/mine/<int:position>/payment/", portal.payment, name="portal-payment"),
    path("deals/<slug:code>/mine/<int:position>/waivers/<slug:key>/", portal.waiver, name="portal-waiver"),
    path(
        "deals/<slug:code>/mine/<int:position>/representations/<str:section>/",
        portal.representations,
        name="portal-representations",
    ),
    path(
        "deals/<slug:code>/mine/<int:position>/sign-off/<str:section>/",
        portal.sign_off,
        name="portal-sign-off",
    ),
]

handler400 = "closing.web.errors.bad_request"
handler403 = "closing.web.errors.forbidden"
handler404 = "closing.web.errors.not_found"
handler500 = "closing.web.errors.server_error"
