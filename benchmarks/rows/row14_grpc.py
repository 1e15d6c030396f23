"""Checks by gRPC, compared with the minimum that a grpc-java server does."""

from lib import chart, compare, load, peers, processes, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row

NUMBER = 14
TITLE = "A valid key in the near cache, by gRPC, compared with a bare grpc-java server sending the same response"
GOAL = "at least 0.85 of the bare server's checks/s"
FULL_ONLY = False


def run(options):
    stores, texts = options.filled()
    file, answer = load.key_file(stores, "good", texts), stores.folder / "grpc-answer"
    port = processes.free_port()
    with Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP, env={"KEYLAPSE_GRPC_PORT": port}) as keylapse:
        load.grpc(port, file, 1, keylapse.pids(), answer=answer)
        with peers.BareGrpc(stores, answer, cpus=load.SERVER) as bare:
            results = compare.side_by_side(options, file, {
                "Keylapse": (port, keylapse.pids()), "bare grpc-java": (bare.port, bare.pids())}, load.grpc)
    ours, theirs = results["Keylapse"], results["bare grpc-java"]
    speed = compare.ratio(ours, theirs)
    return Row(
        NUMBER, TITLE, GOAL,
        {"Keylapse, checks/s": rounds.spread(ours["rate"]), "bare grpc-java, calls/s": rounds.spread(theirs["rate"]),
         "ratio of checks/s": speed,
         "Keylapse, µs of processor time": rounds.spread(ours["cpu_us"]),
         "bare grpc-java, µs of processor time": rounds.spread(theirs["cpu_us"]),
         "ratio of processor time": compare.ratio(ours, theirs, "cpu_us"),
         "Keylapse, share of its core": rounds.spread(ours["busy"]),
         "bare grpc-java, share of its core": rounds.spread(theirs["busy"])},
        speed >= 0.85,
        ("Envoy's Authorization/Check without TLS; 8 connections with 8 calls at once on each, 1,000 keys in turn. Both have the same "
         "channel settings and one event loop on one core, the load and the stores are on the other. "
         + compare.idle_share(results)).strip(),
        {"row-14.svg": chart.bars("A valid key in the near cache, by gRPC", "checks per second, one core", {
            name: rounds.spread(found["rate"]) for name, found in results.items()})},
        stores.versions())
