package io.keylapse.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class StoresSwitchTest {
    @Test
    void auto_takes_containers_where_docker_is_reachable_and_embedded_where_not() {
        assertThat(Stores.inContainers("auto", () -> true)).isTrue();
        assertThat(Stores.inContainers("auto", () -> false)).isFalse();
    }

    @Test
    void a_choice_is_kept_without_asking_for_docker() {
        assertThat(Stores.inContainers("containers", StoresSwitchTest::mustNotBeAsked))
                .isTrue();
        assertThat(Stores.inContainers("embedded", StoresSwitchTest::mustNotBeAsked))
                .isFalse();
    }

    private static boolean mustNotBeAsked() {
        throw new AssertionError("Docker was asked for");
    }

    @Test
    void a_wrong_value_is_refused_by_name() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Stores.of("docker"))
                .withMessageContainingAll("keylapse.test.stores", "containers, embedded or auto", "docker");
    }
}
