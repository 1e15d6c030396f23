package io.keylapse.campaign.report;

import static java.util.stream.Collectors.joining;

import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.log.Fault;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A timeline as SVG: one lane for each kind of fault and one for attacks, and below, per node, the outcomes of its
 * checks.
 */
record Timeline(Findings findings) {
    private static final int WIDTH = 1200;
    private static final int LEFT = 170;
    private static final int LANE = 18;
    private static final int CHART = 110;
    private static final int GAP = 26;
    private static final int MAX_BARS = 240;
    private static final String FAULT = "#8e4ec6";
    private static final String ATTACK = "#ad5700";
    private static final List<String> OUTCOMES = List.of("good", "refused", "unavailable", "unanswered");
    private static final List<String> COLOURS = List.of("#30a46c", "#3e63dd", "#f5a623", "#e5484d");

    String svg() {
        Map<Fault.Kind, List<Fault>> lanes = new TreeMap<>();
        findings.faults()
                .forEach(fault -> lanes.computeIfAbsent(fault.kind(), kind -> new ArrayList<>())
                        .add(fault));
        var drawn = new StringBuilder();
        int y = 0;
        for (Map.Entry<Fault.Kind, List<Fault>> lane : lanes.entrySet()) {
            drawn.append(label(y + 13, Fault.words(lane.getKey().name())));
            int top = y;
            drawn.append(lane.getValue().stream()
                    .map(fault -> bar(FAULT, fault.title(), fault.from(), fault.to(), top))
                    .collect(joining()));
            y += LANE;
        }
        int last = y;
        drawn.append(label(y + 13, "attacks"))
                .append(findings.attacks().stream()
                        .map(attack -> bar(ATTACK, attack.title(), attack.from(), attack.to(), last))
                        .collect(joining()));
        y += LANE;
        int nodes = 1 + findings.checks().stream().mapToInt(Check::node).max().orElse(0);
        for (int node = 0; node < nodes; node++) {
            y += GAP;
            drawn.append(label(y + 13, "checks of node " + node)).append(chart(node, y));
            y += CHART;
        }
        return String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"timeline\">%s%s</svg>%s",
                WIDTH,
                y + 24,
                drawn,
                axis(y),
                legend());
    }

    private String bar(String colour, String title, Instant start, Instant end, int y) {
        double from = x(start);
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"><title>%s, %.1f s to"
                        + " %.1f s</title></rect>",
                from,
                y + 2,
                Math.max(2, x(end) - from),
                LANE - 4,
                colour,
                title,
                Page.seconds(findings.start(), start),
                Page.seconds(findings.start(), end));
    }

    /** Stacked bars: each is a period, and its height is the number of checks that began in it. */
    private String chart(int node, int y) {
        double total = total();
        int bars = (int) Math.min(MAX_BARS, Math.max(1, total));
        var counts = new int[bars][OUTCOMES.size()];
        for (Check check : findings.checks()) {
            int bar = (int) (Page.seconds(findings.start(), check.start()) / total * bars);
            if (check.node() == node && bar >= 0 && bar < bars) {
                counts[bar][OUTCOMES.indexOf(Findings.outcome(check))]++;
            }
        }
        int most = 1;
        for (int[] bar : counts) {
            most = Math.max(most, Arrays.stream(bar).sum());
        }
        double width = (double) (WIDTH - LEFT) / bars;
        var drawn = new StringBuilder();
        for (int bar = 0; bar < bars; bar++) {
            double bottom = y + CHART;
            for (int outcome = 0; outcome < OUTCOMES.size(); outcome++) {
                double height = (double) CHART * counts[bar][outcome] / most;
                bottom -= height;
                if (height > 0) {
                    drawn.append(String.format(
                            Locale.ROOT,
                            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"%s\"/>",
                            LEFT + bar * width,
                            bottom,
                            width * 0.95,
                            height,
                            COLOURS.get(outcome)));
                }
            }
        }
        return drawn.toString();
    }

    private String axis(int y) {
        var drawn = new StringBuilder();
        double total = total();
        for (int i = 0; i <= 10; i++) {
            drawn.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f s</text>",
                    LEFT + (WIDTH - LEFT - 20) * i / 10.0,
                    y + 16,
                    total * i / 10 * (WIDTH - LEFT - 20) / (WIDTH - LEFT)));
        }
        return drawn.toString();
    }

    private static String legend() {
        var drawn = new StringBuilder("<p>");
        for (int i = 0; i < OUTCOMES.size(); i++) {
            drawn.append(String.format(
                    Locale.ROOT,
                    "<span style=\"color:%s\">&#9632;</span> %s &#160; ",
                    COLOURS.get(i),
                    OUTCOMES.get(i)));
        }
        return drawn.append("</p>").toString();
    }

    private static String label(int y, String words) {
        return String.format(Locale.ROOT, "<text x=\"0\" y=\"%d\">%s</text>", y, Page.escape(words));
    }

    private double x(Instant at) {
        return LEFT + (WIDTH - LEFT) * Page.seconds(findings.start(), at) / total();
    }

    private double total() {
        return Math.max(0.001, Page.seconds(findings.start(), findings.end()));
    }
}
