package io.keylapse.attack;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.errorprone.annotations.FormatMethod;
import io.keylapse.attack.Memory.Reading;
import io.keylapse.attack.wire.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;

/** The findings as Markdown and JSON. */
record Report(Findings findings) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("attack.md"), markdown());
        var all = new LinkedHashMap<String, Object>();
        all.put("broken", findings.broken());
        all.put("findings", findings);
        Files.writeString(folder.resolve("attack.json"), JSON.writeValueAsString(all));
    }

    private String markdown() {
        var text = new StringBuilder("# Attack\n\n");
        text.append(findings.broken().isEmpty() ? "Every promise was kept.\n" : "**Broken:**\n");
        findings.broken().forEach(line -> text.append("- ").append(line).append('\n'));
        text.append("\n## Calls\n\nTimes count from when each call was due, in ms.\n\n");
        text.append("| phase | s | calls | made | not 200 | unanswered | p50 | p99 | max | sent late by |\n");
        text.append("|---|---|---|---|---|---|---|---|---|---|\n");
        for (Phase phase : findings.phases()) {
            phase.calls()
                    .forEach((name, calls) -> text.append(line(
                            "| %s | %.1f | %s | %d | %s | %d | %.1f | %.1f | %.1f | %.1f |",
                            phase.name(),
                            phase.seconds(),
                            name,
                            calls.made(),
                            calls.others().isEmpty() ? "0" : calls.others(),
                            calls.unanswered(),
                            calls.p50(),
                            calls.p99(),
                            calls.max(),
                            calls.mostLate())));
        }
        text.append(
                "\n## Memory\n\nMB. Idle, before and after: use after a full collection. The others: the maximum.\n\n");
        text.append("| when | heap | direct | resident |\n|---|---|---|---|\n");
        text.append(memory("idle", findings.idle()));
        text.append(memory("before", findings.before()));
        findings.phases().forEach(phase -> text.append(memory(phase.name(), phase.peak())));
        if (findings.after() != null) {
            text.append(memory(line("%.0f s after", findings.settledAfter()).strip(), findings.after()));
        }
        text.append(
                "\n## Attackers\n\n| phase | attacker | connections | refused | dropped by the service | MB sent | MB read |\n");
        text.append("|---|---|---|---|---|---|---|\n");
        for (Phase phase : findings.phases()) {
            phase.attackers().forEach((name, tally) -> text.append(attacker(phase.name(), name, tally)));
        }
        text.append(line(
                "%nThe service logged %d bytes, %d lines of them about a lack of memory.",
                findings.logBytes(), findings.linesAboutMemory()));
        return text.toString();
    }

    private static String memory(String when, Reading reading) {
        return line(
                "| %s | %.1f | %.1f | %.1f |",
                when, reading.heap() / 1024.0, reading.direct() / 1024.0, reading.resident() / 1024.0);
    }

    private static String attacker(String phase, String name, Tally tally) {
        return line(
                "| %s | %s | %d | %d | %d | %.1f | %.1f |",
                phase,
                name,
                tally.opened(),
                tally.refused(),
                tally.dropped(),
                tally.sent() / 1048576.0,
                tally.read() / 1048576.0);
    }

    @FormatMethod
    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values) + "\n";
    }
}
