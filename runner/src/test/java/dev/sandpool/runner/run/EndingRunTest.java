package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.api.RunEndpoints;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientConnections;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http1.Http1Config;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code GET /v1/runs/{id}} says of a run that ends at that moment. */
class EndingRunTest {
    private static final Caller SELF = Caller.ofAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));

    private final ActiveRuns active = new ActiveRuns();
    private final AtomicReference<Runnable> whenAnswersAreSearched = new AtomicReference<>(() -> {});
    private final AnswerCache answers = new AnswerCache(new MemoryBudget(1000), 1000, this::nanoTime);
    private final WebServer server = WebServer.builder()
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .protocolsDiscoverServices(false)
            .host("127.0.0.1")
            .useNio(false) // as in RunnerServer
            .addConnectionSelector(new ClientConnections(
                    Http1Config.create(), 64, new FairSemaphore(64), new MemoryBudget(1 << 24), System::nanoTime))
            .routing(routing -> {
                routing.addFilter(
                        (chain, request, response) -> ClientConnection.current().handle(chain, request, response));
                var callers =
                        new Callers(new Callers.Means(Optional.empty(), (_, _) -> Optional.empty(), System::nanoTime));
                new RunEndpoints(runs(callers)).routing(routing);
            })
            .build()
            .start();

    /** Only with what is asked about runs that go on or are over. */
    @SuppressWarnings("NullAway")
    private RunService runs(Callers callers) {
        var services = new RunService.Services(null, callers, null, null, null, null, null, null, active, answers);
        return new RunService(services, null, null, _ -> {}, List.of());
    }

    private long nanoTime() {
        whenAnswersAreSearched.get().run();
        return 0;
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    @Test
    void itIsNotUnknown() throws Exception {
        var run = active.begin(SELF, "mine", new RunCancellation()).orElseThrow();
        whenAnswersAreSearched.set(run::close);

        assertThat(ask()).isEqualTo(409);
        assertThat(ask()).isEqualTo(404);
    }

    private int ask() throws Exception {
        try (var client = new RawClient(server.port())) {
            return client.ask("GET /v1/runs/mine HTTP/1.1\r\nHost: x\r\n\r\n").status();
        }
    }
}
