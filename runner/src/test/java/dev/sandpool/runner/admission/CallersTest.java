package dev.sandpool.runner.admission;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.OverloadTest;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** Callers of {@code /run}, told apart by a header, and what each may have. */
class CallersTest {
    private final CountDownLatch running = new CountDownLatch(1);
    private final Semaphore mayEnd = new Semaphore(0);
    private final Queue<String> order = new ConcurrentLinkedQueue<>();
    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        order.add(request.arguments().toString());
        sandbox.receive(request);
        running.countDown();
        mayEnd.acquire();
        return EXIT_0;
    });

    @Test
    void aFloodDoesNotKeepAnotherCallerWaiting() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-depth=2", "--caller-header=X-Team");
                var first = server.connect();
                var second = server.connect();
                var third = server.connect();
                var other = server.connect()) {
            first.send(post("p", "X-Team: flood", "X-Argument: 1"));
            running.await();
            second.send(post("p", "X-Team: flood", "X-Argument: 2"));
            awaitWaiting(server, 1);
            third.send(post("p", "X-Team: flood", "X-Argument: 3"));
            awaitWaiting(server, 2);

            other.send(post("p", "X-Team: other", "X-Argument: 4"));

            var displaced = third.reply();
            assertThat(displaced.status()).isEqualTo(429);
            assertThat(displaced.body()).isEqualTo("the queue is full, and most of it is one caller's\n");
            assertThat(displaced.header("retry-after")).matches("[1-9]\\d*");
            assertThat(server.registry.get("sandpool.callers.waiting").gauge().value())
                    .isEqualTo(2);
            mayEnd.release(3);
            assertThat(first.reply().status()).isEqualTo(200);
            assertThat(other.reply().status()).isEqualTo(200);
            assertThat(second.reply().status()).isEqualTo(200);
            assertThat(order).containsExactly("[1]", "[4]", "[2]");
        }
    }

    @Test
    void moreAtOnceThanACallerMayHaveIsRefusedBeforeItIsRead() throws Exception {
        try (var server = new RunningServer(
                        sandboxes, "--workers=1", "--caller-concurrency=1", "--caller-header=X-Team");
                var first = server.connect();
                var other = server.connect()) {
            first.send(post("p", "X-Team: a"));
            running.await();

            var refused = server.ask(RawClient.head(1000, "X-Team: a"));

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.body()).isEqualTo("too many runs of one caller at once\n");
            other.send(post("p", "X-Team: b"));
            mayEnd.release(2);
            assertThat(first.reply().status()).isEqualTo(200);
            assertThat(other.reply().status()).isEqualTo(200);
            assertThat(server.registry
                            .get("sandpool.runs")
                            .tag("outcome", "caller_concurrency")
                            .counter()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void moreAMinuteThanACallerMayBeginIsRefusedUntilThen() throws Exception {
        mayEnd.release(10);
        try (var server = new RunningServer(sandboxes, "--caller-rate=1", "--caller-burst=2")) {
            assertThat(server.ask(post("p", "X-Team: a")).status()).isEqualTo(200);
            assertThat(server.ask(post("p", "X-Team: b")).status()).isEqualTo(200);

            var refused = server.ask(post("p", "X-Team: c")); // nobody asked for that header: one address

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.body()).isEqualTo("too many runs of one caller in a minute\n");
            assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 60);
        }
    }

    /** As behind a proxy that appends to X-Forwarded-For. */
    @Test
    void anAddressThatAClientInventsMakesNoOtherCaller() throws Exception {
        mayEnd.release(10);
        try (var server = new RunningServer(
                sandboxes, "--caller-rate=1", "--caller-burst=2", "--caller-header=X-Forwarded-For")) {
            assertThat(server.ask(post("p", "X-Forwarded-For: 10.0.0.1, 203.0.113.9"))
                            .status())
                    .isEqualTo(200);
            assertThat(server.ask(post("p", "X-Forwarded-For: 10.0.0.2", "X-Forwarded-For: 203.0.113.9"))
                            .status())
                    .isEqualTo(200);

            assertThat(server.ask(post("p", "X-Forwarded-For: 10.0.0.3, 203.0.113.9"))
                            .status())
                    .isEqualTo(429);
            assertThat(server.ask(post("p", "X-Forwarded-For: 203.0.113.9, 203.0.113.10"))
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aNameIsBoundedAndNoOthers() throws Exception {
        String longName = "n".repeat(10_000);

        assertThat(Caller.ofHeader(longName).key()).hasSizeLessThan(100);
        assertThat(Caller.ofHeader(longName)).isNotEqualTo(Caller.ofHeader(longName + "n"));
        assertThat(Caller.ofHeader("a")).isNotEqualTo(Caller.ofUser("a")).isNotEqualTo(Caller.ofToken("a"));
    }

    @Test
    void anIpv6AddressIsAsGoodAsItsNetwork() throws Exception {
        assertThat(from("2001:db8::1")).isEqualTo(from("2001:db8::2")).isNotEqualTo(from("2001:db8:0:1::1"));
        assertThat(from("192.0.2.1")).isEqualTo(new Caller("address:192.0.2.1")).isNotEqualTo(from("192.0.2.2"));
    }

    private static Caller from(String address) throws Exception {
        return Caller.ofAddress(new InetSocketAddress(InetAddress.getByName(address), 1));
    }

    private static void awaitWaiting(RunningServer server, int depth) {
        await().untilAsserted(() -> assertThat(OverloadTest.queueDepth(server)).isEqualTo(depth));
    }
}
