package io.keylapse.http.management.notices;

import io.keylapse.http.Problem;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.http.management.notices.DeliveryJson.TestJson;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailAddress;
import io.keylapse.key.input.MailAddress.Judgement;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.notice.mail.MailPreviews;
import io.keylapse.notice.mail.MailTemplates;
import io.keylapse.notice.mail.RenderedMail;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Endpoints for the mail that owners get: previews about a sample key, and test mails. */
@Controller("/v1/mail-templates")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.MANAGE_WEBHOOKS)
final class MailTemplatesController {
    private static final Duration ROUNDING = Duration.ofMillis(999);

    private final MailTemplates templates;
    private final MailPreviews previews;
    private final RequestJson json;

    MailTemplatesController(MailTemplates templates, MailPreviews previews, RequestJson json) {
        this.templates = templates;
        this.previews = previews;
        this.json = json;
    }

    /** @param configured whether a mail server is configured */
    record Listed(boolean configured, List<Item> items) {}

    /** @param languages the languages that mail of this type can be written in */
    record Item(String type, Set<String> languages) {}

    record Preview(String type, String language, String subject, String text, String html) {}

    record Test(@Nullable String email, @Nullable String language) {}

    @Get
    Listed list() {
        return new Listed(
                previews.canSend(),
                Stream.of(NoticeKind.values())
                        .map(kind -> new Item(kind.type(), templates.languages(kind)))
                        .toList());
    }

    @Get("/{type}")
    HttpResponse<?> preview(HttpRequest<?> request, String type) {
        NoticeKind kind = kind(type);
        String language = new Query(request, Set.of("language")).parsed("language", Optional::of, "");
        RenderedMail mail = previews.preview(kind, checked(language));
        return HttpResponse.ok(new Preview(kind.type(), mail.language(), mail.subject(), mail.text(), mail.html()));
    }

    @Post("/{type}/test")
    @Audited(AuditAction.MAIL_TEST)
    HttpResponse<?> test(HttpRequest<?> request, String type) {
        NoticeKind kind = kind(type);
        var wanted = json.read(request, Test.class);
        MailAddress to = address(wanted.email());
        String language = checked(wanted.language());
        if (!previews.canSend()) {
            return Problem.of(
                            request,
                            HttpStatus.CONFLICT,
                            "MAIL_NOT_CONFIGURED",
                            "No mail server is configured. Set KEYLAPSE_MAIL_SMTP_URI and KEYLAPSE_MAIL_FROM.")
                    .response();
        }
        return switch (previews.send(kind, language, to, ManagementGate.actorOf(request))) {
            case MailPreviews.Result.Tried(var outcome) -> HttpResponse.ok(TestJson.of(outcome));
            case MailPreviews.Result.TooMany(Duration wait) ->
                Problem.of(
                                request,
                                HttpStatus.TOO_MANY_REQUESTS,
                                "TOO_MANY_TESTS",
                                "Too many test mails in a short time. Try again in a minute.")
                        .response()
                        .header(
                                HttpHeaders.RETRY_AFTER,
                                Long.toString(wait.plus(ROUNDING).toSeconds()));
        };
    }

    private static NoticeKind kind(String type) {
        return NoticeKind.parse(type)
                .orElseThrow(() -> new InvalidInputException(
                        "type",
                        Stream.of(NoticeKind.values())
                                .map(NoticeKind::type)
                                .collect(Collectors.joining(", ", "must be one of ", ""))));
    }

    private static @Nullable String checked(@Nullable String language) {
        if (language != null) {
            KeyRules.complaintAboutLanguage(language).ifPresent(complaint -> {
                throw new InvalidInputException("language", complaint);
            });
        }
        return language;
    }

    private static MailAddress address(@Nullable String email) {
        if (email == null) {
            throw new InvalidInputException("email", "is required");
        }
        return switch (MailAddress.judge(email)) {
            case Judgement.Unusable(String complaint) -> throw new InvalidInputException("email", complaint);
            case Judgement.Usable(MailAddress usable) -> usable;
        };
    }
}
