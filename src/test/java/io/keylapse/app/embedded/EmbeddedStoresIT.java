package io.keylapse.app.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoresIT {

    @TempDir
    static Path unpacked;

    @TempDir
    Path scratch;

    private Path data;

    @BeforeAll
    static void unpack_the_programs_once() {
        Programs programs = new Programs(unpacked);
        programs.postgres();
        programs.redisServer();
    }

    @BeforeEach
    void name_the_data_directory() throws Exception {
        data = scratch.resolve("the data");
        Files.createDirectory(data, PrivateFile.folder());
        Files.createSymbolicLink(data.resolve("programs"), unpacked);
    }

    @Test
    void a_data_directory_that_is_not_there_is_made_with_all_it_needs() throws Exception {
        Path fresh = scratch.resolve("not/there/yet");
        try (EmbeddedStores stores = EmbeddedStores.start(fresh)) {
            StoreClient.write(stores, "kept");
            assertThat(StoreClient.read(stores)).isEqualTo("kept kept");
            assertThat(permissions(fresh)).isEqualTo("rwx------");
        }
    }

    @Test
    void data_is_there_after_a_close_and_a_next_start() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            StoreClient.write(stores, "kept");
        }
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            assertThat(StoreClient.read(stores)).isEqualTo("kept kept");
        }
    }

    @Test
    void the_second_start_takes_less_than_three_seconds() {
        EmbeddedStores.start(data).close();
        Instant begin = Instant.now();
        EmbeddedStores stores = EmbeddedStores.start(data);
        Duration taken = Duration.between(begin, Instant.now());
        stores.close();
        assertThat(taken).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void postgres_is_durable_utf8_with_c_collation_in_utc() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            assertThat(StoreClient.ask(stores, "SHOW fsync")).isEqualTo("on");
            assertThat(StoreClient.ask(stores, "SHOW synchronous_commit")).isEqualTo("on");
            assertThat(StoreClient.ask(stores, "SHOW full_page_writes")).isEqualTo("on");
            assertThat(StoreClient.ask(stores, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(StoreClient.ask(stores, "SELECT datlocale FROM pg_database WHERE datname = current_database()"))
                    .isEqualTo("C.UTF-8");
            // A query would return the client's time zone, because the JDBC driver sets it.
            assertThat(Files.readString(data.resolve("postgres/postmaster.opts")))
                    .contains("timezone=UTC");
            assertThat(StoreClient.ask(stores, "SHOW max_connections")).isEqualTo("100");
            assertThat(StoreClient.ask(stores, "SHOW server_version")).startsWith("18.");
        }
    }

    @Test
    void redis_announces_expiries_evicts_nothing_and_logs_every_write() {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            assertThat(StoreClient.setting(stores, "notify-keyspace-events")).isEqualTo("xE");
            assertThat(StoreClient.setting(stores, "maxmemory-policy")).isEqualTo("noeviction");
            assertThat(StoreClient.setting(stores, "appendonly")).isEqualTo("yes");
            assertThat(StoreClient.setting(stores, "appendfsync")).isEqualTo("everysec");
            assertThat(StoreClient.setting(stores, "save")).isEmpty();
        }
    }

    @Test
    void the_stores_listen_on_loopback_only() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            assertThat(StoreClient.ask(stores, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(StoreClient.ask(stores, "SHOW unix_socket_directories")).isEmpty();
            assertThat(StoreClient.setting(stores, "bind")).isEqualTo("127.0.0.1");
            for (StoreProcess store : List.of(stores.postgres(), stores.redis())) {
                assertThat(ListeningSockets.of(store.port()))
                        .as("addresses on which port %d is open", store.port())
                        .isNotEmpty()
                        .allMatch(InetAddress::isLoopbackAddress);
            }
        }
    }

    @Test
    void other_users_of_the_machine_cannot_read_the_stores() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            assertThat(permissions(data.resolve("postgres"))).isEqualTo("rwx------");
            assertThat(permissions(data.resolve("redis"))).isEqualTo("rwx------");
            assertThat(permissions(data.resolve("store-password"))).isEqualTo("rw-------");
            assertThat(permissions(data.resolve("redis/redis.conf"))).isEqualTo("rw-------");
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> DriverManager.getConnection(stores.postgresUrl(), stores.postgresUser(), "guess")
                            .close());
            try (Socket socket =
                    new Socket(InetAddress.getLoopbackAddress(), stores.redis().port())) {
                socket.getOutputStream().write("GET word\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(socket.getInputStream().readNBytes(7), StandardCharsets.US_ASCII))
                        .isEqualTo("-NOAUTH");
            }
            ProcessHandle redis = ProcessHandle.of(stores.redis().pid()).orElseThrow();
            assertThat(redis.info().commandLine().orElseThrow()).doesNotContain(stores.postgresPassword());
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void logs_are_files_in_the_data_directory() {
        EmbeddedStores.start(data).close();
        assertThat(data.resolve("logs/postgres.log")).content().contains("database system is ready");
        assertThat(data.resolve("logs/redis.log")).content().contains("Ready to accept connections");
    }

    @Test
    void close_does_not_wait_for_clients_and_can_be_called_again() throws Exception {
        EmbeddedStores stores = EmbeddedStores.start(data);
        ProcessHandle postgres = ProcessHandle.of(stores.postgres().pid()).orElseThrow();
        ProcessHandle redis = ProcessHandle.of(stores.redis().pid()).orElseThrow();
        try (Connection client = StoreClient.postgres(stores)) {
            Instant begin = Instant.now();
            stores.close();
            assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
            assertThat(client.isValid(1)).isFalse();
        }
        assertThat(postgres.isAlive()).isFalse();
        assertThat(redis.isAlive()).isFalse();
        assertThat(data.resolve("logs/postgres.log")).content().contains("received fast shutdown request");
        assertThatCode(stores::close).doesNotThrowAnyException();
    }

    @Test
    void close_is_quiet_when_the_servers_have_stopped_by_themselves() throws Exception {
        EmbeddedStores stores = EmbeddedStores.start(data);
        StoreClient.write(stores, "kept");
        long postgres = stores.postgres().pid();
        long redis = stores.redis().pid();
        new ProcessBuilder("sh", "-c", "kill -INT " + postgres + " " + redis)
                .start()
                .waitFor();
        await().until(() -> !stores.postgres().isRunning() && !stores.redis().isRunning());
        assertThatCode(stores::close).doesNotThrowAnyException();
        try (EmbeddedStores next = EmbeddedStores.start(data)) {
            assertThat(StoreClient.read(next)).isEqualTo("kept kept");
        }
    }

    @Test
    void control_c_loses_nothing_and_shows_no_stack_trace() throws Exception {
        try (ChildKeylapse child = ChildKeylapse.on(data, scratch)) {
            List<String> ready = child.awaitReady();
            assertThat(child.pressControlC()).isEqualTo(130);
            assertThat(child.output()).doesNotContain("Exception", "\tat ", " WARN ", " ERROR ");
            assertThat(ProcessHandle.of(Long.parseLong(ready.get(0)))).isEmpty();
            assertThat(ProcessHandle.of(Long.parseLong(ready.get(1)))).isEmpty();
        }
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            assertThat(StoreClient.read(stores)).isEqualTo("kept kept");
        }
    }

    @Test
    void control_c_in_the_terminal_leaves_the_servers_to_the_application() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            for (long pid : new long[] {stores.postgres().pid(), stores.redis().pid()}) {
                List<String> stat = List.of(
                        Files.readString(Path.of("/proc/" + pid + "/stat")).split(" ", -1));
                assertThat(stat.get(5)).as("session").isEqualTo(Long.toString(pid));
            }
        }
    }

    @Test
    void data_written_before_a_kill_minus_nine_is_there_after_the_next_start() throws Exception {
        try (ChildKeylapse child = ChildKeylapse.on(data, scratch)) {
            List<String> ready = child.awaitReady();
            ProcessHandle postgres =
                    ProcessHandle.of(Long.parseLong(ready.get(0))).orElseThrow();
            ProcessHandle redis = ProcessHandle.of(Long.parseLong(ready.get(1))).orElseThrow();
            child.killMinusNine();
            assertThat(postgres.isAlive()).as("an orphan to find").isTrue();
            assertThat(redis.isAlive()).as("an orphan to find").isTrue();
            try (EmbeddedStores stores = EmbeddedStores.start(data)) {
                assertThat(postgres.isAlive()).isFalse();
                assertThat(redis.isAlive()).isFalse();
                assertThat(StoreClient.read(stores)).isEqualTo("kept kept");
            }
            assertThat(data.resolve("logs/postgres.log")).content().doesNotContain("not properly shut down");
        }
    }

    @Test
    void data_survives_a_kill_minus_nine_of_everything() throws Exception {
        EmbeddedStores stores = EmbeddedStores.start(data);
        StoreClient.write(stores, "kept");
        stores.postgres().kill();
        stores.redis().kill();
        stores.close();
        try (EmbeddedStores next = EmbeddedStores.start(data)) {
            assertThat(StoreClient.read(next)).isEqualTo("kept kept");
        }
    }

    @Test
    void a_first_start_killed_half_way_does_no_harm() throws Exception {
        try (ChildKeylapse child = ChildKeylapse.on(data, scratch)) {
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> setsUp(data));
            child.killMinusNine();
        }
        assertThat(data.resolve("postgres")).doesNotExist();
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            StoreClient.write(stores, "kept");
            assertThat(StoreClient.read(stores)).isEqualTo("kept kept");
        }
        assertThat(setsUp(data)).as("the half store is left").isFalse();
    }

    private static boolean setsUp(Path data) throws IOException {
        if (Files.notExists(data)) {
            return false;
        }
        try (Stream<Path> drafts =
                Files.list(data).filter(file -> file.getFileName().toString().startsWith(".draft-"))) {
            return drafts.anyMatch(draft -> Files.exists(draft.resolve("base")));
        }
    }

    @Test
    void a_stranger_who_was_given_the_pid_of_a_dead_server_is_never_killed() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            StoreClient.write(stores, "kept");
            stores.postgres().kill();
            stores.redis().kill();
        }
        Process stranger = new ProcessBuilder("sleep", "600").start();
        try {
            Path postmaster = data.resolve("postgres/postmaster.pid");
            Files.writeString(postmaster, Files.readString(postmaster).replaceFirst("^\\d+", stranger.pid() + ""));
            Files.writeString(data.resolve("redis/redis.pid"), stranger.pid() + "\n");
            try (EmbeddedStores stores = EmbeddedStores.start(data)) {
                assertThat(StoreClient.read(stores)).isEqualTo("kept kept");
                assertThat(stranger.isAlive()).isTrue();
            }
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void a_server_of_another_data_directory_is_never_killed() throws Exception {
        EmbeddedStores.start(data).close();
        try (EmbeddedStores other = EmbeddedStores.start(scratch.resolve("other"))) {
            Files.copy(scratch.resolve("other/postgres/postmaster.pid"), data.resolve("postgres/postmaster.pid"));
            Files.copy(scratch.resolve("other/redis/redis.pid"), data.resolve("redis/redis.pid"));
            try (EmbeddedStores stores = EmbeddedStores.start(data)) {
                assertThat(stores.postgres().isRunning()).isTrue();
                assertThat(other.postgres().isRunning()).isTrue();
                assertThat(other.redis().isRunning()).isTrue();
            }
        }
    }

    @Test
    void a_second_keylapse_on_the_same_data_directory_is_refused_by_name() throws Exception {
        try (ChildKeylapse child = ChildKeylapse.on(data, scratch)) {
            child.awaitReady();
            assertThat(refusal(data))
                    .isEqualTo("data directory " + data + " is in use by another Keylapse (pid " + child.pid()
                            + "); stop it or set KEYLAPSE_DATA_DIR to another folder");
        }
        EmbeddedStores.start(data).close();
    }

    @Test
    void a_second_start_in_the_same_jvm_is_refused_and_the_first_keeps_its_lock() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(data)) {
            assertThat(refusal(data))
                    .contains("in use", "pid " + ProcessHandle.current().pid());
            assertThat(stores.postgres().isRunning()).isTrue();
            try (ChildKeylapse child = ChildKeylapse.on(data, scratch)) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> child.output().contains("is in use by another"));
            }
        }
    }

    @Test
    void a_data_directory_that_cannot_be_made_is_named_in_one_line() throws Exception {
        Path file = Files.createFile(scratch.resolve("file"));
        assertThat(refusal(file.resolve("data")))
                .contains("data directory " + file.resolve("data"), "KEYLAPSE_DATA_DIR");
        assertThat(refusal(file)).contains("data directory " + file, "KEYLAPSE_DATA_DIR");
    }

    @Test
    void data_of_another_major_version_of_postgres_is_refused_in_one_line() throws Exception {
        Files.writeString(Files.createDirectories(data.resolve("postgres")).resolve("PG_VERSION"), "17\n");
        assertThat(refusal(data))
                .contains("was written by PostgreSQL 17, but this Keylapse has 18", "KEYLAPSE_DATA_DIR");
    }

    @Test
    void data_of_another_user_is_refused_in_one_line() throws Exception {
        Path postgres = Files.createDirectories(data.resolve("postgres"));
        assumeThat(new UnixSystem().getUid())
                .as("only root can give files away")
                .isZero();
        Files.setAttribute(postgres, "unix:uid", 65_534);
        assertThat(refusal(data)).contains(postgres + " belongs to user ", "KEYLAPSE_DATA_DIR");
    }

    @Test
    void a_server_that_ends_while_starting_names_its_log_and_leaves_nothing_running() throws Exception {
        // Other tests in this JVM have their own stores.
        List<ProcessHandle> before = ProcessHandle.current().children().toList();
        Files.writeString(Files.createDirectories(data.resolve("postgres")).resolve("PG_VERSION"), "18\n");
        assertThat(refusal(data))
                .contains(
                        "ended while starting",
                        data.resolve("logs/postgres.log").toString());
        assertThat(ProcessHandle.current().children().filter(child -> !before.contains(child)))
                .isEmpty();
    }

    @Test
    void a_lost_password_file_is_explained_in_one_line() throws Exception {
        EmbeddedStores.start(data).close();
        Files.delete(data.resolve("store-password"));
        assertThat(refusal(data))
                .contains(
                        "does not accept the password",
                        data.resolve("store-password").toString());
    }

    private static String refusal(Path data) {
        EmbeddedStoresException refused = catchThrowableOfType(
                EmbeddedStoresException.class, () -> EmbeddedStores.start(data).close());
        assertThat(refused).as("refusal").isNotNull();
        assertThat(refused.getMessage()).doesNotContain("\n");
        return String.valueOf(refused.getMessage());
    }

    @Test
    void a_store_can_be_stopped_or_killed_and_started_again_on_its_port() throws Exception {
        try (EmbeddedStores stores = ThrowawayStores.start()) {
            StoreClient.write(stores, "kept");
            for (StoreProcess store : List.of(stores.postgres(), stores.redis())) {
                int port = store.port();
                long pid = store.pid();
                store.stop();
                assertThat(store.isRunning()).isFalse();
                store.start();
                assertThat(store.pid()).isNotEqualTo(pid);
                store.kill();
                assertThat(store.isRunning()).isFalse();
                store.start();
                assertThat(store.port()).isEqualTo(port);
            }
            assertThat(StoreClient.read(stores)).isEqualTo("kept kept");
        }
    }

    @Test
    void throwaway_stores_leave_nothing_behind() throws Exception {
        EmbeddedStores stores = ThrowawayStores.start();
        Path directory = stores.postgres().home.getParent();
        assertThat(StoreClient.ask(stores, "SHOW fsync")).isEqualTo("off");
        assertThat(directory).isDirectory();
        stores.close();
        assertThat(directory).doesNotExist();
    }

    @Test
    void throwaway_stores_of_a_killed_test_run_are_cleared_away_by_the_next() throws Exception {
        try (ChildKeylapse child = ChildKeylapse.throwaway(scratch)) {
            List<String> ready = child.awaitReady();
            child.killMinusNine();
            Path left = Path.of(ready.get(2));
            Files.setLastModifiedTime(
                    left.resolve("lock"), FileTime.from(Instant.now().minusSeconds(60)));
            ThrowawayStores.start().close();
            assertThat(left).doesNotExist();
            assertThat(ProcessHandle.of(Long.parseLong(ready.get(0))).filter(ProcessHandle::isAlive))
                    .isEmpty();
            assertThat(ProcessHandle.of(Long.parseLong(ready.get(1))).filter(ProcessHandle::isAlive))
                    .isEmpty();
        }
    }
}
