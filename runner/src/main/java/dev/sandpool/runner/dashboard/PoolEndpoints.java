package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.run.Problem;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** The endpoints that show the pool and its runs to people, and the page itself. */
public final class PoolEndpoints {
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
    private static final Header EVENTS = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/event-stream");
    private static final Header NOT_STORED = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");
    private static final Duration KEEP_ALIVE_EVERY = Duration.ofSeconds(15);
    private static final byte[] KEEP_ALIVE = ": \n\n".getBytes(StandardCharsets.US_ASCII);
    private static final long RETRY_SECONDS = 5;
    private static final Problem FULL = new Problem(
            "too-many-watchers",
            503,
            "Too many watchers",
            PoolWatch.MOST_LISTENERS + " pages watch this runner already, or it is about to end");

    private final Supplier<PoolSnapshot> pool;
    private final RecentRuns recent;
    private final PoolWatch watch;
    private final Callers callers;
    private final UiFiles page = new UiFiles();

    /** @param callers identifies callers; those that may run programs may also see the runs */
    public PoolEndpoints(Supplier<PoolSnapshot> pool, RecentRuns recent, PoolWatch watch, Callers callers) {
        this.pool = pool;
        this.recent = recent;
        this.watch = watch;
        this.callers = callers;
    }

    public void routing(HttpRouting.Builder routing) {
        routing.get("/v1/pool", ProblemReply.whenKnown(callers, (_, request, response) -> pool(request, response)))
                .get("/v1/pool/events", ProblemReply.whenKnown(callers, this::events))
                .get("/v1/runs", ProblemReply.whenKnown(callers, this::runs));
        page.routing(routing);
    }

    private void pool(ServerRequest request, ServerResponse response) {
        json(request, response, PoolJson.pool(pool.get(), Instant.now()));
    }

    private void runs(Caller caller, ServerRequest request, ServerResponse response) {
        json(request, response, PoolJson.runs(recent.latest(), caller));
    }

    private static void json(ServerRequest request, ServerResponse response, byte[] body) {
        PlainTextResponse.prepare(request, response);
        response.header(JSON).header(NOT_STORED).send(body);
    }

    private void events(Caller caller, ServerRequest request, ServerResponse response) {
        ClientConnection client = ClientConnection.current();
        Optional<PoolWatch.Listener> listening = watch.listen(caller, client::abort);
        PlainTextResponse.prepareStream(request, response);
        response.header(NOT_STORED);
        if (listening.isEmpty()) {
            ProblemReply.send(request, response, FULL, OptionalLong.of(RETRY_SECONDS));
            return;
        }
        try (PoolWatch.Listener listener = listening.get()) {
            client.bytes().readAhead(listener::close);
            tell(listener, response.header(EVENTS));
        } finally {
            client.bytes().readOnDemand();
        }
    }

    private static void tell(PoolWatch.Listener listener, ServerResponse response) {
        try (OutputStream out = response.outputStream()) {
            Optional<byte[]> event = listener.next(KEEP_ALIVE_EVERY);
            while (event.isPresent()) {
                out.write(event.get().length == 0 ? KEEP_ALIVE : event.get());
                out.flush();
                event = listener.next(KEEP_ALIVE_EVERY);
            }
        } catch (InterruptedException
                | IOException
                | UncheckedIOException
                | SocketWriterException
                | ServerConnectionException e) {
            throw new CloseConnectionException("nobody watches the pool here any more", e);
        }
    }
}
