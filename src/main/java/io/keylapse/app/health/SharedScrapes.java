package io.keylapse.app.health;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micronaut.configuration.metrics.micrometer.prometheus.management.PrometheusEndpoint;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import jakarta.inject.Singleton;

/** Lets concurrent scrapes share one page, which costs about 100 KB and reads every gauge. */
@Singleton
final class SharedScrapes implements BeanCreatedEventListener<PrometheusEndpoint> {
    @Override
    public PrometheusEndpoint onCreated(BeanCreatedEvent<PrometheusEndpoint> event) {
        return new Endpoint(event.getSource().getBean(PrometheusMeterRegistry.class));
    }

    private static final class Endpoint extends PrometheusEndpoint {
        private final SharedLook<String> page;

        Endpoint(PrometheusMeterRegistry registry) {
            super(registry);
            page = new SharedLook<>(registry::scrape);
        }

        @Override
        public String scrape() {
            return page.take();
        }
    }
}
