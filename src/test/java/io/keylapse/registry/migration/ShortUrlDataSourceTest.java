package io.keylapse.registry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShortUrlDataSourceTest {
    private final ShortUrlDataSource source = new ShortUrlDataSource();

    @Test
    void url_of_a_connection_has_the_parameters_that_were_set_and_no_defaults() {
        source.setUrl(
                "jdbc:postgresql://db.example:6432/keys?currentSchema=a%26b&socketTimeout=7&sslmode=require&tcpNoDelay=true");
        source.setApplicationName("keylapse migrate");
        source.setPrepareThreshold(0);

        assertThat(source.getUrl())
                .startsWith("jdbc:postgresql://db.example:6432/keys?")
                .hasSizeLessThan(200);
        assertThat(source.getUrl().split("[?&]"))
                .contains(
                        "ApplicationName=keylapse+migrate",
                        "currentSchema=a%26b",
                        "prepareThreshold=0",
                        "socketTimeout=7",
                        "sslmode=require");
    }

    @Test
    void value_that_is_set_replaces_the_one_of_the_address() {
        source.setUrl("jdbc:postgresql://db.example/keys?socketTimeout=7&loginTimeout=9");
        source.setSocketTimeout(0);
        source.setLoginTimeout(5);

        assertThat(source.getUrl()).contains("loginTimeout=5").doesNotContain("socketTimeout=7", "loginTimeout=9");
    }

    @Test
    void several_hosts_stay() {
        source.setUrl("jdbc:postgresql://a:5432,b:5433/keys?targetServerType=primary");

        assertThat(source.getUrl())
                .startsWith("jdbc:postgresql://a:5432,b:5433/keys?")
                .contains("targetServerType=primary");
    }
}
