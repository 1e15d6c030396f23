"""From the text of a key to its verdict, inside the JVM."""

import json
import re

from lib import build, processes
from lib.processes import ROOT, WORK
from lib.report import Row
from lib.rounds import spread

NUMBER = 6
TITLE = "Inside the JVM: from a key's text to its verdict, near cache only, one thread"
GOAL = "at least 5,000,000 checks/s; allocation stated"
FULL_ONLY = False
LEAST = 5_000_000
JMH = "1.37"


HOME = WORK / "jmh"


def compile_benchmark():
    HOME.mkdir(parents=True, exist_ok=True)
    build.say("compiling the benchmark")
    processes.run(["mvn", "-q", "test-compile", "-Dspotless.phase=none", "-Dchecks.skip", "dependency:build-classpath",
                   f"-Dmdep.outputFile={HOME}/classpath", "-Dmdep.includeScope=test"], cwd=ROOT, timeout=900)
    pom = HOME / "pom.xml"
    pom.write_text(POM)
    processes.run(["mvn", "-q", "-f", pom, "dependency:build-classpath", f"-Dmdep.outputFile={HOME}/jmh"],
                  cwd=HOME, timeout=300)
    processes.run([build.java() + "c", "-proc:full", "-processorpath", jmh(), "-cp", f"{jmh()}:{classpath()}", "-d", HOME,
                   ROOT / "benchmarks" / "jmh" / "CheckFromMemory.java"], cwd=ROOT, timeout=300)


def jmh():
    return (HOME / "jmh").read_text().strip()


def classpath():
    return f"{ROOT}/target/classes:{ROOT}/target/test-classes:{(HOME / 'classpath').read_text().strip()}"


def measure(pattern, iterations, *arguments):
    """Runs the compiled benchmarks in a new JVM, with as many iterations of warm-up, 1 s each: {name: JMH's result}."""
    result = HOME / "result.json"
    processes.run([build.java(), "--enable-native-access=ALL-UNNAMED", "-cp", f"{HOME}:{jmh()}:{classpath()}",
                   "org.openjdk.jmh.Main", pattern, "-wi", iterations, "-i", iterations, "-w", "1s", "-r", "1s",
                   "-prof", "gc", "-rf", "json", "-rff", result, *arguments], cwd=ROOT, timeout=600)
    return {each["benchmark"].rsplit(".", 1)[1]: each for each in json.loads(result.read_text())}


def run(options):
    compile_benchmark()
    build.say(f"measuring, {options.rounds} rounds of 1 s each, after as many of warm-up")
    found = measure("CheckFromMemory", options.rounds)
    figures = {}
    for name, each in found.items():
        figures[f"{name}, checks/s"] = spread(each["primaryMetric"]["rawData"][0])
        allocated = next(metric for key, metric in each["secondaryMetrics"].items()
                         if re.search(r"gc\.alloc\.rate\.norm$", key))
        figures[f"{name}, bytes allocated per check"] = allocated["score"]
    return Row(
        NUMBER, TITLE, GOAL, figures, figures["good, checks/s"]["median"] >= LEAST,
        "JMH, one fork, 1,024 keys in turn on a node with real stores, so cache entries expire and are "
        "refreshed. A check of a good key computes the text's fingerprint, looks it up and evaluates the entry; for a "
        "malformed one the look-up misses, and its form and checksum are checked.",
        versions={"JMH": JMH})


POM = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.keylapse</groupId>
  <artifactId>jmh</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.openjdk.jmh</groupId>
      <artifactId>jmh-core</artifactId>
      <version>{JMH}</version>
    </dependency>
    <dependency>
      <groupId>org.openjdk.jmh</groupId>
      <artifactId>jmh-generator-annprocess</artifactId>
      <version>{JMH}</version>
    </dependency>
  </dependencies>
</project>
"""
