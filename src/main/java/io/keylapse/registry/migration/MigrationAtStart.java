package io.keylapse.registry.migration;

import io.micronaut.context.annotation.Value;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.core.value.PropertyResolver;
import jakarta.inject.Singleton;
import javax.sql.DataSource;

/** Migrates before the pool is first used. If migration at start is off, refuses a schema that lacks migrations. */
@Singleton
final class MigrationAtStart implements BeanCreatedEventListener<DataSource> {
    private final Migrations migrations;
    private final boolean atStart;

    MigrationAtStart(PropertyResolver settings, @Value("${keylapse.migration.at-start:true}") boolean atStart) {
        this.migrations = new Migrations(settings);
        this.atStart = atStart;
    }

    @Override
    public DataSource onCreated(BeanCreatedEvent<DataSource> event) {
        if (atStart) {
            migrations.run();
        } else {
            migrations.requireNonePending();
        }
        return event.getBean();
    }
}
