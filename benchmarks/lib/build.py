"""Builds and installs the requirements: the jar, a JDK 25, system packages."""

import glob
import os
import pathlib
import shutil
import subprocess

from lib import processes
from lib.processes import ROOT, WORK

JAR = ROOT / "target" / "keylapse.jar"


def java():
    """The `java` of a JDK 25 or newer: JAVA_HOME's, the path's, or one in /usr/lib/jvm."""
    homes = [os.environ.get("JAVA_HOME", ""), *sorted(glob.glob("/usr/lib/jvm/*"), reverse=True)]
    programs = [os.path.join(home, "bin", "java") for home in homes if home] + [shutil.which("java") or ""]
    for program in programs:
        if program and os.access(program, os.X_OK) and java_version(program) >= 25:
            return program
    raise RuntimeError("no JDK 25 found; set JAVA_HOME")


def java_version(program):
    text = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
    number = text.split('"')[1] if '"' in text else "0"
    return int(number.split(".")[0].split("-")[0])


def jar():
    """The program, built if it is missing or older than its sources."""
    sources = [ROOT / "pom.xml", *(ROOT / "src" / "main").rglob("*")]
    newest = max(each.stat().st_mtime for each in sources if each.is_file())
    if not JAR.exists() or JAR.stat().st_mtime < newest:
        say("building target/keylapse.jar")
        processes.run(
            ["mvn", "-q", "package", "-DskipTests", "-Dspotless.phase=none", "-Dchecks.skip"], cwd=ROOT, timeout=900)
        if JAR.stat().st_mtime < newest:
            os.utime(JAR)
    return JAR


def packages(*wanted):
    """Installs missing Debian packages without starting their services."""
    missing = [each for each in wanted if not _installed(each)]
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise RuntimeError("please install, as root: " + " ".join(install))
    say("installing " + " ".join(missing))
    quietly = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    try:
        processes.run(install, env=quietly)
    except RuntimeError:
        processes.run(["apt-get", "update"], env=quietly)
        processes.run(install, env=quietly)


def version_of(package):
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return out.stdout.strip() or "unknown"


def _installed(package):
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True)
    return "install ok installed" in out.stdout


def venv(name, *requirements):
    """Creates a Python virtual environment below target/ with the requirements; returns its bin directory."""
    home = WORK / "venv" / name
    stamp = home / "requirements.txt"
    wanted = "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        say(f"installing {', '.join(requirements)} into target/bench/venv/{name}")
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        processes.run(["python3", "-m", "venv", home])
        processes.run([home / "bin" / "pip", "install", "--disable-pip-version-check", "-q", *requirements])
        stamp.write_text(wanted)
    return pathlib.Path(home) / "bin"


def say(text):
    print(f"    {text}", flush=True)
