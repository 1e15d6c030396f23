"""Passes only requests with a valid API key. The key's owner, id and scopes are in request.api_key."""

import itertools
import re
import time
from collections import defaultdict, deque
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpResponse

HIDDEN = {"X_API_KEY", "X_CONSUMER_ID", "X_CREDENTIAL_IDENTIFIER", "X_KEY_SCOPES", "X_KEY_EXPIRES_AT", "X_KEY_EXPIRES_IN"}
KEY = re.compile(r"(?<![0-9A-Za-z_-])kl_[0-9A-Za-z]{36}(?![0-9A-Za-z_-])")  # kl is KEYLAPSE_KEYS_PREFIX
PASSED_ON = re.compile(r"(?i)x-|content-type|cache-control|www-authenticate")
UNAVAILABLE = (503, {"Content-Type": "application/problem+json", "Retry-After": "1", "X-Key-Code": "STORE_UNAVAILABLE"},
               '{"type":"urn:keylapse:problem:store-unavailable","title":"Service Unavailable","status":503,'
               '"detail":"This API key cannot be checked right now. Try again in a second.","code":"STORE_UNAVAILABLE"}')

kept = defaultdict(lambda: deque(maxlen=32))  # idle connections to each node
turns = itertools.count()


def keylapse(get_response):
    def middleware(request):
        credentials = take_credentials(request.META)
        scopes = next((scopes for path, scopes in settings.KEYLAPSE_SCOPES if request.path_info.startswith(path)), "not-configured")
        status, headers, body = ask({**credentials, "X-Required-Scopes": scopes})
        if status != 200:
            return HttpResponse(body, status=status, headers=headers)
        request.api_key = SimpleNamespace(owner=unquote(headers["x-consumer-id"]), id=headers["x-credential-identifier"],
                                          scopes=headers["x-key-scopes"].split())
        return get_response(request)
    return middleware


def take_credentials(meta):
    """Removes the key and forged identity headers from a request."""
    key, authorization = meta.get("HTTP_X_API_KEY", ""), meta.get("HTTP_AUTHORIZATION", "")
    for name in [each for each in meta if re.sub("[^A-Z0-9]", "_", each[len("HTTP_"):].upper()) in HIDDEN]:
        del meta[name]
    if not key or KEY.search(authorization):
        meta.pop("HTTP_AUTHORIZATION", None)
    return {"X-API-Key": key, "Authorization": authorization}


def ask(headers):
    end, turn = time.monotonic() + 2.5, next(turns)
    for each in (turn, turn + 1):
        try:
            status, said, body = exchange(settings.KEYLAPSE_NODES[each % len(settings.KEYLAPSE_NODES)], headers, end)
        except (OSError, HTTPException):
            continue
        if (status == 200 and said.keys() >= {"x-consumer-id", "x-credential-identifier", "x-key-scopes"}
                or status in (401, 403) and "x-key-code" in said):
            return status, said, body
    return UNAVAILABLE


def exchange(node, headers, end):
    while True:
        try:
            connection, is_kept = kept[node].pop(), True
        except IndexError:
            address, is_kept = urlsplit(node), False
            connection = (HTTPSConnection if address.scheme == "https" else HTTPConnection)(address.netloc, timeout=0.5)
            connection.connect()
        try:
            connection.sock.settimeout(max(0.1, min(2, end - time.monotonic())))
            connection.request("GET", "/check", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        except (ConnectionError, HTTPException):
            if is_kept:
                continue  # The node has closed it in the meantime.
            raise
        if not answer.will_close:
            kept[node].append(connection)
        return answer.status, {name.lower(): value for name, value in answer.getheaders() if PASSED_ON.match(name)}, body
