package io.keylapse.harness;

import org.testcontainers.containers.GenericContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Stores in containers, from the images in {@code docker-compose.yml}. */
final class ContainerStores implements Stores {
    private static final int REDIS_PORT = 6379;

    private final PostgreSQLContainer postgres =
            new PostgreSQLContainer(ComposeFile.read().image("postgres"));
    private final GenericContainer<?> redis = new GenericContainer<>(
                    ComposeFile.read().image("redis"))
            .withExposedPorts(REDIS_PORT)
            .withCommand(ComposeFile.read().redisCommand().toArray(String[]::new));

    ContainerStores() {
        postgres.start();
        redis.start();
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
        return "redis://" + redis.getHost() + ":" + redis.getMappedPort(REDIS_PORT);
    }

    // Containers are paused rather than stopped, because a restarted container gets another port.

    @Override
    public void interruptRedis() {
        redis.getDockerClient().pauseContainerCmd(redis.getContainerId()).exec();
    }

    @Override
    public void resumeRedis() {
        redis.getDockerClient().unpauseContainerCmd(redis.getContainerId()).exec();
    }

    @Override
    public void interruptPostgres() {
        postgres.getDockerClient().pauseContainerCmd(postgres.getContainerId()).exec();
    }

    @Override
    public void resumePostgres() {
        postgres.getDockerClient()
                .unpauseContainerCmd(postgres.getContainerId())
                .exec();
    }

    @Override
    public void close() {
        postgres.stop();
        redis.stop();
    }
}
