package io.keylapse.active.redis;

import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Slots of a Cluster: which primary owns each, and the hash tag that addresses each primary. */
final class SlotMap {
    /** Empty map, until the Cluster has been reached. */
    static final SlotMap NONE = of(List.of());

    private static final Map<Integer, String> TAGS = new ConcurrentHashMap<>();

    private final List<Primary> primaries;
    private final Primary[] owners;

    private SlotMap(List<Primary> primaries, Primary[] owners) {
        this.primaries = primaries;
        this.owners = owners;
    }

    static SlotMap of(Iterable<RedisClusterNode> nodes) {
        var primaries = new ArrayList<Primary>();
        var owners = new Primary[SlotHash.SLOT_COUNT];
        Arrays.fill(owners, Primary.UNKNOWN);
        for (RedisClusterNode node : nodes) {
            if (node.getRole().isUpstream() && !node.hasNoSlots()) {
                var primary = new Primary(node.getNodeId(), tag(firstSlot(node)));
                primaries.add(primary);
                node.forEachSlot(slot -> owners[slot] = primary);
            }
        }
        return new SlotMap(List.copyOf(primaries), owners);
    }

    List<Primary> primaries() {
        return primaries;
    }

    Primary ownerOf(byte[] redisName) {
        return owners[SlotHash.getSlot(redisName)];
    }

    /**
     * The owned slot that comes first in a fixed shuffled order. All nodes choose the same slot without coordination, and a
     * replica that takes over all slots takes over the tag. Moving slots rarely moves this one. It would often move the
     * lowest slot, because slots are moved from the ends of ranges.
     */
    private static int firstSlot(RedisClusterNode node) {
        int[] first = {Integer.MAX_VALUE, 0};
        node.forEachSlot(slot -> {
            int place = slot * 0x9E35 & (SlotHash.SLOT_COUNT - 1);
            if (place < first[0]) {
                first[0] = place;
                first[1] = slot;
            }
        });
        return first[1];
    }

    /** The smallest number whose decimal text hashes to this slot. */
    static String tag(int slot) {
        return TAGS.computeIfAbsent(slot, _ -> {
            int number = 0;
            while (SlotHash.getSlot(Integer.toString(number).getBytes(StandardCharsets.US_ASCII)) != slot) {
                number++;
            }
            return Integer.toString(number);
        });
    }
}
