"""The peers that Keylapse is compared with, each a context manager with `port`, `url` and `pids()`."""

import getpass
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from lib import build, keys, processes, rounds
from lib.keylapse import JVM_FLAGS
from lib.processes import ROOT, WORK

HERE = ROOT / "benchmarks" / "peers"


def classes():
    """Compiles our own Java programs against the libraries in the jar; returns a class path."""
    jar, folder = build.jar(), WORK / "classes"
    sources = [*(ROOT / "benchmarks" / "load").glob("*.java"), *HERE.glob("*/*.java")]
    for source in sources:
        compiled = folder / (source.stem + ".class")
        if not compiled.exists() or compiled.stat().st_mtime < max(source.stat().st_mtime, jar.stat().st_mtime):
            javac = pathlib.Path(build.java()).with_name("javac")
            processes.run([javac, "-d", folder, "-cp", jar, *sources])
            break
    return f"{folder}:{jar}"


class Peer:
    """A server started by `command()`, which is ready when its port listens."""

    def __init__(self, stores, cpus=None):
        self.stores, self.cpus = stores, cpus

    def __enter__(self):
        self.port = processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="peer-", dir=self.stores.folder))
        log = self.folder / "output.log"
        self.process = processes.start(self.command(), log, cpus=self.cpus, env=self.environment(), cwd=self.folder)
        try:
            processes.wait_until(lambda: processes.listens(self.port), type(self).__name__, self.process)
        except BaseException as e:
            processes.end(self.process)
            if isinstance(e, RuntimeError):
                raise RuntimeError(f"{e}\n{log.read_text()[-2000:]}") from None
            raise
        return self

    def __exit__(self, *_):
        processes.end(self.process)

    def environment(self):
        return {}

    def pids(self):
        return rounds.with_children(self.process.pid)


class BareNetty(Peer):
    """Bare Netty, which decodes requests and answers each with the same bytes; with TLS if there is a `certificate`, which is a
    pair of PEM files: the certificate and its key."""

    def __init__(self, stores, answer, cpus=None, certificate=()):
        super().__init__(stores, cpus)
        self.answer, self.certificate = answer, certificate

    def command(self):
        file = self.folder / "answer"
        file.write_bytes(self.answer)
        return [build.java(), *JVM_FLAGS, "-cp", classes(), "BareNetty", self.port, file, *self.certificate]


class BareGrpc(Peer):
    """A bare grpc-java server, which sends the same response, from the file `answer`, to each check."""

    def __init__(self, stores, answer, cpus=None):
        super().__init__(stores, cpus)
        self.answer = answer

    def command(self):
        return [build.java(), *JVM_FLAGS, "-cp", classes(), "BareGrpc", self.port, self.answer]


class Nginx(Peer):
    """nginx with one worker and the site of `configuration()`, in which @port@ and the like are replaced by `values()`."""

    LUA = ("/usr/lib/nginx/modules/ndk_http_module.so", "/usr/lib/nginx/modules/ngx_http_lua_module.so")

    modules = ()

    def __init__(self, stores, cpus=None):
        super().__init__(stores, cpus)
        build.packages("nginx", *(["libnginx-mod-http-lua", "lua-resty-core"] if self.modules else []))

    def command(self):
        # When started by root, workers run as "nobody" and could not read a private checkout.
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        values = {"site": self.configuration(), "modules": "".join(f"load_module {each};\n" for each in self.modules),
                  "user": user, "folder": self.folder, "here": HERE / "nginx", "port": self.port,
                  "redis_port": self.stores.redis_port, **self.values()}
        text = (HERE / "nginx" / "nginx.conf").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        file = self.folder / "nginx.conf"
        file.write_text(text)
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-c", file, "-p", self.folder]

    def values(self):
        return {}


class NginxLua(Nginx):
    """nginx with Lua, which reads Redis for each check or, with `shared`, caches the result for two seconds."""

    modules = Nginx.LUA

    def __init__(self, stores, cpus=None, shared=False):
        super().__init__(stores, cpus)
        self.shared = shared

    def configuration(self):
        return (HERE / "nginx" / "check.conf").read_text()

    def values(self):
        return {"shared": str(self.shared).lower()}

    @staticmethod
    def versions():
        return {"nginx": build.version_of("nginx"), "lua-nginx-module": build.version_of("libnginx-mod-http-lua")}


