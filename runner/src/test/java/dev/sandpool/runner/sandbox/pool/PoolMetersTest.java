package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.ManualTimer;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.TestSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PoolMetersTest {
    private final ManualSandboxes sandboxes = new ManualSandboxes();
    private final ManualTimer timer = new ManualTimer();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void metersTellWhatHappened() throws Exception {
        try (WarmPool metered = new WarmPool(sandboxes, registry, timer, new LatestRandom())) {
            metered.apply(TestSettings.of(1, 1));
            metered.open();
            sandboxes.fail(Reason.REFUSED_FACT);
            await().untilAsserted(() ->
                    assertThat(count("sandpool.sandbox.starts", "refused_fact")).isEqualTo(1));
            await().until(() -> metered.state().lastFailure().isPresent()); // the next start is planned
            timer.advance(Duration.ofMillis(100));
            sandboxes.succeed();
            await().untilAsserted(() -> assertThat(metered.state().warm()).isEqualTo(1));
            assertThat(registry.get("sandpool.sandboxes")
                            .tag("state", "warm")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            assertThat(count("sandpool.sandbox.starts", "warm")).isEqualTo(1);
            Sandbox claimed = metered.claim("someone", Duration.ZERO);
            assertThat(registry.get("sandpool.sandbox.wait")
                            .tag("outcome", "warm")
                            .timer()
                            .count())
                    .isEqualTo(1);
            claimed.run(new ProgramRequest(List.of(), InputStream.nullInputStream()), new RecordedOutput(), () -> {});
            assertThat(registry.get("sandpool.program.spared").counter().count())
                    .isEqualTo(ManualSandboxes.FakeSandbox.BYTES_SPARED);
            claimed.close();
            sandboxes.succeed();
            await().untilAsserted(() -> assertThat(metered.state().warm()).isEqualTo(1));
            sandboxes.started.take();
            sandboxes.started.take().die();
            assertThat(registry.get("sandpool.sandboxes.lost").counter().count())
                    .isEqualTo(1);
        }
    }

    private double count(String name, String outcome) {
        return registry.get(name).tag("outcome", outcome).counter().count();
    }
}
