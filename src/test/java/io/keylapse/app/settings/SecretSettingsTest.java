package io.keylapse.app.settings;

import static java.util.stream.Collectors.partitioningBy;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which settings hold a secret, so that they may be read from a file and are never quoted. */
class SecretSettingsTest {
    private static final Pattern SPEAKS_OF_A_SECRET = Pattern.compile(
            "(?is).*\\b(passwords?|passphrases?|secrets?|tokens?|credentials?|private keys?|encrypt\\w*)\\b.*");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keylapse.admin-key",
                "keylapse.former-admin-keys",
                "keylapse.redis.uri",
                "keylapse.some.password",
                "keylapse.some.api-token",
                "keylapse.some.client-secret",
                "keylapse.credentials",
                "keylapse.some.key-passphrase"
            })
    void a_text_is_a_secret_if_the_last_word_of_its_name_says_so(String setting) {
        assertThat(KnownSettings.isSecret(setting, String.class)).isTrue();
        assertThat(KnownSettings.isSecret(setting, List.class)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keylapse.gateway.key-header",
                "keylapse.redis.key-prefix",
                "keylapse.keys.prefix",
                "keylapse.webhooks.secret-overlap",
                "keylapse.postgres.user",
                "keylapse.monkey"
            })
    void a_text_is_not_a_secret_if_only_another_part_of_its_name_speaks_of_one(String setting) {
        assertThat(KnownSettings.isSecret(setting, String.class)).isFalse();
    }

    @Test
    void a_number_is_not_a_secret() {
        assertThat(KnownSettings.isSecret("keylapse.max-bad-credentials", int.class))
                .isFalse();
    }

    /** Catches a new secret whose name hides what it is. */
    @Test
    void every_text_whose_description_speaks_of_a_secret_is_one() {
        Map<Boolean, List<DescribedSetting>> settings = DescribedSetting.all()
                .filter(setting -> setting.type() == String.class || setting.type() == List.class)
                .collect(partitioningBy(setting -> KnownSettings.SECRETS.contains(setting.name())));
        assertThat(settings.get(true)).isNotEmpty();
        assertThat(settings.get(false))
                .isNotEmpty()
                .allSatisfy(setting ->
                        assertThat(setting.description()).as(setting.name()).doesNotMatch(SPEAKS_OF_A_SECRET));
    }
}
