package dev.sandpool.runner.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who still sends while he is refused is not reset before he has read why. The time that he gets for that passes by hand. */
@Timeout(60)
class RefusedClientTest {
    private static final String SMALL = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    private static final String LARGE = "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
    private static final String PIECE = "x".repeat(100_000);

    private final AtomicLong nanos = new AtomicLong();
    // One for an address, and one piece of a head that is large.
    private final ClientConnections connections =
            new ClientConnections(Http1Config.create(), 2, new FairSemaphore(2), new MemoryBudget(1 << 20), nanos::get);
    private final WebServer server = WebServer.builder()
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .protocolsDiscoverServices(false)
            .host("127.0.0.1")
            .useNio(false) // as in RunnerServer
            .addConnectionSelector(connections)
            .routing(routing -> {
                routing.addFilter(
                        (chain, request, response) -> ClientConnection.current().handle(chain, request, response));
                routing.post("/", (request, response) -> response.send());
                routing.post("/refused", RefusedClientTest::refuse);
            })
            .build()
            .start();
    private final List<RawClient> clients = new ArrayList<>();

    /** With more at hand of what the client has sent than may be held. */
    private static void refuse(ServerRequest request, ServerResponse response) {
        ClientBytes bytes = ClientConnection.current().bytes();
        bytes.readAhead(() -> {});
        await().until(() -> bytes.held() >= PIECE.length() / 2);
        bytes.readOnDemand();
        response.status(Status.SERVICE_UNAVAILABLE_503).send("refused");
    }

    @AfterEach
    void stop() throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
        server.stop();
    }

    private RawClient connect() throws IOException {
        var client = new RawClient(server.port());
        clients.add(client);
        return client;
    }

    private static void sendsOnInPeace(RawClient client) throws IOException {
        for (int i = 1; i < 10; i++) {
            client.send(PIECE);
        }
        client.halfClose();
        assertThat(client.endsInPeace()).isTrue();
    }

    @Test
    void norIsOneOfWhomMoreWasReadThanMayBeHeld() throws Exception {
        RawClient client = connect();

        assertThat(client.ask(LARGE + PIECE).status()).isEqualTo(503);

        sendsOnInPeace(client);
    }

    @Test
    void norIsOneConnectionTooMany() throws Exception {
        assertThat(connect().ask(SMALL).status()).isEqualTo(200);
        RawClient client = connect();

        assertThat(client.ask(LARGE + PIECE).status()).isEqualTo(503);

        sendsOnInPeace(client);
    }

    @Test
    void ofConnectionsThatAreTooManySomeAreWaitedForAndNotForLong() throws Exception {
        assertThat(connect().ask(SMALL).status()).isEqualTo(200);

        for (int i = 0; i < 32; i++) {
            assertThat(connect().ask(SMALL).status()).isEqualTo(503);
        }
        RawClient more = connect();

        assertThat(more.reply().status()).isEqualTo(503);
        assertThat(more.isClosedByServer()).isTrue();
        try (var time = Executors.newSingleThreadScheduledExecutor()) {
            var passes = time.scheduleWithFixedDelay(this::halfASecondPasses, 0, 1, TimeUnit.MILLISECONDS);
            for (RawClient client : clients.subList(1, 33)) {
                assertThat(client.isClosedByServer()).isTrue();
            }
            passes.cancel(false);
        }
    }

    private void halfASecondPasses() {
        nanos.addAndGet(Duration.ofMillis(500).toNanos());
        connections.closeLate();
    }

    @Test
    void aClientThatIsNotThereToTakeItsAnswerIsNoFailureOfOurs() {
        var writer =
                Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {DataWriter.class}, (_, _, _) -> {
                    throw new SocketWriterException(new IOException("Connection reset"));
                });
        var context = (ConnectionContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ConnectionContext.class}, (_, _, _) -> writer);
        var head = new RequestHead(new FairSemaphore(0), Caller.ofHeader("x"), nanos::get);

        assertThatThrownBy(() -> new ClientConnection(context, head, new MemoryBudget(0)).send(new byte[1]))
                .isInstanceOf(CloseConnectionException.class);
    }
}
