"""Load generators, and the cost of the load for the server."""

import contextlib
import json
import time

from lib import build, keys, peers, processes, rounds

SERVER, LOAD = "0", "1"


def key_file(stores, name, texts):
    path = stores.folder / name
    path.write_text("".join(each + "\n" for each in texts))
    return path


def wrk(url, file, seconds, pids, connections=64, cpus=LOAD):
    """
    Maximum throughput, closed loop: {"rate", "cpu_us" of the server per request, "busy" share of a core
    that the server used, "p50_us", "refused", "failed", "requests"}.
    """
    build.packages("wrk")
    before, begun = rounds.cpu_seconds(*pids), time.monotonic()
    out = processes.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s",
         processes.ROOT / "benchmarks" / "load" / "keys.lua", url, "--", file], cpus=cpus)
    took, used = time.monotonic() - begun, rounds.cpu_seconds(*pids) - before
    found = json.loads(out.strip().splitlines()[-1])
    if found["requests"] == 0:
        raise RuntimeError("no request was answered: " + out)
    return {"rate": found["requests"] / found["seconds"], "cpu_us": used / found["requests"] * 1e6,
            "busy": used / took, "p50_us": found["p50_us"], "refused": found["refused"], "failed": found["failed"],
            "requests": found["requests"]}


def grpc(port, file, seconds, pids, connections=8, calls=8, cpus=LOAD, answer=None):
    """Maximum throughput of checks by gRPC, like wrk; `answer` is a file to which the first response is written."""
    out = processes.run(
        [build.java(), "-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-cp", peers.classes(), "GrpcLoad", port, file, seconds, 1,
         connections, calls, *(pids or ["self"])[:1], *([answer] if answer else [])], cpus=cpus)
    found = json.loads(out.strip().splitlines()[-1])
    used, answered = found["cpu_seconds"], found["requests"] - found["refused"] - found["failed"]
    if answered == 0:
        raise RuntimeError("no check was accepted: " + out)
    return {"rate": answered / found["seconds"], "cpu_us": used / answered * 1e6, "busy": used / found["seconds"],
            "p50_us": found["p50_us"], "refused": found["refused"], "failed": found["failed"], "requests": found["requests"]}


def open_loop(stores, port, rate, seconds, *sources, warm_up=2, connections=64, seed=1, cpus=LOAD):
    """Requests at a fixed rate; latency counts from the intended instant: {source: {"p50", ... in us, "statuses"}}."""
    out = processes.run(
        [build.java(), "-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-cp", peers.classes(), "OpenLoop", port,
         rate, seconds, warm_up, connections, seed, *sources], cpus=cpus)
    return {found["source"]: found for found in map(json.loads, out.strip().splitlines())}


def warm(most, url, file, pids, measure=wrk):
    """
    Warms up a server with wrk, or with another load, until it gets no faster (two slices in a row less than 5 % above the best), for at most `most` seconds.
    Meanwhile it may use both cores, so that a JVM's compiler finishes sooner.
    """
    piece = max(1, min(2, most // 3))
    with both_cores(pids):
        best, idle, begun = 0.0, 0, time.monotonic()
        while idle < 2 and time.monotonic() - begun < most:
            rate = measure(url, file, piece, [])["rate"]
            idle = idle + 1 if rate < best * 1.05 else 0
            best = max(best, rate)
    measure(url, file, piece, [])


@contextlib.contextmanager
def both_cores(pids):
    """Lets a server use both cores within the `with` block."""
    processes.pin(f"{SERVER},{LOAD}", *pids)
    try:
        yield
    finally:
        processes.pin(SERVER, *pids)


def junk_keys(count=1000):
    """Malformed keys: with a wrong checksum, too short, or with invalid characters."""
    made = []
    for index in range(count):
        good = keys.text(f"junk {index}")
        wrong = "0" if good[-1] != "0" else "1"
        made.append([good[:-1] + wrong, good[:-3], good[:9] + "-" + good[10:]][index % 3])
    return made
