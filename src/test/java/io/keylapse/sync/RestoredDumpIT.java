package io.keylapse.sync;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.keylapse.app.embedded.PostgresCopies;
import io.keylapse.harness.PostgresVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Restores a dump with Postgres's own programs, on their version of Postgres. If {@code REQUIRE_ALL_TESTS} is set,
 * missing programs are a failure.
 */
class RestoredDumpIT extends LostHistory {
    @TempDir
    private Path folder;

    RestoredDumpIT() {
        super(new PostgresCopies(PostgresVersion.start("15")));
    }

    @BeforeAll
    static void programsAreThere() {
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            boolean present = Stream.of(System.getenv("PATH").split(":"))
                    .anyMatch(folder -> Files.isExecutable(Path.of(folder, "pg_restore")));
            assumeThat(present).as("Postgres's client programs").isTrue();
        }
    }

    private Path dump() {
        startNodes(stores.postgresUrl());
        issueKeys();
        Path dump = folder.resolve("keylapse.dump");
        stores.command("pg_dump", "--format=custom", "--file=" + dump);
        changeWhatIsLost();
        return dump;
    }

    @Test
    void dump_is_restored_into_the_same_database_under_running_nodes() {
        Path dump = dump();
        stores.command("pg_restore", "--clean", "--dbname=postgres", dump.toString());
        assertThatPostgresDecides();
    }

    @Test
    void dump_is_restored_into_the_same_database_while_no_node_runs() {
        Path dump = dump();
        closeNodes();
        stores.command("pg_restore", "--clean", "--dbname=postgres", dump.toString());
        startNodes(stores.postgresUrl());
        assertThatPostgresDecides();
    }

    @Test
    void dump_is_restored_into_a_new_database_that_takes_the_place_of_ours() {
        Path dump = dump();
        stores.command("createdb", "restored");
        stores.command("pg_restore", "--dbname=restored", dump.toString());
        stores.putInPlace("postgres", "restored");
        assertThatPostgresDecides();
    }

    @Test
    void data_alone_is_restored_into_an_emptied_database_under_running_nodes() throws IOException {
        restoreDataAlone(dump());
        assertThatPostgresDecides();
    }

    @Test
    void data_alone_is_restored_into_an_emptied_database_while_no_node_runs() throws IOException {
        Path dump = dump();
        closeNodes();
        restoreDataAlone(dump);
        startNodes(stores.postgresUrl());
        assertThatPostgresDecides();
    }

    private void restoreDataAlone(Path dump) throws IOException {
        Path sql = folder.resolve("data.sql");
        stores.command("pg_restore", "--data-only", "--file=" + sql, dump.toString());
        // The history of endings and the audit trail are append-only; emptying them needs their triggers disabled.
        Files.writeString(
                sql,
                "BEGIN;\nALTER TABLE public.blacklist DISABLE TRIGGER USER;\n"
                        + "ALTER TABLE public.audit DISABLE TRIGGER USER;\n"
                        + "DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('public.%I', tablename), ',')"
                        + " FROM pg_tables WHERE schemaname = 'public'); END $$;\n"
                        + Files.readString(sql) + "\nALTER TABLE public.audit ENABLE TRIGGER USER;\n"
                        + "ALTER TABLE public.blacklist ENABLE TRIGGER USER;\nCOMMIT;\n");
        stores.command("psql", "--set=ON_ERROR_STOP=1", "--quiet", "--file=" + sql, "postgres");
    }
}
