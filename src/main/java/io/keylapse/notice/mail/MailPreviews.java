package io.keylapse.notice.mail;

import io.keylapse.key.input.MailAddress;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Postgres;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Previews of mail about a sample key, and test mails through the configured server. Each node sends one test mail at a
 * time, and at most {@value #MAX_TESTS} a minute.
 */
@Singleton
public final class MailPreviews {
    private static final int MAX_TESTS = 6;
    private static final Duration WINDOW = Duration.ofMinutes(1);

    /** When to try again if another test is being sent. */
    private static final Duration BUSY = Duration.ofSeconds(5);

    private final MailServer server;
    private final MailRenderer renderer;
    private final MailComposer composer;
    private final AuditTrail audit;
    private final Postgres postgres;
    private final Clock clock;
    private final MeterRegistry meters;
    private final Deque<Long> begun = new ArrayDeque<>();
    private boolean sending;

    MailPreviews(
            MailServer server,
            MailRenderer renderer,
            MailComposer composer,
            AuditTrail audit,
            Postgres postgres,
            Clock clock,
            MeterRegistry meters) {
        this.server = server;
        this.renderer = renderer;
        this.composer = composer;
        this.audit = audit;
        this.postgres = postgres;
        this.clock = clock;
        this.meters = meters;
    }

    /** The result of a request for a test mail. */
    public sealed interface Result {
        /** The mail server was tried. */
        record Tried(AttemptOutcome outcome) implements Result {}

        /** Nothing was sent, because there were too many tests before. */
        record TooMany(Duration retryAfter) implements Result {}
    }

    /** Whether a mail server is configured, without which no test mail can be sent. */
    public boolean canSend() {
        return server.isSet();
    }

    /**
     * The mail about a sample key.
     *
     * @param language as a BCP 47 tag; null for English
     */
    public RenderedMail preview(NoticeKind kind, @Nullable String language) {
        return renderer.write(MailRenderer.sample(kind, language, clock.instant()), Optional.empty(), clock.instant());
    }

    /** Sends the preview, marked as a test, and waits for the mail server. */
    public Result send(NoticeKind kind, @Nullable String language, MailAddress to, Actor by) {
        Duration wait = begin();
        if (wait.isPositive()) {
            count("too_many");
            return new Result.TooMany(wait);
        }
        try {
            audit.add(by, AuditAction.MAIL_TEST, kind.type(), postgres.now());
            AttemptOutcome outcome = attempt(preview(kind, language), to);
            count(outcome.verdict() == AttemptOutcome.Verdict.DELIVERED ? "delivered" : "failed");
            return new Result.Tried(outcome);
        } finally {
            end();
        }
    }

    private AttemptOutcome attempt(RenderedMail mail, MailAddress to) {
        SmtpConnection connection = server.connectionForTest(to.needsSmtpUtf8());
        MimeMessage message;
        try {
            var test = new RenderedMail(mail.language(), "[Test] " + mail.subject(), mail.text(), mail.html());
            message = composer.compose(test, to, connection.session(), "test-" + UUID.randomUUID(), "test");
        } catch (MessagingException e) {
            return AttemptOutcome.failed("cannot create the mail: " + e.getMessage());
        }
        return connection.send(message, to);
    }

    /** Reserves the next test. Returns how long to wait if there are too many. */
    private synchronized Duration begin() {
        long now = System.nanoTime();
        while (!begun.isEmpty() && now - begun.getFirst() >= WINDOW.toNanos()) {
            begun.removeFirst();
        }
        if (sending) {
            return BUSY;
        }
        if (begun.size() >= MAX_TESTS) {
            return WINDOW.minusNanos(now - begun.getFirst());
        }
        begun.addLast(now);
        sending = true;
        return Duration.ZERO;
    }

    private synchronized void end() {
        sending = false;
    }

    private void count(String result) {
        meters.counter("keylapse.mail.tests", "result", result).increment();
    }
}
