package dev.sandpool.runner.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1Connection;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** Turns each connection that Helidon accepts into an HTTP/1.1 connection over a {@link ClientConnection}. */
public final class ClientConnections implements ServerConnectionSelector {
    // In the format of Go's net/http for a response to an unread request.
    private static final byte[] TOO_MANY = """
            HTTP/1.1 503 Service Unavailable\r
            Content-Type: text/plain; charset=utf-8\r
            Retry-After: 1\r
            Connection: close\r
            Content-Length: 20\r
            \r
            too many connections""".getBytes(US_ASCII);

    // The number of refused clients that get time to read the response while they still send. Each costs a buffer of 8
    // KiB, and one of the places for refused connections.
    private static final int MOST_LINGERING = 64;

    private final ServerConnectionSelector http1;
    private final FairSemaphore places;
    private final FairSemaphore lingering = new FairSemaphore(MOST_LINGERING);
    private final FairSemaphore headPieces;
    private final MemoryBudget budget;
    private final LongSupplier nanoClock;
    private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();

    /**
     * Creates the connections of one socket.
     *
     * @param most the maximum number of connections; a single address gets half of them
     * @param headPieces permits for the heads of requests that are larger than usual
     */
    public ClientConnections(
            Http1Config config, int most, FairSemaphore headPieces, MemoryBudget budget, LongSupplier nanoClock) {
        this.http1 = Http1ConnectionSelector.builder().config(config).build();
        this.places = new FairSemaphore(most);
        this.headPieces = headPieces;
        this.budget = budget;
        this.nanoClock = nanoClock;
    }

    /** Closes the connections whose client has not completed in time what it began to send, or not taken its response. */
    public void closeLate() {
        open.forEach(ClientConnection::abortIfLate);
    }

    /**
     * Closes the connections without a request since their start or their last response, and each of the others after
     * its response.
     */
    public void closeUnused() {
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
        var address = Caller.ofAddress(context.remotePeer().address());
        var client = new ClientConnection(context, new RequestHead(headPieces, address, nanoClock), budget);
        return new Served(client, address, (Http1Connection) http1.connection(client), this);
    }

    private interface Http {
        void handle() throws InterruptedException;
    }

    /** Helidon's connection, run with {@link ClientConnection#current} set. */
    private record Served(ClientConnection client, Caller address, Http1Connection helidons, ClientConnections all)
            implements ServerConnection, InterruptableTask<Void> {
        @Override
        public void handle(Limit limit) throws InterruptedException {
            Optional<FairSemaphore.Permit> permit = all.places.tryAcquire(address);
            if (permit.isPresent()) {
                serve(permit.get(), () -> helidons.handle(limit));
            } else {
                refuse();
            }
        }

        private void refuse() throws InterruptedException {
            Optional<FairSemaphore.Permit> permit = all.lingering.tryAcquire(address);
            if (permit.isPresent()) {
                serve(permit.get(), () -> client.send(TOO_MANY));
            } else {
                client.send(TOO_MANY);
            }
        }

        private void serve(FairSemaphore.Permit permit, Http requests) throws InterruptedException {
            all.open.add(client);
            try (permit) {
                client.serve(() -> {
                    requests.handle();
                    // Helidon returns after it has refused what it could not parse.
                    client.linger();
                    return null;
                });
            } finally {
                all.open.remove(client);
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
