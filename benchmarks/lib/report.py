"""The results of rows, written as JSON and Markdown."""

import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess

from lib.processes import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"


@dataclasses.dataclass
class Row:
    """
    One row of the table. `figures` maps a figure's name to a number, a text, or rounds.spread(...); `holds` is whether the
    goal is met, or None if that cannot be decided; `charts` maps a file name to SVG; `versions` are those of the compared
    programs; `table` is a Markdown table, which has a place of its own in docs/performance.md.
    """
    number: int
    title: str
    goal: str
    figures: dict
    holds: bool | None = None
    notes: str = ""
    charts: dict = dataclasses.field(default_factory=dict)
    versions: dict = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    table: str = ""


def shown(value):
    if isinstance(value, dict) and "median" in value:
        return f"{shown(value['median'])} ({shown(value['min'])} to {shown(value['max'])})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value == 0 or abs(value) >= 1000:
            return f"{value:,.0f}"
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)


def verdict(holds):
    return {True: "holds", False: "**misses**", None: "not judged"}[holds]


def table(rows):
    lines = ["| # | what | goal | measured | |", "|---|---|---|---|---|"]
    for row in rows:
        measured = "<br>".join(f"{name}: {shown(value)}" for name, value in row.figures.items())
        cells = [str(row.number), row.title, row.goal, measured, verdict(row.holds)]
        lines.append("| " + " | ".join(each.replace("|", "\\|").replace("\n", " ") for each in cells) + " |")
    return "\n".join(lines)


def plain(row):
    """The row as plain text, for a terminal."""
    lines = [f"{row.number:>3}  {row.title}", f"     goal: {row.goal}"]
    lines += [f"     {name}: {shown(value)}" for name, value in row.figures.items()]
    lines.append(f"     -> {verdict(row.holds).strip('*')}")
    return "\n".join(lines + ([f"     {row.notes}"] if row.notes else []))


def machine():
    model = "unknown processor"
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        model = re.search(r"model name\s*:\s*(.+)", text).group(1).strip()
    except (OSError, AttributeError):
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"processor": model, "cores": os.cpu_count(), "memory": f"{memory:.0f} GiB",
            "system": f"{platform.system()} {platform.release()}", "architecture": platform.machine()}


def commit():
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--", "src", "pom.xml")
    return git("rev-parse", "--short", "HEAD") + (" with uncommitted changes" if changed else "")


def write(rows, settings, versions):
    """Writes one JSON file and one Markdown page per row, so that one row can be repeated; returns all stored rows."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    context = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(), "machine": machine(), "settings": settings}
    for row in rows:
        kept = dataclasses.asdict(row)
        charts = kept.pop("charts")
        record = {**kept, **context, "versions": {**versions, **row.versions}, "charts": sorted(charts)}
        name = f"row-{row.number:02d}"
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
        (RESULTS / f"{name}.md").write_text(_page(record))
        for chart, svg in charts.items():
            (RESULTS / chart).write_text(svg)
    return kept_rows()


def kept_rows():
    """The rows in the results directory, as (Row, record), ordered by number."""
    found = []
    for path in sorted(RESULTS.glob("row-*.json")):
        record = json.loads(path.read_text())
        names = {each.name for each in dataclasses.fields(Row)} - {"charts"}
        found.append((Row(**{key: value for key, value in record.items() if key in names}), record))
    return found


def _page(record):
    row = Row(**{key: record[key] for key in ("number", "title", "goal", "figures", "holds", "notes")},
              table=record.get("table", ""))
    lines = [f"# {row.number}. {row.title}", "", f"Goal: {row.goal}: {verdict(row.holds)}.", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {shown(value)} |" for name, value in row.figures.items()]
    lines += ["", "Medians, with the least and the most of the rounds in brackets." if any(
        isinstance(each, dict) for each in row.figures.values()) else ""]
    if row.table:
        lines += ["", row.table]
    if row.notes:
        lines += ["", row.notes]
    lines += ["", *[f"![{each}]({each})" for each in record["charts"]], "",
              f"Taken {record['date']} at {record['commit']}, in {record['seconds']:.0f} s, on "
              + describe(record["machine"]) + ". "
              + ", ".join(f"{name} {value}" for name, value in record["versions"].items()) + ". Settings: "
              + ", ".join(f"{name} {shown(value)}" for name, value in record["settings"].items()) + "."]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def describe(found):
    return (f"{found['processor']}, {found['cores']} cores, {found['memory']}, {found['system']} "
            f"{found['architecture']}")


def summarize():
    """Writes the table of all stored rows into results/README.md and, between its markers, into docs/performance.md."""
    kept = kept_rows()
    if not kept:
        return
    body = table([row for row, _ in kept])
    taken = sorted({(record["date"][:10], record["commit"]) for _, record in kept})
    origin = ("Taken " + ", ".join(f"{date} at {at}" for date, at in taken) + ", on "
              + describe(kept[-1][1]["machine"]) + ".")
    (RESULTS / "README.md").write_text(
        "# Results\n\nWritten by `benchmarks/run`; each row has its own page and JSON here.\n\n"
        + body + "\n\n" + origin + "\n")
    if not PAGE.exists():
        return
    page = _between(PAGE.read_text(), "table", body + "\n\n" + origin)
    charts = [(row, chart) for row, record in kept for chart in record["charts"]]
    page = _between(page, "charts", "\n\n".join(
        f"![{row.title}](../benchmarks/results/{chart})" for row, chart in charts))
    for row, _ in kept:
        if row.table:
            page = _between(page, f"table of row {row.number}", row.table)
    PAGE.write_text(page)


def _between(page, name, text):
    start, stop = f"<!-- {name}: written by benchmarks/run -->", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(stop), re.S)
    return pattern.sub(lambda _: f"{start}\n{text}\n{stop}", page)
