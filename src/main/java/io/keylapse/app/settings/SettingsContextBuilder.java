package io.keylapse.app.settings;

import io.micronaut.context.ApplicationContext;
import io.micronaut.context.ApplicationContextConfiguration;
import io.micronaut.context.DefaultApplicationContext;
import io.micronaut.context.DefaultApplicationContextBuilder;
import io.micronaut.context.env.DefaultEnvironment;
import io.micronaut.context.env.PropertySource;
import io.micronaut.context.env.PropertySource.PropertyConvention;

/**
 * Builds application contexts that trim all settings, whether they come from environment variables, system properties,
 * files or the program itself.
 */
public final class SettingsContextBuilder extends DefaultApplicationContextBuilder {
    @Override
    protected ApplicationContext newApplicationContext() {
        var context = new DefaultApplicationContext(this);
        context.setEnvironment(new SettingsEnvironment(this));
        return context;
    }

    /** Every value of every source passes through this class. */
    private static final class SettingsEnvironment extends DefaultEnvironment {
        SettingsEnvironment(ApplicationContextConfiguration configuration) {
            // Logging is off: at trace it would log every value, including secrets.
            super(configuration, false);
        }

        @Override
        protected void processPropertySource(PropertySource source, PropertyConvention convention) {
            super.processPropertySource(new SettingsSource(source, convention), convention);
        }
    }
}
