"""Checks on the gateway port with TLS, compared with bare Netty with TLS."""

import ssl
import socket

from lib import build, chart, compare, load, peers, processes, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row

NUMBER = 16
TITLE = "A valid key on the gateway port with TLS, compared with bare Netty with TLS"
GOAL = "at least 0.90 of bare Netty's checks/s"
FULL_ONLY = False


def run(options):
    stores, texts = options.filled()
    file, port = load.key_file(stores, "good", texts), processes.free_port()
    certificate = make_certificate(stores.folder)
    settings = {"KEYLAPSE_GATEWAY_PORT": port, "KEYLAPSE_GATEWAY_TLS_CERTIFICATE": certificate[0],
                "KEYLAPSE_GATEWAY_TLS_KEY": certificate[1]}
    with Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP, env=settings) as keylapse:
        answer = peers.answer_bytes(keylapse.port, texts[0])
        with peers.BareNetty(stores, answer, cpus=load.SERVER, certificate=certificate) as netty:
            ciphers = {cipher(each) for each in (port, netty.port)}
            if len(ciphers) != 1:
                raise RuntimeError(f"different ciphers: {ciphers}")
            results = compare.side_by_side(options, file, {
                "Keylapse": (f"https://127.0.0.1:{port}", keylapse.pids()),
                "bare Netty": (f"https://127.0.0.1:{netty.port}", netty.pids())})
    ours, theirs = results["Keylapse"], results["bare Netty"]
    speed = compare.ratio(ours, theirs)
    return Row(
        NUMBER, TITLE, GOAL,
        {"Keylapse, checks/s": rounds.spread(ours["rate"]), "bare Netty, requests/s": rounds.spread(theirs["rate"]),
         "ratio of checks/s": speed,
         "Keylapse, µs of processor time": rounds.spread(ours["cpu_us"]),
         "bare Netty, µs of processor time": rounds.spread(theirs["cpu_us"]),
         "ratio of processor time": compare.ratio(ours, theirs, "cpu_us"), "cipher": ciphers.pop()},
        speed >= 0.90,
        ("As row 1, on connections that are kept: handshakes are only at the beginning of a round. Both use the JDK's TLS and the same "
         "certificate, for ECDSA with P-256. " + compare.idle_share(results)).strip(),
        {"row-16.svg": chart.bars("A valid key with TLS", "checks per second, one core", {
            name: rounds.spread(found["rate"]) for name, found in results.items()})},
        {**stores.versions(), "wrk": build.version_of("wrk")})


def make_certificate(folder):
    """A certificate for 127.0.0.1 and its key, as PEM files."""
    build.packages("openssl")
    certificate, key = folder / "certificate.pem", folder / "certificate.key"
    processes.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                   "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate])
    return certificate, key


def cipher(port):
    """Protocol and cipher that a server agrees on with OpenSSL, which wrk uses as well."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as connection, context.wrap_socket(connection) as encrypted:
        return f"{encrypted.version()}, {encrypted.cipher()[0]}"
