package io.keylapse.active.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode.NodeFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlotMapTest {
    private static RedisClusterNode node(String id, NodeFlag role, List<Integer> slots) {
        return new RedisClusterNode(RedisURI.create("host", 1), id, true, null, 0, 0, 1, slots, Set.of(role));
    }

    private static RedisClusterNode primary(String id, int first, int end) {
        return node(id, NodeFlag.UPSTREAM, IntStream.range(first, end).boxed().toList());
    }

    private static byte[] name(Primary primary) {
        return ("kl:{" + primary.tag() + "}anything").getBytes(UTF_8);
    }

    @Test
    void what_has_the_tag_of_a_primary_belongs_to_it() {
        SlotMap map = SlotMap.of(List.of(primary("a", 0, 5000), primary("b", 5000, 16383), primary("c", 16383, 16384)));
        assertThat(map.primaries()).extracting(Primary::id).containsExactly("a", "b", "c");
        assertThat(map.primaries())
                .allSatisfy(each -> assertThat(map.ownerOf(name(each))).isEqualTo(each));
    }

    @Test
    void replicas_and_primaries_without_slots_are_none() {
        var replica = node("r", NodeFlag.REPLICA, List.of());
        SlotMap map = SlotMap.of(List.of(primary("a", 0, 16384), primary("b", 0, 0), replica));
        assertThat(map.primaries()).extracting(Primary::id).containsExactly("a");
    }

    @Test
    void a_slot_without_an_owner_belongs_to_the_unknown_primary() {
        SlotMap map = SlotMap.of(List.of(primary("a", 0, 10)));
        assertThat(map.ownerOf(name(new Primary("?", SlotMap.tag(10))))).isEqualTo(Primary.UNKNOWN);
    }

    @Test
    void a_node_that_takes_over_all_slots_takes_over_the_tag() {
        Primary before = SlotMap.of(List.of(primary("a", 0, 5000))).primaries().getFirst();
        Primary after = SlotMap.of(List.of(primary("b", 0, 5000))).primaries().getFirst();
        assertThat(after.tag()).isEqualTo(before.tag());
        assertThat(after.id()).isNotEqualTo(before.id());
    }

    @Test
    void a_tag_stays_when_another_slot_moves_and_changes_when_its_own_does() {
        Primary before = SlotMap.of(List.of(primary("a", 0, 5000))).primaries().getFirst();
        int own = SlotHash.getSlot(before.tag());
        for (int moved : List.of(0, 4999, own)) {
            var slots = new ArrayList<>(IntStream.range(0, 5000).boxed().toList());
            slots.remove(Integer.valueOf(moved));
            Primary after = SlotMap.of(List.of(node("a", NodeFlag.UPSTREAM, slots)))
                    .primaries()
                    .getFirst();
            assertThat(after.tag().equals(before.tag())).isEqualTo(moved != own);
        }
    }

    @Test
    void slots_have_tags() {
        assertThat(IntStream.of(0, 1, 4711, 8192, 12182, 16383))
                .allSatisfy(
                        slot -> assertThat(SlotHash.getSlot(SlotMap.tag(slot).getBytes(UTF_8)))
                                .isEqualTo(slot));
    }
}
