package dev.sandpool.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a connection when the server closes those that no request uses. */
@Timeout(60)
class UnusedConnectionTest {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private final ClientConnections connections = new ClientConnections(
            Http1Config.create(), 2, new FairSemaphore(2), new MemoryBudget(1 << 20), System::nanoTime);
    private final WebServer server = WebServer.builder()
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .protocolsDiscoverServices(false)
            .host("127.0.0.1")
            .useNio(false) // as in RunnerServer
            .addConnectionSelector(connections)
            .routing(routing -> routing.addFilter((chain, request, response) ->
                            ClientConnection.current().handle(chain, request, response))
                    .addFilter(this::slowly)
                    .get("/", (request, response) -> response.send("answer")))
            .build()
            .start();
    private RawClient client;

    /** The client may have its answer for a while when the thread that sent it goes on. */
    private void slowly(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        begun.countDown();
        await(mayAnswer);
        chain.proceed();
        await(mayEnd);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void connect() throws IOException {
        client = new RawClient(server.port());
    }

    @AfterEach
    void stop() throws IOException {
        mayAnswer.countDown();
        mayEnd.countDown();
        client.close();
        server.stop();
    }

    @Test
    void oneThatHasItsAnswerIsClosed() throws Exception {
        mayAnswer.countDown();
        mayEnd.countDown();
        client.send(REQUEST);
        assertThat(client.reply().body()).isEqualTo("answer");

        connections.closeUnused();

        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void oneThatHasItsAnswerIsClosedThoughTheServerHasNotNoticedYet() throws Exception {
        mayAnswer.countDown();
        client.send(REQUEST);
        assertThat(client.reply().body()).isEqualTo("answer");

        connections.closeUnused();
        mayEnd.countDown();

        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void oneThatWaitsForItsAnswerGetsItBefore() throws Exception {
        client.send(REQUEST);
        begun.await();

        connections.closeUnused();
        mayAnswer.countDown();
        mayEnd.countDown();

        assertThat(client.reply().body()).isEqualTo("answer");
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void oneThatWaitsForTwoAnswersGetsBothBefore() throws Exception {
        mayAnswer.countDown();
        client.send(REQUEST + REQUEST);
        assertThat(client.reply().body()).isEqualTo("answer");

        connections.closeUnused();
        mayEnd.countDown();

        assertThat(client.reply().body()).isEqualTo("answer");
        assertThat(client.isClosedByServer()).isTrue();
    }
}
