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
 * Parsed {@code KEYLAPSE_REDIS_URI}. Accepted forms:
 *
 * <pre>
 * redis://:password@host:6379                        one server; rediss:// for TLS, here and below
 * redis-sentinel://:password@host:26379,host2#name   the master with this name, according to these Sentinels
 * redis://:password@host:6379,host2:6379             nodes of a Cluster; several hosts always mean a Cluster
 * redis://:pw@host:6379,redis://:pw@host2:6379       the same
 * redis-cluster://:password@host:6379                a Cluster, by one of its nodes
 * </pre>
 *
 * @param uris one URI, or at least one node of the Cluster
 */
record RedisAddress(List<RedisURI> uris, boolean isCluster) {
    /** Timeout of the handshake of a new connection, and of queries of a Sentinel. */
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(2);

    private static final String CLUSTER_SCHEME = "^redis(s?)-cluster://";
    private static final Pattern HOSTS = Pattern.compile("(rediss?://(?:[^/?]*@)?)([^/?]*)(.*)");

    /** @throws ConfigurationException if the URI is invalid; the message names the setting and never quotes a password */
    static RedisAddress of(RedisSettings settings) {
        // A URI contains no spaces.
        String text = settings.uri().replaceAll("\\s*,\\s*", ",");
        try {
            RedisAddress address = text.matches("^rediss?-sentinel://.*") ? sentinels(text, settings) : servers(text);
            address.uris.forEach(uri -> {
                uri.setClientName("keylapse");
                uri.setTimeout(HANDSHAKE_TIMEOUT);
            });
            return address;
        } catch (IllegalArgumentException e) {
            // Drop the exception: its message may quote the URI with the password.
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
            sentinel.setTimeout(HANDSHAKE_TIMEOUT);
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
            throw refused("must not name a database, because a Cluster has only one");
        }
        return new RedisAddress(uris, cluster);
    }

    /** Splits a URI with a list of hosts into one URI for each host. */
    private static Stream<String> hostsOf(String uri) {
        Matcher matcher = HOSTS.matcher(uri);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no URI");
        }
        return Stream.of(matcher.group(2).split(",", -1)).map(host -> matcher.group(1) + host + matcher.group(3));
    }

    private static void checkHost(RedisURI uri) {
        String host = uri.getHost();
        // Lettuce parses an invalid port as part of the host name.
        if (host == null || host.isBlank() || (host.contains(":") && !NetUtil.isValidIpV6Address(host))) {
            throw new IllegalArgumentException("no host");
        }
    }

    private static ConfigurationException refused(String why) {
        return new ConfigurationException("keylapse.redis.uri (KEYLAPSE_REDIS_URI) " + why);
    }

    /** Description for log lines, without secrets. */
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
