"""Programs that the benchmarks start, each ended by its own id, whatever happens."""

import atexit
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "bench"

_running = []


def start(command, log, cpus=None, env=None, cwd=None, unset=()):
    """Starts a program with its output in the file `log`; `cpus` ("0", "0,1") pins it."""
    if cpus is not None:
        command = ["taskset", "-c", str(cpus), *command]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(tuple(unset) or "\0")}
    environment.update({name: str(value) for name, value in (env or {}).items()})
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [str(each) for each in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=environment, cwd=cwd, start_new_session=True, preexec_fn=_end_with_parent)
    _running.append(process)
    return process


def end(process, how=signal.SIGTERM, patience=15):
    """Asks a program of ours to stop, and insists after a while."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process in _running:
        _running.remove(process)


def end_all():
    for process in reversed(list(_running)):
        end(process, patience=5)


def run(command, log=None, env=None, cwd=None, cpus=None, timeout=600, check=True):
    """Runs a program to its end and returns what it printed; it is ended when we are."""
    if cpus is not None:
        command = ["taskset", "-c", str(cpus), *command]
    process = subprocess.Popen(
        [str(each) for each in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, **{k: str(v) for k, v in (env or {}).items()}}, cwd=cwd,
        start_new_session=True, preexec_fn=_end_with_parent)
    _running.append(process)
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        end(process)
    if log:
        pathlib.Path(log).write_text(out + err)
    if check and process.returncode != 0:
        raise RuntimeError(f"{command[0]} ... failed with {process.returncode}: {(err or out).strip()[-2000:]}")
    return out


def wait_until(condition, what, process=None, patience=60, pause=0.05):
    """Waits until the condition is true; a program that ended meanwhile, or too long a wait, is an error."""
    until = time.monotonic() + patience
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{what}: the program ended with {process.returncode}")
        if time.monotonic() > until:
            raise RuntimeError(f"{what}: not within {patience} s")
        time.sleep(pause)


def pin(cpus, *pids):
    """Moves running programs, with all their threads, to these CPUs."""
    wanted = {int(each) for each in str(cpus).split(",")}
    for pid in pids:
        for thread in pathlib.Path(f"/proc/{pid}/task").glob("*"):
            try:
                os.sched_setaffinity(int(thread.name), wanted)
            except ProcessLookupError:
                pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def _end_with_parent():
    # Should this process be killed outright, the kernel tells its children; PR_SET_PDEATHSIG is 1.
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    except (OSError, AttributeError):
        pass


def _interrupted(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def end_all_at_exit():
    """Ctrl-C and SIGTERM unwind like any failure, and what is still running then is ended by its id."""
    signal.signal(signal.SIGINT, _interrupted)
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    atexit.register(end_all)
