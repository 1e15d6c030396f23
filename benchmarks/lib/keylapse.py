"""The program under test."""

import json
import pathlib
import re
import tempfile
import time
import urllib.error
import urllib.request

from lib import build, processes

# As in the image: the compiler has a lower priority than the event loops.
MODEST_COMPILER = ["-XX:ThreadPriorityPolicy=1", "-XX:CompilerThreadPriority=10"]
# The same flags for every compared JVM.
JVM_FLAGS = ["-Xms1g", "-Xmx1g", "-XX:+UseSerialGC", *MODEST_COMPILER]
ADMIN_KEY = "a-management-key-for-benchmarks"
# A system property, because Micronaut cannot map an environment variable to a name with these dashes.
ONE_EVENT_LOOP = ["-Dmicronaut.netty.event-loops.default.num-threads=1"]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


# The mark that says that Redis has all keys, by name and pattern: since migration 6, and before.
MARKS = [("kl:follows", r"\d+ .* at \d+"), ("kl:mark", r"\d+")]


class Keylapse:
    """
    A node on these stores, which is ready when the `with` block begins. `cpus` ("0") pins it, `env` are its settings, `jvm`
    its flags, after JVM_FLAGS; `heap=False` leaves those out.

    Attributes: url, port, pid, process, admin_key, log.
    """

    def __init__(self, stores, cpus=None, env=None, jvm=(), heap=True, jar=None, port=None, wait=True):
        self.stores, self.cpus, self.env, self.wait = stores, cpus, dict(env or {}), wait
        self.jvm = [*(JVM_FLAGS if heap else []), *jvm]
        self.jar, self.port, self.admin_key = jar, port, ADMIN_KEY

    def __enter__(self):
        jar, java = self.jar or build.jar(), build.java()
        self.port = self.port or processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = pathlib.Path(tempfile.mkstemp(prefix="keylapse-", suffix=".log", dir=self.stores.folder)[1])
        settings = {
            "KEYLAPSE_POSTGRES_URL": self.stores.postgres_url,
            "KEYLAPSE_POSTGRES_USER": self.stores.postgres_user,
            "KEYLAPSE_POSTGRES_PASSWORD": self.stores.postgres_password,
            "KEYLAPSE_REDIS_URI": self.stores.redis_uri,
            "KEYLAPSE_ADMIN_KEY": self.admin_key,
            "KEYLAPSE_DRAIN_TIME": "PT0S",
            "MICRONAUT_SERVER_PORT": self.port,
            **self.env}
        self.begun = time.monotonic()
        self.process = processes.start(
            [java, *self.jvm, "-jar", jar, "serve"], self.log, cpus=self.cpus, env=settings,
            cwd=self.stores.folder, unset=("KEYLAPSE_", "MICRONAUT_"))
        self.pid = self.process.pid
        try:
            if self.wait:
                self.await_ready()
        except BaseException:
            processes.end(self.process)
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        processes.end(self.process)

    def pids(self):
        return [self.pid]

    def await_ready(self):
        """Waits until the node is ready and Redis is filled and trusted."""
        try:
            processes.wait_until(
                lambda: self.call("GET", "/health/readiness").status == 200, "keylapse", self.process, 120)
            self.await_trust()
        except RuntimeError as e:
            raise RuntimeError(f"{e}\n{self.log.read_text()[-2000:]}") from None

    def await_trust(self, patience=300):
        """Waits until Redis has the mark that says that it has all keys."""
        processes.wait_until(
            lambda: any(re.fullmatch(pattern, str(self.stores.redis("GET", name))) for name, pattern in MARKS),
            "resync", self.process, patience)

    def call(self, method, path, json_body=None, headers=None, key=None):
        """Sends one request with the management key (or with `key`), and returns an Answer whatever the status is."""
        wanted = {"Authorization": f"Bearer {key or self.admin_key}", **(headers or {})}
        data = None
        if json_body is not None:
            data = json.dumps(json_body).encode()
            wanted.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.url + path, data, wanted, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers, refusal.read())

    def metrics(self):
        """{'name{labels}': value} from /prometheus."""
        found = {}
        for line in self.call("GET", "/prometheus").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found
