package dev.sandpool.runner.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.sandbox.Outcome;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class PoolJsonTest {
    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }

    @Test
    void aRunIsToldWithoutWhoseItWas() {
        assertThat(text(PoolJson.run(TestRuns.signalled("a\"b"), true))
                        .replaceAll("Millis\":[\\d.]+", "Millis\":1")
                        .replaceAll("\"handle\":\"[0-9a-f]{24}\"", "\"handle\":\"h\""))
                .isEqualTo("{\"handle\":\"h\",\"id\":\"a\\\"b\",\"begun\":\"2026-11-25T10:00:00Z\",\"api\":\"runs\","
                        + "\"outcome\":\"signalled\",\"signal\":\"SIGSEGV\","
                        + "\"phases\":{\"queueMillis\":1,\"claimMillis\":1,\"sendMillis\":1,\"runMillis\":1},"
                        + "\"usage\":{\"wallMillis\":1,\"userMillis\":1,\"systemMillis\":1,\"peakMemoryBytes\":1048576},"
                        + "\"sandbox\":{\"name\":\"sandbox-1\",\"revision\":\"r1\",\"run\":2},"
                        + "\"bytesIn\":1000,\"stdoutBytes\":5,\"stderrBytes\":7}");
    }

    @Test
    void idsAreToldToWhomTheRunsBelongAndNotBehindAnAddress() {
        var runs = List.of(TestRuns.exited("a"));
        assertThat(text(PoolJson.runs(runs, new Caller("somebody")))).contains("\"id\":\"a\"");
        assertThat(text(PoolJson.runs(runs, new Caller("user:else")))).doesNotContain("\"id\"", "\"a\"");
        assertThat(Caller.ofAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1))
                        .isNamed())
                .isFalse();
    }

    @Test
    void aRunHasOneHandleAndEachAnother() {
        var run = TestRuns.exited("a");
        var handles = new RunHandles();
        assertThat(handles.of(run)).isEqualTo(handles.of(run)).isNotEqualTo(handles.of(TestRuns.exited("b")));
        assertThat(new RunHandles().of(run)).isNotEqualTo(handles.of(run));
    }

    @Test
    void anExitCodeIsToldAndASandboxIsNotIfThereWasNone() {
        assertThat(text(PoolJson.run(TestRuns.exited("a"), false))).contains("\"outcome\":\"exited\",\"exitCode\":3,");
        assertThat(text(PoolJson.runs(List.of(TestRuns.overloaded("a")), new Caller("somebody"))))
                .startsWith("{\"runs\":[{\"handle\":\"")
                .contains(",\"id\":\"a\",")
                .doesNotContain("sandbox", "exitCode", "signal");
    }

    @Test
    void theLastMinutesAreToldInBuckets() {
        var bucket = new RunHistory.Bucket(
                1_000,
                3,
                Map.of(Outcome.TIMED_OUT, 1, Outcome.EXITED, 2),
                OptionalDouble.of(1.26),
                OptionalDouble.of(2),
                OptionalDouble.empty());
        var pool = new PoolSnapshot("p", "r", "v1", 2, 1, 2, "as many as may be", 0, 1, 3, 16, List.of(bucket));

        assertThat(text(PoolJson.pool(pool, Instant.ofEpochSecond(1_003))))
                .startsWith("{\"at\":1003,\"pool\":\"p\",")
                .endsWith("\"buckets\":[{\"t\":1000,\"runs\":3,\"outcomes\":{\"exited\":2,\"timed-out\":1},"
                        + "\"queueMillisP50\":1.3,\"queueMillisP95\":2.0}]}}");
    }
}
