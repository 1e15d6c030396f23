"""An API in one file: DJANGO_SETTINGS_MODULE=api python3 -m django runserver --noreload 8000"""

import os

from django.http import JsonResponse
from django.urls import path, re_path

SECRET_KEY = os.urandom(32).hex()
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "api"
MIDDLEWARE = ["keylapse.keylapse"]
KEYLAPSE_NODES = os.environ.get("KEYLAPSE_NODES", "http://127.0.0.1:8080").split(",")
# The first matching prefix decides which scopes a key needs; "" requires only a valid key.
KEYLAPSE_SCOPES = [("/write", "write"), ("/", "read")]


def hello(request):
    """The API itself: here it returns the caller and the headers that it sees."""
    return JsonResponse({"owner": request.api_key.owner, "path": request.path, "headers": dict(request.headers)})


urlpatterns = [path("hello", hello), re_path("^write(?:/.*)?$", hello)]
