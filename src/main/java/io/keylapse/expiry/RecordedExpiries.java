package io.keylapse.expiry;

import io.keylapse.key.input.PlainText;
import io.keylapse.registry.ending.BlacklistTable.Recorded;
import io.keylapse.registry.ending.RecordingSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports recorded expiries in metrics and the log: one line for each key, or one for a large batch. */
@Singleton
final class RecordedExpiries {
    private static final Logger LOG = LoggerFactory.getLogger(RecordedExpiries.class);

    /** Above this number of keys, log lines would take longer to write than the blacklist rows. */
    private static final int MAX_LINES = 100;

    private final MeterRegistry meters;
    private final Timer lag;

    RecordedExpiries(MeterRegistry meters) {
        this.meters = meters;
        this.lag = Timer.builder("keylapse.expiry.lag")
                .description("time from the deadline of a key to its row in the blacklist, by Postgres's clock")
                .serviceLevelObjectives(
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(20),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(30))
                .register(meters);
        for (RecordingSource source : RecordingSource.values()) {
            count(source, 0);
        }
    }

    void report(List<Recorded> recorded, RecordingSource source) {
        count(source, recorded.size());
        recorded.forEach(each -> lag.record(each.lag()));
        if (recorded.size() > MAX_LINES) {
            LOG.info(
                    "{} keys ended at their deadline, source={} lag<={}ms; GET /v1/blacklist lists them",
                    recorded.size(),
                    source.word(),
                    recorded.stream()
                            .mapToLong(each -> each.lag().toMillis())
                            .max()
                            .orElse(0));
        } else {
            recorded.forEach(each -> log(each, source));
        }
    }

    private static void log(Recorded each, RecordingSource source) {
        LOG.info(
                "{} {} owner={} at={} source={} lag={}ms",
                each.reason().word(),
                each.id(),
                PlainText.quoted(each.owner()),
                each.endedAt(),
                source.word(),
                each.lag().toMillis());
    }

    private void count(RecordingSource source, int more) {
        meters.counter("keylapse.expiries.recorded", "source", source.word()).increment(more);
    }
}
