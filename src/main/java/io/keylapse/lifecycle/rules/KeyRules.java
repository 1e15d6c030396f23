package io.keylapse.lifecycle.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailAddress;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.key.input.PlainText;
import io.keylapse.registry.KeyDetails;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Validation of owners, details, reasons and graces, the same for all ways to change a key. */
public final class KeyRules {
    /** Maximum number of characters in an owner, a name or a reason. */
    public static final int MAX_CHARACTERS = 200;

    private static final int MAX_SCOPES = 50;
    private static final int MAX_SCOPE_CHARACTERS = 128;
    private static final int MAX_SCOPE_BYTES = 2 * 1024;
    private static final int MAX_METADATA_BYTES = 4 * 1024;
    /** {@code scope-token} of RFC 6749, section 3.3. */
    private static final Pattern SCOPE_TOKEN = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]+");

    private static final Pattern LANGUAGE = Pattern.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}");
    private static final int MAX_LEAD_TIME_COUNT = 10;
    private static final Duration MIN_LEAD_TIME = Duration.ofMinutes(1);
    private static final Duration MAX_LEAD_TIME = Duration.ofDays(366);

    private static final Optional<String> MUST_NOT_BE_BLANK = Optional.of("must not be blank");

    private KeyRules() {}

    /**
     * Refuses an invalid owner. Accepts owners that only older versions allowed, so that their keys can be found and
     * revoked.
     *
     * @throws InvalidInputException naming {@code owner}
     */
    public static void checkStoredOwner(String owner) {
        var violations = new InvalidInputException.Collector();
        violations.add(
                "owner", PlainText.isBlank(owner) ? MUST_NOT_BE_BLANK : PlainText.complaint(owner, MAX_CHARACTERS));
        violations.throwIfAny();
    }

    /**
     * Refuses a key that breaks a rule. The deadline is not checked here; {@link Deadline#resolve} does that.
     *
     * @throws InvalidInputException naming each field that breaks a rule
     */
    public static void check(NewKey key, MailCapabilities mail) {
        var violations = new InvalidInputException.Collector();
        violations.add(
                "owner",
                PlainText.isBlank(key.owner())
                        ? MUST_NOT_BE_BLANK
                        : PlainText.complaintAboutOwner(key.owner(), MAX_CHARACTERS));
        check(key.details(), null, mail, violations);
        violations.throwIfAny();
    }

    /**
     * Refuses a change that breaks a rule. Unchanged fields are not checked, because their values may be older than the
     * rule.
     *
     * @throws InvalidInputException naming each field that breaks a rule
     */
    public static void checkChange(KeyDetails present, KeyDetails wanted, MailCapabilities mail) {
        var violations = new InvalidInputException.Collector();
        check(wanted, present, mail, violations);
        violations.throwIfAny();
    }

    /**
     * Refuses an invalid reason.
     *
     * @throws InvalidInputException naming {@code reason}
     */
    public static void checkReason(@Nullable String reason) {
        if (reason != null) {
            var violations = new InvalidInputException.Collector();
            violations.add("reason", PlainText.complaint(reason, MAX_CHARACTERS));
            violations.throwIfAny();
        }
    }

    /**
     * Refuses an invalid grace.
     *
     * @throws InvalidInputException naming {@code grace}
     */
    public static void checkGrace(Duration grace, LifecycleSettings settings) {
        if (grace.isNegative() || grace.compareTo(settings.maxLifetime()) > 0) {
            throw new InvalidInputException("grace", "must be between PT0S and " + settings.maxLifetime());
        }
    }

    /** What is wrong with a list of scopes; empty if nothing is. */
    public static Optional<String> complaintAboutScopes(List<String> scopes) {
        if (scopes.size() > MAX_SCOPES) {
            return Optional.of("must have at most " + MAX_SCOPES + " items, not " + scopes.size());
        }
        for (String scope : scopes) {
            if (!SCOPE_TOKEN.matcher(scope).matches()) {
                return Optional.of(
                        "must each be an RFC 6749 scope token: visible ASCII except \" and \\, without spaces;"
                                + " use one array item for each scope");
            }
            if (scope.length() > MAX_SCOPE_CHARACTERS) {
                return Optional.of("must each have at most " + MAX_SCOPE_CHARACTERS + " characters");
            }
        }
        int together = String.join(" ", scopes).length();
        return together > MAX_SCOPE_BYTES
                ? Optional.of("must have at most " + MAX_SCOPE_BYTES + " bytes in total, but has " + together)
                : Optional.empty();
    }

    /** What is wrong with a language tag; empty if nothing is. */
    public static Optional<String> complaintAboutLanguage(String language) {
        return LANGUAGE.matcher(language).matches()
                ? Optional.empty()
                : Optional.of("must be a language tag such as en or pt-BR");
    }

    private static void checkLeadTimes(@Nullable List<Duration> times, InvalidInputException.Collector violations) {
        if (times == null) {
            return;
        }
        if (times.size() > MAX_LEAD_TIME_COUNT) {
            violations.add("leadTimes", "must have at most " + MAX_LEAD_TIME_COUNT + " items, not " + times.size());
        }
        if (times.stream().anyMatch(time -> time.compareTo(MIN_LEAD_TIME) < 0 || time.compareTo(MAX_LEAD_TIME) > 0)) {
            violations.add("leadTimes", "must each be between PT1M and P366D");
        }
        // The planner of notices checks every distinct lead time once a second, permanently. Round values keep them
        // few.
        if (times.stream().anyMatch(time -> !isWhole(time))) {
            violations.add("leadTimes", "must each be whole minutes, and whole hours from P1D on");
        }
    }

    private static boolean isWhole(Duration time) {
        Duration unit = time.toDays() == 0 ? Duration.ofMinutes(1) : Duration.ofHours(1);
        return time.equals(unit.multipliedBy(time.dividedBy(unit)));
    }

    /** @param present the current details, whose values are not checked again; null for a new key */
    private static void check(
            KeyDetails details,
            @Nullable KeyDetails present,
            MailCapabilities mail,
            InvalidInputException.Collector violations) {
        if (isNew(details, present, KeyDetails::name)) {
            violations.add("name", PlainText.complaintAboutName(details.name(), MAX_CHARACTERS));
        }
        if (isNew(details, present, KeyDetails::scopes)) {
            violations.add("scopes", complaintAboutScopes(details.scopes()));
        }
        int metadata = details.metadata().getBytes(UTF_8).length;
        if (metadata > MAX_METADATA_BYTES && isNew(details, present, KeyDetails::metadata)) {
            violations.add("metadata", "must have at most " + MAX_METADATA_BYTES + " bytes, but has " + metadata);
        }
        if (isNew(details, present, KeyDetails::leadTimes)) {
            checkLeadTimes(details.leadTimes(), violations);
        }
        String language = details.language();
        if (language != null && isNew(details, present, KeyDetails::language)) {
            violations.add("contact.language", complaintAboutLanguage(language));
        }
        String email = details.email();
        if (email != null && isNew(details, present, KeyDetails::email)) {
            violations.add("contact.email", complaintAboutEmail(email, mail));
        }
    }

    private static <T> boolean isNew(
            KeyDetails details, @Nullable KeyDetails present, Function<KeyDetails, @Nullable T> member) {
        return present == null || !Objects.equals(member.apply(details), member.apply(present));
    }

    private static Optional<String> complaintAboutEmail(String email, MailCapabilities mail) {
        return switch (MailAddress.judge(email)) {
            case MailAddress.Judgement.Unusable(String complaint) -> Optional.of(complaint);
            case MailAddress.Judgement.Usable(MailAddress address)
            when address.needsSmtpUtf8() && !mail.offersSmtpUtf8() ->
                Optional.of(
                        "must have only ASCII characters before the @, because no mail server that offers SMTPUTF8 is"
                                + " configured and reachable");
            case MailAddress.Judgement.Usable _ -> Optional.empty();
        };
    }
}
