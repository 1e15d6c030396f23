package io.keylapse.active.redis;

import io.lettuce.core.RedisURI;
import io.micronaut.context.exceptions.ConfigurationException;
import io.netty.util.NetUtil;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where Redis is, as {@code KEYLAPSE_REDIS_URI} says it:
 *
 * <pre>
 * redis://:password@host:6379                        one server; rediss:// for TLS, here and below
 * redis-sentinel://:password@host:26379,host2#name   the master that these Sentinels know by that name
 * redis://:password@host:6379,host2:6379             nodes of a Cluster: more than one is always a Cluster
 * redis://:pw@host:6379,redis://:pw@host2:6379       the same
 * redis-cluster://:password@host:6379                a Cluster of which one address is known
 * </pre>
 *
 * @param uris one, or at least one node of the Cluster
 */
record RedisAddress(List<RedisURI> uris, boolean isCluster) {
    /** How long it may take to make a connection usable once it is open, and a Sentinel to answer. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(2);

    private static final String CLUSTER_SCHEME = "^redis(s?)-cluster://";
    private static final Pattern HOSTS = Pattern.compile("(rediss?://(?:[^/?]*@)?)([^/?]*)(.*)");

    /** @throws ConfigurationException in one line that names the setting and quotes nothing of what may be a password */
    static RedisAddress of(RedisSettings settings) {
        // A URI has no blanks of its own.
        String text = settings.uri().replaceAll("\\s*,\\s*", ",");
        try {
            RedisAddress address = text.matches("^rediss?-sentinel://.*") ? sentinels(text, settings) : servers(text);
            address.uris.forEach(uri -> {
                uri.setClientName("keylapse");
                uri.setTimeout(HANDSHAKE);
            });
            return address;
        } catch (IllegalArgumentException e) {
            // The text of the exception may quote the URI, and with it the password.
            throw refused("is not a Redis URI such as redis://host:6379");
        }
    }

    private static RedisAddress sentinels(String text, RedisSettings settings) {
        RedisURI uri = RedisURI.create(text);
        if (uri.getSentinelMasterId() == null) {
            throw refused("must name the master, as in redis-sentinel://host:26379,host2:26379#name");
        }
        String password = settings.sentinelPassword();
        for (RedisURI sentinel : uri.getSentinels()) {
            checkHost(sentinel);
            sentinel.setTimeout(HANDSHAKE);
            if (password != null) {
                sentinel.setAuthentication(password);
            }
        }
        return new RedisAddress(List.of(uri), false);
    }

    private static RedisAddress servers(String text) {
        String plain = text.replaceFirst(CLUSTER_SCHEME, "redis$1://");
        List<RedisURI> uris = Stream.of(plain.split(",(?=rediss?://)", -1))
                .flatMap(RedisAddress::hostsOf)
                .map(RedisURI::create)
                .toList();
        uris.forEach(RedisAddress::checkHost);
        boolean cluster = uris.size() > 1 || !plain.equals(text);
        if (cluster && uris.stream().anyMatch(uri -> uri.getDatabase() != 0)) {
            throw refused("must name no database, because a Cluster has but one");
        }
        return new RedisAddress(uris, cluster);
    }

    /** A URI for each host of one that has a list of them. */
    private static Stream<String> hostsOf(String uri) {
        Matcher matcher = HOSTS.matcher(uri);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no URI");
        }
        return Stream.of(matcher.group(2).split(",", -1)).map(host -> matcher.group(1) + host + matcher.group(3));
    }

    private static void checkHost(RedisURI uri) {
        String host = uri.getHost();
        // Lettuce takes what should have been a port for a part of the name.
        if (host == null || host.isBlank() || (host.contains(":") && !NetUtil.isValidIpV6Address(host))) {
            throw new IllegalArgumentException("no host");
        }
    }

    private static ConfigurationException refused(String why) {
        return new ConfigurationException("keylapse.redis.uri (KEYLAPSE_REDIS_URI) " + why);
    }

    /** What a person calls it; no secret is in it. */
    @Override
    public String toString() {
        RedisURI first = uris.getFirst();
        if (isCluster) {
            return "the Redis Cluster of " + hosts(uris);
        }
        return first.getSentinels().isEmpty()
                ? "Redis at " + hosts(uris)
                : "the Redis master " + first.getSentinelMasterId() + " of the Sentinels "
                        + hosts(first.getSentinels());
    }

    private static String hosts(List<RedisURI> uris) {
        return String.join(
                ", ",
                uris.stream().map(uri -> uri.getHost() + ":" + uri.getPort()).toList());
    }
}
