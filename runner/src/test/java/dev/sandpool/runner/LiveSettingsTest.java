package dev.sandpool.runner;

import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Settings that come late, and change. */
class LiveSettingsTest {
    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("hello", 0));

    @Test
    void beforeThereAreSettingsARunnerIsAliveAndSaysWhatItWaitsFor() throws Exception {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var config = RunnerConfig.read(
                Map.of(),
                List.of(
                        "--sandboxes=kubernetes",
                        "--pool=go",
                        "--namespace=ns",
                        "--listen=127.0.0.1:0",
                        "--admin-listen=127.0.0.1:0"));
        try (var pool = new WarmPool(sandboxes, registry);
                var server = new RunnerServer(
                        config,
                        pool,
                        (_, _) -> Optional.empty(),
                        () -> Optional.of("no settings yet: ConfigMap go-runner is not there"),
                        _ -> {},
                        registry)) {
            server.start();
            pool.open();
            try (var main = new RawClient(server.port());
                    var admin = new RawClient(server.adminPort())) {
                assertThat(admin.ask("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").status())
                        .isEqualTo(200);
                var ready = admin.ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
                assertThat(ready.status()).isEqualTo(503);
                assertThat(ready.body()).isEqualTo("no settings yet: ConfigMap go-runner is not there\n");
                assertThat(main.ask(post("program")).status()).isEqualTo(503);
            }
        }
    }

    @Test
    void aChangeIsInForceWithoutARestart() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-depth=0", "--binary-limit=1Ki")) {
            await().untilAsserted(() ->
                    assertThat(server.askAdmin("/readyz").status()).isEqualTo(200));
            assertThat(server.ask(post("x".repeat(1025))).status()).isEqualTo(413);

            PoolSettings before = server.settings;
            server.server.apply(TestSettings.changed(before, "workers: 3, warmMax: 3"));

            await().untilAsserted(() -> assertThat(sandboxes.open()).isEqualTo(3));
            SandboxLimits limits = before.revision().limits();
            assertThat(limits.runTimeout()).isEqualTo(Duration.ofSeconds(5));
            assertThat(server.server.served().runs().total()).isEqualTo(1);
        }
    }
}
