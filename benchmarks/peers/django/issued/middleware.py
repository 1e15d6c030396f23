import hashlib

from django.http import HttpResponse
from django.utils import timezone

from issued.models import OutstandingKey


def keys(get_response):
    def refuse(code):
        return HttpResponse(status=401, headers={"X-Key-Code": code, "WWW-Authenticate": 'Bearer realm="peer"'})

    def middleware(request):
        text = request.headers.get("X-API-Key")
        if not text:
            return refuse("KEY_MISSING")
        digest = hashlib.sha256(text.encode()).digest()
        try:
            found = OutstandingKey.objects.select_related("blacklistedkey").get(digest=digest)
        except OutstandingKey.DoesNotExist:
            return refuse("KEY_UNKNOWN")
        if hasattr(found, "blacklistedkey"):
            return refuse("KEY_REVOKED")
        if found.expires_at <= timezone.now():
            return refuse("KEY_EXPIRED")
        request.key = found
        return get_response(request)

    return middleware
