package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.run.Drain;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.PoolState.StartFailure;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProbesTest {
    private static final Optional<StartFailure> NONE = Optional.empty();
    private static final Optional<StartFailure> QUOTA =
            Optional.of(new StartFailure("r1", Reason.QUOTA, "no room", Instant.EPOCH));
    private static final Duration LONG = Duration.ofSeconds(5);
    private static final Duration SHORT = LONG.minusNanos(1);

    @Test
    void aPoolWithAWarmOrRunningSandboxIsWell() {
        assertThat(sickness(1, 0, Duration.ZERO, true, QUOTA)).isEmpty();
        assertThat(sickness(0, 1, Duration.ZERO, true, QUOTA)).isEmpty();
    }

    /** Otherwise its Service, which may have no other runner, would refuse connections. */
    @Test
    void aStartThatFailsMakesARunnerUnreadyOnlyWhenItHasHadNoSandboxForLong() {
        assertThat(sickness(0, 0, SHORT, true, QUOTA)).isEmpty();
        assertThat(sickness(0, 0, LONG, true, QUOTA)).contains("no sandbox starts: QUOTA: no room");
    }

    @Test
    void aPoolThatWasEmptiedByRunsIsWellForAsLongAsStartsSucceed() {
        assertThat(sickness(0, 0, LONG, true, NONE)).isEmpty();
    }

    @Test
    void aPoolThatWasNeverWarmIsNotReadyAtOnce() {
        assertThat(sickness(0, 0, Duration.ZERO, false, NONE)).contains("no settings");
        assertThat(sickness(0, 0, Duration.ZERO, false, QUOTA)).contains("no sandbox starts: QUOTA: no room");
    }

    private static Optional<String> sickness(
            int warm, int running, Duration withoutSandbox, boolean everWarm, Optional<StartFailure> failure) {
        PoolState state = new PoolState(
                Map.of("r1", warm),
                0,
                running,
                0,
                1,
                "because",
                1,
                withoutSandbox,
                everWarm,
                Optional.of("r1"),
                Optional.of("r1"),
                failure,
                Optional.empty());
        return new Probes(() -> state, () -> Optional.of("no settings"), new Drain()).sickness();
    }
}
