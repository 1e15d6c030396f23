package io.keylapse.campaign.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The findings as JSON. */
public record JsonReport(Findings findings) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final int MAX_VIOLATIONS = 500;

    public String text() throws JsonProcessingException {
        var report = new LinkedHashMap<String, Object>();
        report.put("seed", findings.seed());
        report.put("start", findings.start().toString());
        report.put("seconds", Duration.between(findings.start(), findings.end()).toSeconds());
        report.put("calls", findings.calls());
        report.put("availability", findings.availability());
        report.put("recordingLagMillis", percentiles(findings.recordingLags()));
        report.put("changesAtRisk", findings.changesAtRisk());
        report.put("keysLost", findings.keysLost());
        report.put("mostEndingsAtOnce", findings.mostEndingsAtOnce());
        report.put("refusalAfterRevocationMillis", percentiles(findings.refusalLags()));
        var verdicts = new LinkedHashMap<String, Object>();
        Findings.PROMISES.keySet().forEach(promise -> verdicts.put(promise, findings.broken(promise)));
        report.put("violationsByPromise", verdicts);
        report.put(
                "violations",
                findings.violations().stream().limit(MAX_VIOLATIONS).toList());
        report.put(
                "faults",
                findings.faults().stream()
                        .map(fault -> Map.of(
                                "what", fault.title(),
                                "from", fault.from().toString(),
                                "to", fault.to().toString()))
                        .toList());
        report.put(
                "attacks",
                findings.attacks().stream()
                        .map(attack -> Map.of(
                                "who", attack.title(),
                                "from", attack.from().toString(),
                                "to", attack.to().toString(),
                                "connections", attack.tally().opened(),
                                "bytesSent", attack.tally().sent()))
                        .toList());
        return JSON.writeValueAsString(report);
    }

    /** The usual percentiles of sorted values. */
    static Map<String, Long> percentiles(List<Long> sorted) {
        var percentiles = new LinkedHashMap<String, Long>();
        percentiles.put("count", (long) sorted.size());
        if (!sorted.isEmpty()) {
            for (int percent : new int[] {50, 90, 99}) {
                percentiles.put("p" + percent, sorted.get(Math.ceilDiv(sorted.size() * percent, 100) - 1));
            }
            percentiles.put("max", sorted.getLast());
        }
        return percentiles;
    }
}
