package io.keylapse.harness;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports.Binding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * Stores in containers, from the images in {@code docker-compose.yml}. Their ports on this machine are fixed, so that a
 * container that is stopped and started again keeps its address.
 */
final class ContainerStores implements Stores {
    private static final int POSTGRES_PORT = 5432;
    private static final int REDIS_PORT = 6379;

    private final String redisPassword = UUID.randomUUID().toString();

    private static final String SMALL_DISK = "/small-disk";

    private final PostgreSQLContainer postgres = new PostgreSQLContainer(
                    ComposeFile.read().image("postgres"))
            .withPassword(UUID.randomUUID().toString())
            .withTmpFs(Map.of(SMALL_DISK, SmallDisk.OPTIONS));
    private final GenericContainer<?> redis = new GenericContainer<>(
                    ComposeFile.read().image("redis"))
            .withExposedPorts(REDIS_PORT)
            .withEnv("REDISCLI_AUTH", redisPassword)
            .withCommand(ComposeFile.read().redisCommand().toArray(String[]::new));

    ContainerStores() {
        onFixedPort(postgres, POSTGRES_PORT);
        // Postgres's fast shutdown; it waits for its clients otherwise.
        postgres.withCreateContainerCmdModifier(create -> create.withStopSignal("SIGINT"));
        onFixedPort(redis, REDIS_PORT);
        postgres.start();
        redis.start();
    }

    private static void onFixedPort(GenericContainer<?> container, int port) {
        var binding = new PortBinding(Binding.bindPort(Node.freePort()), new ExposedPort(port));
        container.withCreateContainerCmdModifier(
                create -> create.getHostConfig().withPortBindings(binding));
    }

    @Override
    public String postgresUrl() {
        return postgres.getJdbcUrl();
    }

    @Override
    public String postgresUser() {
        return postgres.getUsername();
    }

    @Override
    public String postgresPassword() {
        return postgres.getPassword();
    }

    @Override
    public String redisUri() {
        return "redis://:" + redisPassword + "@" + redis.getHost() + ":" + redis.getMappedPort(REDIS_PORT);
    }

    @Override
    public Optional<SmallDisk> smallDisk() {
        // Postgres must own the directory of a tablespace.
        String path = SMALL_DISK + "/tablespace";
        try {
            postgres.execInContainer("install", "-d", "-o", "postgres", path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return Optional.of(SmallDisk.inContainer(path));
    }

    @Override
    public void interruptRedis() {
        stop(redis);
    }

    @Override
    public void resumeRedis() {
        start(redis);
        await().atMost(30, SECONDS)
                .ignoreExceptions()
                .until(() -> redis(commands -> commands.ping()).equals("PONG"));
    }

    @Override
    public void interruptPostgres() {
        stop(postgres);
    }

    @Override
    public void resumePostgres() {
        start(postgres);
        await().atMost(30, SECONDS).ignoreExceptions().until(() -> {
            try (Connection connection = connect()) {
                return connection.isValid(5);
            }
        });
    }

    private static void stop(GenericContainer<?> container) {
        try {
            container
                    .getDockerClient()
                    .stopContainerCmd(container.getContainerId())
                    .exec();
        } catch (NotModifiedException e) {
            // It is stopped already.
        }
    }

    private static void start(GenericContainer<?> container) {
        try {
            container
                    .getDockerClient()
                    .startContainerCmd(container.getContainerId())
                    .exec();
        } catch (NotModifiedException e) {
            // It runs already.
        }
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        postgres.stop();
        redis.stop();
    }
}
