"""Every address of the closing room. `<str:section>` is a section as written: `2(a)(vi)`."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from closing.web import conditions, health, home, overview

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("", home.home, name="home"),
    path("sign-in/", home.sign_in, name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("deals/", home.deals, name="deals"),
    path("deals/<slug:code>/", overview.overview, name="overview"),
    path("deals/<slug:code>/conditions/", conditions.conditions, name="conditions"),
    path("deals/<slug:code>/conditions/<str:section>/", conditions.condition, name="condition"),
]

handler400 = "closing.web.errors.bad_request"
handler403 = "closing.web.errors.forbidden"
handler404 = "closing.web.errors.not_found"
handler500 = "closing.web.errors.server_error"
