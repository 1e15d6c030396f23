package io.keylapse.expiry;

import io.keylapse.key.input.PlainText;
import io.keylapse.registry.BlacklistTable.Recorded;
import io.keylapse.registry.RecordingSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of what was recorded: the metrics, and a line in the log for each key, or for all of a large batch. */
@Singleton
final class RecordedExpiries {
    private static final Logger LOG = LoggerFactory.getLogger(RecordedExpiries.class);

    /** Of more keys at once, lines would take longer to write than the blacklist, and nobody would read them. */
    private static final int MAX_TOLD = 100;

    private final MeterRegistry meters;
    private final Timer lag;

    RecordedExpiries(MeterRegistry meters) {
        this.meters = meters;
        this.lag = Timer.builder("keylapse.expiry.lag")
                .description("from a key's deadline to its row in the blacklist, by Postgres's clock")
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
        if (recorded.size() > MAX_TOLD) {
            LOG.info(
                    "{} keys met their deadline, source={} lag<={}ms: GET /v1/blacklist has each",
                    recorded.size(),
                    source.word(),
                    recorded.stream()
                            .mapToLong(each -> each.lag().toMillis())
                            .max()
                            .orElse(0));
        } else {
            recorded.forEach(each -> tell(each, source));
        }
    }

    private static void tell(Recorded each, RecordingSource source) {
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
