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

/** Makes each connection that Helidon accepts an HTTP/1.1 one over a {@link ClientConnection}. */
public final class ClientConnections implements ServerConnectionSelector {
    // As Go's net/http writes an answer to what it does not read.
    private static final byte[] TOO_MANY = """
            HTTP/1.1 503 Service Unavailable\r
            Content-Type: text/plain; charset=utf-8\r
            Retry-After: 1\r
            Connection: close\r
            Content-Length: 20\r
            \r
            too many connections""".getBytes(US_ASCII);

    // Of those who are told so, as many as this get the time to read it, whatever they still send. Each of them costs
    // a piece of 8 KiB, and one of the places for connections that are refused.
    private static final int MOST_LINGERING = 64;

    private final ServerConnectionSelector http1;
    private final FairSemaphore places;
    private final FairSemaphore lingering = new FairSemaphore(MOST_LINGERING);
    private final FairSemaphore headPieces;
    private final MemoryBudget budget;
    private final LongSupplier nanoClock;
    private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();

    /**
     * One socket's.
     *
     * @param most connections at once; one address alone gets half of them
     * @param headPieces what heads of requests that are larger than usual are held in
     */
    public ClientConnections(
            Http1Config config, int most, FairSemaphore headPieces, MemoryBudget budget, LongSupplier nanoClock) {
        this.http1 = Http1ConnectionSelector.builder().config(config).build();
        this.places = new FairSemaphore(most);
        this.headPieces = headPieces;
        this.budget = budget;
        this.nanoClock = nanoClock;
    }

    /** Ends those whose client has not sent in time what it has begun. */
    public void closeLate() {
        open.forEach(ClientConnection::abortIfLate);
    }

    /** Ends those whose client has sent no request, or none since the last answer. */
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

    /** Helidon's connection, run where {@link ClientConnection#current} is known. */
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
                    // Helidon returns when it has refused what it could not parse.
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
