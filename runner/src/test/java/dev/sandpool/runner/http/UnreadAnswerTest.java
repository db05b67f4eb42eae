package dev.sandpool.runner.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.HttpClock;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that ask again and again, and read nothing of what they are answered. */
@Timeout(60)
class UnreadAnswerTest {
    private static final HeapShares HEAP = new HeapShares(64 << 20);
    // The longest output that is kept. In JSON each of its bytes takes six.
    private static final String LONG = "\u0001".repeat(128 * 1024);
    private static final int MORE_THAN_A_SOCKET_BUFFERS = 12;
    private static final String POST = "POST /v1/runs?id=mine HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\np";
    private static final String GET = "GET /v1/runs/mine HTTP/1.1\r\nHost: x\r\n\r\n";

    private final AtomicLong passed = new AtomicLong();
    private final HttpClock clock = new HttpClock() {
        @Override
        public long nanoTime() {
            return super.nanoTime() + passed.get();
        }
    };
    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing(LONG, 0));
    private final RunningServer server = new RunningServer(sandboxes, HEAP, clock);
    private final List<Socket> clients = new ArrayList<>();

    @AfterEach
    void stop() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        server.close();
    }

    @Test
    void keptAnswersThatNobodyReadsTakeNoMoreThanTheBudgetAndNotForLong() throws Exception {
        fillTheMemoryBy(GET.repeat(MORE_THAN_A_SOCKET_BUFFERS));
    }

    @Test
    void soDoAnswersToRepeatedRequests() throws Exception {
        fillTheMemoryBy(POST.repeat(MORE_THAN_A_SOCKET_BUFFERS));
    }

    private void fillTheMemoryBy(String requests) throws IOException {
        int length = server.ask(POST).body().length();
        long idle = HEAP.bodies() - length;
        await().until(() -> memoryLeft() == idle);

        await().untilAsserted(() -> {
            connect(requests);
            var refused = server.ask(GET);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after")).isNotEmpty();
            assertThat(refused.body()).contains("/problems/overloaded", "no memory to send this answer");
        });

        await().untilAsserted(() -> {
            passed.addAndGet(Duration.ofMinutes(2).toNanos());
            assertThat(memoryLeft()).isEqualTo(idle);
        });
        RawClient.Reply again = server.ask(GET);
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.body()).hasSize(length);
        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    @Test
    void aClientThatReadsNothingOfADocumentIsLetGo() throws Exception {
        String request = "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n";
        Socket client = connect(request.repeat(400));

        await().until(() -> {
            passed.addAndGet(Duration.ofMinutes(2).toNanos());
            return isBroken(client, request);
        });
    }

    private Socket connect(String requests) throws IOException {
        var client = new Socket();
        clients.add(client);
        client.setReceiveBufferSize(1);
        client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()));
        write(client, requests);
        return client;
    }

    private static boolean isBroken(Socket client, String request) {
        try {
            write(client, request);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void write(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private long memoryLeft() {
        return (long) server.registry.get("sandpool.memory.left").gauge().value();
    }
}
