package io.keylapse.active.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lettuce.core.RedisURI;
import io.micronaut.context.exceptions.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {
    private static final String PASSWORD = "a-password-that-must-not-be-shown";

    private static RedisAddress address(String uri) {
        return RedisAddress.of(new RedisSettings(uri, "kl:", "sentinels-" + PASSWORD, true));
    }

    private static List<String> hosts(List<RedisURI> uris) {
        return uris.stream().map(uri -> uri.getHost() + ":" + uri.getPort()).toList();
    }

    private static String password(RedisURI uri) {
        return String.valueOf(uri.getCredentialsProvider()
                .resolveCredentials()
                .toFuture()
                .join()
                .getPassword());
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis://:%s@host:1234/3", "rediss://:%s@host:1234/3"})
    void one_server_is_one_server(String uri) {
        RedisAddress address = address(uri.formatted(PASSWORD));
        assertThat(address.isCluster()).isFalse();
        assertThat(hosts(address.uris())).containsExactly("host:1234");
        assertThat(address.uris().getFirst().getDatabase()).isEqualTo(3);
        assertThat(address.uris().getFirst().isSsl()).isEqualTo(uri.startsWith("rediss"));
        assertThat(address).hasToString("Redis at host:1234");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://:%1$s@one:1,two:2,three",
                "redis://:%1$s@one:1 , two:2, three",
                "redis://:%1$s@one:1 ,redis://:%1$s@two:2, three",
                "redis://:%1$s@one:1,redis://:%1$s@two:2,redis://:%1$s@three",
                "redis-cluster://:%1$s@one:1,two:2,three",
                "redis://:%1$s@one:1,two:2,redis://:%1$s@three",
                "rediss://:%1$s@one:1,two:2,three",
            })
    void several_servers_are_a_cluster(String uri) {
        RedisAddress address = address(uri.formatted(PASSWORD));
        assertThat(address.isCluster()).isTrue();
        assertThat(hosts(address.uris())).containsExactly("one:1", "two:2", "three:6379");
        assertThat(address.uris()).allSatisfy(node -> {
            assertThat(password(node)).isEqualTo(PASSWORD);
            assertThat(node.isSsl()).isEqualTo(uri.startsWith("rediss"));
        });
        assertThat(address).hasToString("the Redis Cluster of one:1, two:2, three:6379");
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-cluster://:%s@host:1234", "rediss-cluster://:%s@host:1234"})
    void a_cluster_may_be_given_by_one_address(String uri) {
        RedisAddress address = address(uri.formatted(PASSWORD));
        assertThat(address.isCluster()).isTrue();
        assertThat(hosts(address.uris())).containsExactly("host:1234");
        assertThat(address.uris().getFirst().isSsl()).isEqualTo(uri.startsWith("rediss"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-sentinel", "rediss-sentinel"})
    void sentinels_know_the_master_and_have_a_password_of_their_own(String scheme) {
        RedisAddress address = address(scheme + "://:" + PASSWORD + "@one:1,two:2,three/3#main");
        assertThat(address.isCluster()).isFalse();
        RedisURI uri = address.uris().getFirst();
        assertThat(hosts(uri.getSentinels())).containsExactly("one:1", "two:2", "three:26379");
        assertThat(uri.getSentinels()).allSatisfy(sentinel -> {
            assertThat(password(sentinel)).isEqualTo("sentinels-" + PASSWORD);
            assertThat(sentinel.isSsl()).isEqualTo(scheme.startsWith("rediss"));
        });
        assertThat(password(uri)).isEqualTo(PASSWORD);
        assertThat(uri.getDatabase()).isEqualTo(3);
        assertThat(address).hasToString("the Redis master main of the Sentinels one:1, two:2, three:26379");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "http://:%s@host",
                "redis://",
                "redis://:%s@",
                "redis://:%s@host:x",
                "redis://:%s@ho st",
                "redis://:%s@one,two:x",
                "redis://:%s@one,,two",
                "redis://:%s@one,",
                "redis://:%s@one,two/1",
                "redis-cluster://:%s@one/1",
                "redis-cluster://:%s@",
                "redis-sentinel://:%s@one",
                "redis-sentinel://:%s@one:x#main",
                "redis-sentinel://#main",
            })
    void what_makes_no_sense_is_refused_naming_the_setting_and_showing_no_password(String uri) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> address(uri.formatted(PASSWORD)))
                .withMessageContaining("KEYLAPSE_REDIS_URI")
                .withMessageNotContaining(PASSWORD)
                .withNoCause();
    }

    @Test
    void settings_show_no_password() {
        assertThat(new RedisSettings("redis://:" + PASSWORD + "@host", "kl:", PASSWORD, true).toString())
                .doesNotContain(PASSWORD);
    }
}
