package io.keylapse.campaign.report;

import static java.util.stream.Collectors.joining;

import io.keylapse.campaign.checker.Violation;
import io.keylapse.campaign.log.Fault;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** The findings as a self-contained HTML page: verdicts, a timeline, statistics, and the violations. */
public record Page(Findings findings) {
    private static final int MAX_VIOLATIONS = 50;

    public String html() {
        boolean kept = findings.violations().isEmpty();
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <title>Keylapse fault campaign, seed %d</title>
                <style>
                :root { color-scheme: light dark; }
                body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
                table { border-collapse: collapse; margin: 1rem 0; }
                th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #8884; }
                td.n { text-align: right; font-variant-numeric: tabular-nums; }
                .kept { color: #18794e; } .broken { color: #cd2b31; font-weight: 600; }
                svg { width: 100%%; height: auto; } svg text { font-size: 11px; fill: currentColor; }
                pre { white-space: pre-wrap; font-size: 12px; background: #8881; padding: .6rem; }
                </style>
                </head>
                <body>
                <h1>Fault campaign: <span class="%s">%s</span></h1>
                <p>Seed %d, begun %s, %d s, %d faults, %d attacks, %d changes, %d checks.</p>
                <h2>Promises</h2>
                %s
                <h2>Faults, attacks, and what checks came to</h2>
                %s
                <h2>Calls</h2>
                %s
                <h2>Checks answered with yes or no, by what was broken meanwhile</h2>
                %s
                <h2>Times</h2>
                %s
                %s
                </body>
                </html>
                """.formatted(
                        findings.seed(),
                        kept ? "kept" : "broken",
                        kept ? "every promise was kept" : findings.violations().size() + " violations",
                        findings.seed(),
                        findings.start().truncatedTo(ChronoUnit.SECONDS),
                        Duration.between(findings.start(), findings.end()).toSeconds(),
                        findings.faults().size(),
                        findings.attacks().size(),
                        findings.changes().size(),
                        findings.checks().size(),
                        verdicts(),
                        new Timeline(findings).svg(),
                        calls(),
                        availability(),
                        times(),
                        violations());
    }

    private String verdicts() {
        return table(Findings.PROMISES.entrySet().stream()
                .map(promise -> {
                    long broken = findings.broken(promise.getKey());
                    return row(
                            promise.getKey(),
                            promise.getValue(),
                            broken == 0
                                    ? "<span class=\"kept\">kept</span>"
                                    : "<span class=\"broken\">broken " + broken + " times</span>");
                })
                .collect(joining()));
    }

    private String calls() {
        return table(findings.calls().entrySet().stream()
                .map(kind -> row(
                        Fault.words(kind.getKey()),
                        kind.getValue().entrySet().stream()
                                .map(outcome -> outcome.getValue() + " " + Fault.words(outcome.getKey()))
                                .collect(joining(", "))))
                .collect(joining()));
    }

    private String availability() {
        return table(findings.availability().entrySet().stream()
                .map(kind -> row(Fault.words(kind.getKey()), "%.2f %%".formatted(kind.getValue() * 100)))
                .collect(joining()));
    }

    private String times() {
        Map<String, List<Long>> times = Map.of(
                "from deadline to row in the blacklist", findings.recordingLags(),
                "from acknowledged revocation to the last acceptance by a node", findings.refusalLags());
        return table(times.entrySet().stream()
                .map(entry -> row(
                        entry.getKey(),
                        JsonReport.percentiles(entry.getValue()).entrySet().stream()
                                .map(each -> each.getKey() + " " + each.getValue()
                                        + (each.getKey().equals("count") ? "" : " ms"))
                                .collect(joining(", "))))
                .collect(joining()));
    }

    private String violations() {
        return findings.violations().isEmpty()
                ? ""
                : "<h2>Violations</h2>"
                        + findings.violations().stream()
                                .limit(MAX_VIOLATIONS)
                                .map(Page::violation)
                                .collect(joining("\n"));
    }

    private static String violation(Violation violation) {
        return "<h3>%s %s</h3><p>%s</p><pre>%s</pre>"
                .formatted(
                        violation.promise(),
                        escape(violation.key()),
                        escape(violation.what()),
                        escape(String.join("\n", violation.events())));
    }

    private static String table(String rows) {
        return "<table>" + rows + "</table>";
    }

    private static String row(String... cells) {
        return "<tr><td>" + String.join("</td><td>", cells) + "</td></tr>\n";
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }

    /** Seconds since the start of the campaign. */
    static double seconds(Instant start, Instant at) {
        return Duration.between(start, at).toMillis() / 1000.0;
    }
}
