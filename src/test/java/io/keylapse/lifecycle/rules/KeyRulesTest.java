package io.keylapse.lifecycle.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyDetails.Contact;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyRulesTest {
    private static final String LONGEST_TEXT = "x".repeat(200);
    private static final String TOO_LONG = "x".repeat(201);
    private static final KeyDetails DETAILS = details("name", List.of(), "{}", null, null);

    private static KeyDetails details(
            String name,
            List<String> scopes,
            String metadata,
            @Nullable Contact contact,
            @Nullable List<Duration> leadTimes) {
        return new KeyDetails(name, scopes, metadata, contact, leadTimes);
    }

    private static void check(String owner, KeyDetails details) {
        KeyRules.check(new NewKey(owner, details, new Deadline.None()), () -> false);
    }

    private static void check(KeyDetails details) {
        check("acme", details);
    }

    private static void withContact(String email, @Nullable String language) {
        check(details("name", List.of(), "{}", new Contact(email, language), null));
    }

    private static void withLeadTimes(Duration... times) {
        check(details("name", List.of(), "{}", null, List.of(times)));
    }

    private static void assertRefused(ThrowingCallable call, String field, String why) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations())
                                .singleElement()
                                .satisfies(violation -> {
                                    assertThat(violation.field()).isEqualTo(field);
                                    assertThat(violation.message()).contains(why);
                                }));
    }

    private static void assertAccepted(ThrowingCallable call) {
        assertThatCode(call).doesNotThrowAnyException();
    }

    @Test
    void an_owner_has_1_to_200_characters_all_of_which_can_be_seen() {
        assertAccepted(() -> check(LONGEST_TEXT, DETAILS));
        assertRefused(() -> check(TOO_LONG, DETAILS), "owner", "at most 200 characters");
        assertRefused(() -> check(" \u00a0", DETAILS), "owner", "must not be blank");
        assertRefused(() -> check("acme ", DETAILS), "owner", "white space");
        assertRefused(() -> check("ac\u200dme", DETAILS), "owner", "U+200D");
    }

    @Test
    void an_owner_that_an_older_version_stored_can_be_asked_for() {
        assertAccepted(() -> KeyRules.checkStoredOwner("ac\u200dme "));
        assertRefused(() -> KeyRules.checkStoredOwner(" "), "owner", "must not be blank");
        assertRefused(() -> KeyRules.checkStoredOwner(TOO_LONG), "owner", "at most 200 characters");
        assertRefused(() -> KeyRules.checkStoredOwner("a\nb"), "owner", "line breaks");
    }

    @Test
    void a_name_has_up_to_200_characters() {
        assertAccepted(() -> check(details("", List.of(), "{}", null, null)));
        assertAccepted(() -> check(details(LONGEST_TEXT, List.of(), "{}", null, null)));
        assertRefused(() -> check(details(TOO_LONG, List.of(), "{}", null, null)), "name", "at most 200 characters");
    }

    @Test
    void every_rule_that_is_broken_is_named() {
        KeyDetails wrong =
                details(TOO_LONG, List.of(" "), "x".repeat(4097), new Contact("x", "?"), List.of(Duration.ZERO));
        assertThatThrownBy(() -> check("", wrong))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations())
                                .extracting(Violation::field)
                                .containsExactly(
                                        "owner",
                                        "name",
                                        "scopes",
                                        "metadata",
                                        "leadTimes",
                                        "contact.language",
                                        "contact.email"));
    }

    @Test
    void what_a_change_leaves_as_it_was_is_not_judged() {
        KeyDetails older =
                details(TOO_LONG, List.of(" "), "x".repeat(4097), new Contact("x", "?"), List.of(Duration.ZERO));
        assertAccepted(() -> KeyRules.checkChange(older, older, () -> false));
        assertThatThrownBy(() -> KeyRules.checkChange(DETAILS, older, () -> false))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations()).hasSize(6));
        assertAccepted(() -> KeyRules.checkChange(older, DETAILS, () -> false));
    }

    @Test
    void there_are_at_most_50_scopes_of_2_KiB_together() {
        assertThat(KeyRules.complaintAboutScopes(Collections.nCopies(50, "a"))).isEmpty();
        assertThat(KeyRules.complaintAboutScopes(Collections.nCopies(51, "a")))
                .hasValue("must have at most 50 items, not 51");
        // 16 scopes of 127 characters and 15 spaces are 2,047.
        List<String> most = Collections.nCopies(16, "s".repeat(127));
        assertThat(KeyRules.complaintAboutScopes(most)).isEmpty();
        List<String> exactly = IntStream.range(0, 16)
                .mapToObj(i -> "s".repeat(i == 0 ? 128 : 127))
                .toList();
        assertThat(KeyRules.complaintAboutScopes(exactly)).isEmpty();
        List<String> more = IntStream.range(0, 16)
                .mapToObj(i -> "s".repeat(i < 2 ? 128 : 127))
                .toList();
        assertThat(KeyRules.complaintAboutScopes(more)).hasValue("must have at most 2048 bytes in total, but has 2049");
    }

    @Test
    void a_scope_has_up_to_128_characters_of_rfc_6749() {
        assertThat(KeyRules.complaintAboutScopes(List.of("s".repeat(128), "!#[]~")))
                .isEmpty();
        assertThat(KeyRules.complaintAboutScopes(List.of("s".repeat(129))))
                .hasValue("must each have at most 128 characters");
        for (String no : List.of("", " ", "a b", "\"", "\\", "\u007f", "é")) {
            assertThat(KeyRules.complaintAboutScopes(List.of("a", no)))
                    .hasValueSatisfying(why -> assertThat(why).contains("RFC 6749"));
        }
    }

    @Test
    void metadata_has_up_to_4_KiB_of_utf_8() {
        assertAccepted(() -> check(details("", List.of(), "é".repeat(2048), null, null)));
        assertRefused(
                () -> check(details("", List.of(), "é".repeat(2048) + "x", null, null)),
                "metadata",
                "at most 4096 bytes, but has 4097");
    }

    @Test
    void lead_times_are_at_most_10_from_a_minute_to_366_days() {
        assertAccepted(() -> withLeadTimes());
        assertAccepted(() -> withLeadTimes(Duration.ofMinutes(1), Duration.ofDays(366)));
        assertAccepted(
                () -> withLeadTimes(Collections.nCopies(10, Duration.ofHours(1)).toArray(Duration[]::new)));
        assertRefused(
                () -> withLeadTimes(Collections.nCopies(11, Duration.ofHours(1)).toArray(Duration[]::new)),
                "leadTimes",
                "at most 10 items, not 11");
        assertRefused(() -> withLeadTimes(Duration.ZERO), "leadTimes", "between PT1M and P366D");
        assertRefused(() -> withLeadTimes(Duration.ofDays(366).plusHours(1)), "leadTimes", "between PT1M and P366D");
    }

    @ParameterizedTest
    @CsvSource({"PT61S, false", "PT23H59M, true", "PT24H, true", "PT24H1M, false", "PT25H, true"})
    void lead_times_are_whole_minutes_and_whole_hours_from_a_day_on(Duration time, boolean accepted) {
        if (accepted) {
            assertAccepted(() -> withLeadTimes(time));
        } else {
            assertRefused(() -> withLeadTimes(time), "leadTimes", "whole minutes, and whole hours from P1D on");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "pt-BR", "zh-Hant-TW-x", "abcdefgh-12345678"})
    void a_language_is_a_tag(String language) {
        assertAccepted(() -> withContact("a@example.com", language));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "e", "abcdefghi", "en_GB", "en-", "en-a-b-c-d", "e1"})
    void other_texts_are_no_language(String language) {
        assertRefused(() -> withContact("a@example.com", language), "contact.language", "language tag");
    }

    @Test
    void an_address_is_one_that_mail_can_be_sent_to() {
        assertAccepted(() -> withContact("a@example.com", null));
        assertRefused(() -> withContact("example.com", null), "contact.email", "");
        KeyDetails beyondAscii = details("", List.of(), "{}", new Contact("zoë@example.com", null), null);
        assertRefused(() -> check(beyondAscii), "contact.email", "SMTPUTF8");
        assertAccepted(() -> KeyRules.check(new NewKey("acme", beyondAscii, new Deadline.None()), () -> true));
    }

    @Test
    void a_reason_has_up_to_200_characters_or_is_not_said() {
        assertAccepted(() -> KeyRules.checkReason(null));
        assertAccepted(() -> KeyRules.checkReason(LONGEST_TEXT));
        assertRefused(() -> KeyRules.checkReason(TOO_LONG), "reason", "at most 200 characters");
    }

    @Test
    void a_grace_is_at_most_the_longest_lifetime() {
        var rules = new LifecycleSettings(Duration.ofDays(1), false);
        assertAccepted(() -> KeyRules.checkGrace(Duration.ZERO, rules));
        assertAccepted(() -> KeyRules.checkGrace(Duration.ofDays(1), rules));
        assertRefused(() -> KeyRules.checkGrace(Duration.ofMillis(-1), rules), "grace", "between PT0S and PT24H");
        assertRefused(() -> KeyRules.checkGrace(Duration.ofDays(1).plusMillis(1), rules), "grace", "between PT0S");
    }
}
