"""Gateways before a small backend: without a check, with the recipes of deploy/gateways, and with a check of their own. Each uses one
thread."""

import shutil

from lib import build, peers, processes
from lib.peers import HERE, Nginx, Peer
from lib.processes import ROOT

RECIPES = ROOT / "deploy" / "gateways"


class Backend(Nginx):
    """The API behind the gateways, which answers every request with the same few bytes."""

    def configuration(self):
        return (HERE / "nginx" / "backend.conf").read_text()


class Gateway:
    """What gateways have in common. `node` is the port that answers checks; None for gateways that do not ask a node."""

    def __init__(self, stores, backend, node=None, cpus=None):
        super().__init__(stores, cpus)
        self.backend, self.node = backend, node

    def values(self):
        return {"backend": self.backend, "port": self.port}

    def filled(self, text):
        for name, value in self.values().items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def recipe(self, name, *changes):
        """A file of deploy/gateways with the ports of this run, and with these changes, each a text and what replaces it."""
        text = (RECIPES / name).read_text()
        for old, new in [("127.0.0.1:8080", f"127.0.0.1:{self.node}"), ("127.0.0.1:9000", f"127.0.0.1:{self.backend}"), *changes]:
            text = replaced(text, old, new)
        return text


class NginxGateway(Gateway, Nginx):
    """nginx with the recipe that needs no module, or without a check."""

    def configuration(self):
        if self.node is None:
            return (HERE / "nginx" / "plain.conf").read_text()
        return self.recipe("nginx/keylapse.conf", ("listen 8000;", f"listen 127.0.0.1:{self.port};"))


class NginxGuard(Gateway, Nginx):
    """nginx with Lua, which reads Redis for each request."""

    modules = Nginx.LUA

    def configuration(self):
        return (HERE / "nginx" / "guard.conf").read_text()


class HAProxyGateway(Gateway, Peer):
    """HAProxy with the recipe, or without a check."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        build.packages("haproxy")

    def command(self):
        file = self.folder / "haproxy.cfg"
        file.write_text(self._recipe() if self.node else self.filled((HERE / "haproxy" / "haproxy.cfg").read_text()))
        return [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", file]

    def _recipe(self):
        socket, script = f"abns@keylapse-{self.port}", self.folder / "keylapse.lua"
        script.write_text(replaced((RECIPES / "haproxy" / "keylapse.lua").read_text(), "abns@keylapse", socket))
        return self.recipe(
            "haproxy/haproxy.cfg", ("abns@keylapse", socket), ("/etc/haproxy/keylapse.lua", str(script)),
            ("bind :8000", f"bind 127.0.0.1:{self.port}"),
            # They need root.
            ("    user  haproxy ", "    nbthread 1 "), ("    group haproxy\n", ""))


class CaddyGateway(Gateway, Peer):
    """Caddy with the recipe, or without a check."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        build.packages("caddy")

    def command(self):
        file = self.folder / "Caddyfile"
        file.write_text(self._recipe() if self.node else self.filled((HERE / "caddy" / "Caddyfile").read_text()))
        return [shutil.which("caddy") or "/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", file]

    def environment(self):
        return {"GOMAXPROCS": 1, "HOME": self.folder, "XDG_CONFIG_HOME": self.folder, "XDG_DATA_HOME": self.folder}

    def _recipe(self):
        further = processes.free_port()
        return self.recipe(
            "caddy/Caddyfile", ("\n{\n", "\n{\n\tadmin off\n\tauto_https off\n"),
            ("\n:8000 {", f"\nhttp://:{self.port} {{\n\tbind 127.0.0.1"),
            ("127.0.0.1:8099", f"127.0.0.1:{further}"), ("http://:8099", f"http://:{further}"))


def replaced(text, old, new):
    """A recipe that has changed may need a change here."""
    if old not in text:
        raise RuntimeError(f"no {old!r} in the recipe")
    return text.replace(old, new)


def prove(gateway, key, checks):
    """Fails unless the gateway lets a valid key pass and, if it checks, nothing else."""
    processes.wait_until(lambda: status(gateway, key) == 200, f"a valid key through {type(gateway).__name__}", patience=10)
    expected = 401 if checks else 200
    if (found := status(gateway, key[:-1] + "!")) != expected:
        raise RuntimeError(f"{type(gateway).__name__} answers {found} instead of {expected} to an invalid key")


def status(gateway, key):
    return int(peers.answer_bytes(gateway.port, key, None).split()[1])


def versions():
    return {"nginx": build.version_of("nginx"), "lua-nginx-module": build.version_of("libnginx-mod-http-lua"),
            "HAProxy": build.version_of("haproxy"), "Caddy": build.version_of("caddy")}
