package io.keylapse.harness;

import io.keylapse.app.embedded.EmbeddedStores;

/** The embedded servers, in a temporary directory. */
public class OwnStores implements Stores {
    private final EmbeddedStores stores;

    protected OwnStores(EmbeddedStores stores) {
        this.stores = stores;
    }

    @Override
    public String postgresUrl() {
        return stores.postgresUrl();
    }

    @Override
    public String postgresUser() {
        return stores.postgresUser();
    }

    @Override
    public String postgresPassword() {
        return stores.postgresPassword();
    }

    @Override
    public String redisUri() {
        return stores.redisUri();
    }

    @Override
    public void interruptRedis() {
        stores.redis().stop();
    }

    @Override
    public void resumeRedis() {
        stores.redis().start();
    }

    @Override
    public void interruptPostgres() {
        stores.postgres().stop();
    }

    @Override
    public void resumePostgres() {
        stores.postgres().start();
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        stores.close();
    }
}
