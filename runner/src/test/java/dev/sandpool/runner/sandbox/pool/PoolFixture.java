package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.ManualTimer;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.pool.ManualSandboxes.FakeSandbox;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A pool whose sandboxes start and greet when a test lets them, with a clock that the test moves. */
class PoolFixture {
    static final Duration NOT = Duration.ZERO;
    static final Duration LONG = Duration.ofSeconds(10);

    final ManualSandboxes sandboxes = new ManualSandboxes();
    final ManualTimer timer = new ManualTimer();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final WarmPool pool = new WarmPool(sandboxes, meters, timer, new LatestRandom());

    @AfterEach
    void close() {
        pool.close();
    }

    /** Opens the pool and lets all sandboxes start, one after the other, so that they have an order. */
    void openWith(PoolSettings settings) throws InterruptedException {
        pool.apply(settings);
        pool.open();
        for (int i = 1; i <= settings.rules().warmMax(); i++) {
            start(i);
        }
    }

    /** Lets one start succeed, after which this number of sandboxes is warm and the first PING is planned. */
    void start(int warm) throws InterruptedException {
        sandboxes.succeed();
        awaitWarm(warm);
        List.copyOf(sandboxes.started).getLast().awaitWatched();
    }

    void awaitWarm(int warm) {
        await().untilAsserted(() -> assertThat(pool.state().warm()).isEqualTo(warm));
    }

    Sandbox ran(String caller) throws Exception {
        Sandbox claimed = pool.claim(caller, NOT);
        run(claimed);
        return claimed;
    }

    static void run(Sandbox sandbox) {
        sandbox.run(new ProgramRequest(List.of(), InputStream.nullInputStream()), new RecordedOutput(), () -> {});
    }

    /** Claims a sandbox, for which another thread may have to do something first. */
    Sandbox claimed(String caller) {
        try {
            return pool.claim(caller, LONG);
        } catch (NoSandboxException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    FakeSandbox made(Sandbox sandbox) {
        return sandboxes.started.stream()
                .filter(each -> each.name().equals(sandbox.name()))
                .findFirst()
                .orElseThrow();
    }
}
