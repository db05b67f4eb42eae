package dev.sandpool.runner;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1Connection;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.http1.spi.Http1Upgrader;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Makes each connection that Helidon accepts an HTTP/1.1 one over a {@link ClientConnection}. */
final class ClientConnections implements ServerConnectionSelector {
    private final ServerConnectionSelector http1;
    private final MemoryBudget budget;
    private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();

    ClientConnections(Http1Config config, Http1Upgrader upgrader, MemoryBudget budget) {
        this.http1 = Http1ConnectionSelector.builder()
                .config(config)
                .addUpgrader(upgrader)
                .build();
        this.budget = budget;
    }

    /** Ends those whose client has sent no request, or none since the last answer. */
    void closeUnused() {
        open.forEach(ClientConnection::abortIfUnused);
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        var client = new ClientConnection(context, budget);
        return new Served(client, (Http1Connection) http1.connection(client), open);
    }

    /** Helidon's connection, run where {@link ClientConnection#current} is known. */
    private record Served(ClientConnection client, Http1Connection helidons, Set<ClientConnection> open)
            implements ServerConnection, InterruptableTask<Void> {
        @Override
        public void handle(Limit limit) throws InterruptedException {
            open.add(client);
            try {
                client.serve(() -> {
                    helidons.handle(limit);
                    // Helidon returns when it has refused what it could not parse.
                    client.linger();
                    return null;
                });
            } finally {
                open.remove(client);
            }
        }

        @Override
        public boolean canInterrupt() {
            return !client.isUpgraded() && helidons.canInterrupt();
        }

        @Override
        public Duration idleTime() {
            return client.isUpgraded() ? Duration.ZERO : helidons.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            helidons.close(interrupt);
            client.abortIfIdle();
        }
    }
}
