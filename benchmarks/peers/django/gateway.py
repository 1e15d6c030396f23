"""API keys in a typical Django application: a table of issued keys, a table of invalidated keys, and a middleware that
looks up a key by its hash with one query."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="benchmark",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["issued.middleware.keys"],
    INSTALLED_APPS=["issued"],
    USE_TZ=True,
    LOGGING_CONFIG=None,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "NAME": "postgres",
        "PORT": os.environ["PEER_POSTGRES_PORT"], "USER": os.environ["PEER_POSTGRES_USER"],
        "PASSWORD": os.environ["PEER_POSTGRES_PASSWORD"], "CONN_MAX_AGE": None}},
)


def check(request):
    key = request.key
    return HttpResponse(headers={
        "Cache-Control": "no-store", "X-Consumer-ID": key.owner, "X-Credential-Identifier": key.public_id,
        "X-Key-Scopes": key.scopes, "X-Key-Expires-At": key.expires_at.isoformat(), "Content-Length": "0"})


urlpatterns = [path("check", check)]
application = get_wsgi_application()
