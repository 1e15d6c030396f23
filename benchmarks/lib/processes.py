"""Starts programs for the benchmarks, and stops each by its own id in any case."""

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
    """Starts a program with its output appended to the file `log`; `cpus` ("0", "0,1") pins it."""
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
    """Asks a program that we started to stop, and kills it after `patience` seconds."""
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
    """Runs a program to its end and returns its output; it is killed when this process ends."""
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
    """Waits until the condition is true. Raises an error if the program ends or `patience` seconds pass first."""
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
    """Pins running programs, with all their threads, to these CPUs."""
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
    # If this process is killed, the kernel signals its children; PR_SET_PDEATHSIG is 1.
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    except (OSError, AttributeError):
        pass


def _interrupted(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def end_all_at_exit():
    """Makes Ctrl-C and SIGTERM unwind like a failure, and stops all programs that are still running, each by its id."""
    signal.signal(signal.SIGINT, _interrupted)
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    atexit.register(end_all)