class WebFlux(Peer):
    """Spring WebFlux with reactive Redis."""

    JAR = WORK / "webflux" / "webflux.jar"

    def command(self):
        project = HERE / "webflux"
        newest = max(each.stat().st_mtime for each in project.rglob("*") if each.is_file())
        if not self.JAR.exists() or self.JAR.stat().st_mtime < newest:
            build.say("building the WebFlux peer")
            processes.run(["mvn", "-q", "clean", "package"], cwd=project)
        return [build.java(), *JVM_FLAGS, "-Dreactor.netty.ioWorkerCount=1", "-jar", self.JAR,
                f"--server.port={self.port}", "--server.address=127.0.0.1", "--logging.level.root=warn",
                f"--spring.data.redis.port={self.stores.redis_port}", "--spring.data.redis.host=127.0.0.1"]

    @staticmethod
    def versions():
        text = (HERE / "webflux" / "pom.xml").read_text()
        return {"Spring Boot": re.search(r"parent</artifactId>\s*<version>([^<]+)", text).group(1)}


class Django(Peer):
    """A Django middleware that queries Postgres, in gunicorn with one worker."""

    REQUIREMENTS = ["Django==5.2.17", "gunicorn==26.2.0", "psycopg[binary]==3.3.6"]

    def command(self):
        programs = build.venv("django", *self.REQUIREMENTS)
        return [programs / "gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", "8",
                "--keep-alive", "300", "--bind", f"127.0.0.1:{self.port}", "--worker-tmp-dir", self.folder,
                "--chdir", HERE / "django", "gateway:application"]

    def environment(self):
        return {"PEER_POSTGRES_PORT": self.stores.postgres_port, "PEER_POSTGRES_USER": self.stores.postgres_user,
                "PEER_POSTGRES_PASSWORD": self.stores.postgres_password, "PYTHONDONTWRITEBYTECODE": "1"}

    @classmethod
    def versions(cls):
        return dict(each.replace("[binary]", "").split("==") for each in cls.REQUIREMENTS)


def give_keys(stores, texts, total):
    """Stores the same keys for the peers, in their formats: in Redis by digest, in Postgres in two tables."""
    deadline = int(time.time()) + 30 * 86_400
    written = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(deadline))
    stores.redis_many([
        ("SET", keys.digest(key), f"{deadline * 1000}|key_{index:022d}|{keys.owner(index)}|read write|{written}",
         "PXAT", deadline * 1000)
        for index, key in enumerate(texts)])
    stores.psql(
        "DROP TABLE IF EXISTS peer_blacklisted_key, peer_outstanding_key;"
        "CREATE TABLE peer_outstanding_key (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        " digest bytea NOT NULL UNIQUE, public_id text NOT NULL, owner text NOT NULL, scopes text NOT NULL,"
        " expires_at timestamptz NOT NULL);"
        "CREATE TABLE peer_blacklisted_key (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        " key_id bigint NOT NULL UNIQUE REFERENCES peer_outstanding_key);"
        "INSERT INTO peer_outstanding_key (digest, public_id, owner, scopes, expires_at)"
        " SELECT digest, 'key_' || n, owner, 'read write', expires_at FROM (SELECT row_number() OVER () n, * FROM"
        f" api_key LIMIT {total}) a")
    stores.psql("VACUUM ANALYZE peer_outstanding_key")


def answer_bytes(port, key, expected=b"200"):
    """The bytes of a server's response to a check; fails unless it has the expected status, if there is one."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(f"GET /check HTTP/1.1\r\nHost: gateway\r\nX-API-Key: {key}\r\n\r\n".encode())
        got = b""
        while b"\r\n\r\n" not in got:
            more = connection.recv(65536)
            if not more:
                raise RuntimeError(f"no answer to a check: {got!r}")
            got += more
    if expected and not got.startswith(b"HTTP/1.1 " + expected):
        raise RuntimeError(f"a good key was refused: {got!r}")
    return got


def java_version():
    return subprocess.run([build.java(), "-version"], capture_output=True, text=True).stderr.splitlines()[1]
