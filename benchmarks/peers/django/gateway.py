"""Keys in Django as they are usually kept: a table of those issued, a table of those that are not good any more, and a
middleware that looks a key up by its hash with one query."""

import hashlib
import os

import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="benchmark",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[f"{__name__}.keys"],
    INSTALLED_APPS=[],
    USE_TZ=True,
    LOGGING_CONFIG=None,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "NAME": "postgres",
        "PORT": os.environ["PEER_POSTGRES_PORT"], "USER": os.environ["PEER_POSTGRES_USER"],
        "PASSWORD": os.environ["PEER_POSTGRES_PASSWORD"], "CONN_MAX_AGE": None}},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402


class OutstandingKey(models.Model):
    digest = models.BinaryField(unique=True)
    public_id = models.TextField()
    owner = models.TextField()
    scopes = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "peer"
        db_table = "peer_outstanding_key"
        managed = False


class BlacklistedKey(models.Model):
    key = models.OneToOneField(OutstandingKey, on_delete=models.CASCADE)
    blacklisted_at = models.DateTimeField()

    class Meta:
        app_label = "peer"
        db_table = "peer_blacklisted_key"
        managed = False


def keys(get_response):
    def refuse(code):
        return HttpResponse(status=401, headers={"X-Key-Code": code, "WWW-Authenticate": 'Bearer realm="peer"'})

    def middleware(request):
        text = request.headers.get("X-API-Key")
        if not text:
            return refuse("KEY_MISSING")
        digest = hashlib.sha256(text.encode()).digest()
        blacklisted = models.Exists(BlacklistedKey.objects.filter(key=models.OuterRef("pk")))
        found = OutstandingKey.objects.filter(digest=digest).annotate(blacklisted=blacklisted).first()
        if found is None:
            return refuse("KEY_UNKNOWN")
        if found.blacklisted:
            return refuse("KEY_REVOKED")
        if found.expires_at <= timezone.now():
            return refuse("KEY_EXPIRED")
        request.key = found
        return get_response(request)

    return middleware


def check(request):
    key = request.key
    return HttpResponse(headers={
        "Cache-Control": "no-store", "X-Consumer-ID": key.owner, "X-Credential-Identifier": key.public_id,
        "X-Key-Scopes": key.scopes, "X-Key-Expires-At": key.expires_at.isoformat(), "Content-Length": "0"})


urlpatterns = [path("check", check)]
application = get_wsgi_application()
