package dev.sandpool.runner.run;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.HttpClock;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What options take of the heap, and that one caller's leave room for others'. */
@Timeout(60)
class OptionMemoryTest {
    private static final Caller ANNA = Caller.ofHeader("anna");
    private static final Caller BEN = Caller.ofHeader("ben");

    private final FairSemaphore stock = new FairSemaphore(16);

    private static byte[] text(String what, int times) {
        return what.repeat(times).getBytes(US_ASCII);
    }

    @Test
    void fewOptionsTakeNothing() throws Exception {
        var memory = new OptionMemory(new FairSemaphore(0), ANNA);
        memory.take(text("{\"arguments\":[\"-v\",\"x\"],\"environment\":{\"A\":\"b\"},\"runTimeout\":\"2s\"}", 1));
        memory.take(text("a", 4096));
    }

    @ParameterizedTest
    @CsvSource({"a, 60000, 4", "'\"abcdef\",', 6000, 15", "'{},', 20000, 29", "',', 60000, 29"})
    void whatIsParsedTakesMoreThanItsBytes(String what, int times, int pieces) throws Exception {
        var memory = new OptionMemory(new FairSemaphore(2 * pieces - 2), ANNA);

        assertThatThrownBy(() -> memory.take(text(what, times)))
                .isInstanceOf(NoRunException.class)
                .hasMessage("there is no memory for these options now");
        assertThatCode(() -> new OptionMemory(new FairSemaphore(2 * pieces), ANNA).take(text(what, times)))
                .doesNotThrowAnyException();
    }

    @Test
    void oneCallerLeavesRoomForOthersAndAllIsGivenBack() throws Exception {
        try (var all = new OptionMemory(stock, ANNA)) {
            all.take(new byte[(OptionMemory.FREE_BYTES + 8 * OptionMemory.PIECE) / 4]);
            assertThatThrownBy(() -> all.take(new byte[1])).isInstanceOf(NoRunException.class);
            new OptionMemory(stock, BEN).take(new byte[OptionMemory.FREE_BYTES]);
        }
        assertThat(stock.holdsAny(ANNA)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"header", "form"})
    void optionsAreHeldAsLongAsTheirRun(String where) throws Exception {
        var running = new CountDownLatch(2);
        var finish = new CountDownLatch(1);
        var sandboxes = new FakeSandboxes((request, output, sandbox) -> {
            sandbox.receive(request);
            running.countDown();
            finish.await();
            return FakeSandboxes.EXIT_0;
        });
        // 50,000 bytes take three of the eight pieces that one caller may have.
        String options = "{\"stdin\":\"" + "a".repeat(50_000) + "\"}";
        String form = "--b\r\nContent-Disposition: form-data; name=options\r\n\r\n" + options
                + "\r\n--b\r\nContent-Disposition: form-data; name=program\r\n\r\nx\r\n--b--\r\n";
        String request = where.equals("form")
                ? "POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: "
                        + form.length() + "\r\n\r\n" + form
                : "POST /v1/runs HTTP/1.1\r\nHost: x\r\nSandpool-Options: " + options
                        + "\r\nContent-Length: 1\r\n\r\nx";
        try (var server = new RunningServer(sandboxes, new HeapShares(8 << 20), new HttpClock(), "--workers=3");
                var first = server.connect();
                var second = server.connect()) {
            first.send(request);
            second.send(request);
            running.await();

            var third = server.ask(request);
            assertThat(third.status()).isEqualTo(503);
            assertThat(third.header("retry-after")).isEqualTo("1");
            assertThat(server.askAdmin("/metrics").body()).contains("sandpool_runs_total{outcome=\"overloaded\"} 1.0");
            assertThat(third.body()).contains("/problems/overloaded", "there is no memory for these options now");

            finish.countDown();
            assertThat(first.reply(false).status()).isEqualTo(200);
            assertThat(second.reply(false).status()).isEqualTo(200);
        }
    }

    @Test
    void aLiveRunWhoseOptionsFindNoRoomIsToldSo() throws Exception {
        var sandboxes = new FakeSandboxes(FakeSandboxes.printing("", 0));
        try (var server = new RunningServer(sandboxes, new HeapShares(8 << 20), new HttpClock());
                var client = server.connect()) {
            var upgraded = client.ask("GET /v1/runs/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(upgraded.status()).isEqualTo(101);
            byte[] options = text("{},", 10_000);

            client.send(ByteBuffer.allocate(14 + options.length)
                    .put((byte) 0x81)
                    .put((byte) 0xff)
                    .putLong(options.length)
                    .putInt(0)
                    .put(options)
                    .array());

            assertThat(client.frame()).contains("/problems/overloaded", "there is no memory for these options now");
        }
    }

    @Test
    void whatIsOverIsGivenBack() throws Exception {
        var sandboxes = new FakeSandboxes(FakeSandboxes.printing("", 0));
        String options = "{\"stdin\":\"" + "a".repeat(50_000) + "\"}";
        try (var server = new RunningServer(sandboxes, new HeapShares(8 << 20), new HttpClock())) {
            for (int i = 0; i < 10; i++) {
                // A moment after the answer.
                await().until(() ->
                        server.ask("POST /v1/runs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSandpool-Options: "
                                                + options + "\r\nContent-Length: 1\r\n\r\nx")
                                        .status()
                                == 200);
            }
        }
    }
}
