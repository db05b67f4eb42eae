package dev.sandpool.runner.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.runner.admission.Admission;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.sandbox.Outcome;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That the pool's status counts a run by its outcome. */
class RunnerMetricsTest {
    private static final Set<Outcome> NOT_COUNTED = EnumSet.of(
            Outcome.REPEATED,
            Outcome.CLIENT_GONE,
            Outcome.CALLER_CONCURRENCY,
            Outcome.CALLER_RATE,
            Outcome.CALLER_DISPLACED,
            Outcome.UNAUTHENTICATED);
    private static final Set<Outcome> FAILED = EnumSet.of(
            Outcome.SANDBOX_LOST,
            Outcome.AUTHENTICATION_UNAVAILABLE,
            Outcome.OVERLOADED,
            Outcome.NO_SANDBOX,
            Outcome.SHUTTING_DOWN,
            Outcome.FAILED);
    private static final Set<Outcome> TIMED_OUT =
            EnumSet.of(Outcome.TIMED_OUT, Outcome.UNANSWERED, Outcome.CPU_TIME_EXCEEDED);

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void itKnowsWhatWasNotTheProgramsFaultAndWhatTookTooLong(Outcome outcome) {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var metrics = new RunnerMetrics(registry, new Admission(1, 1, Duration.ZERO), new MemoryBudget(1));
        metrics.ended(TestingRun.ended(outcome, Optional.empty()));

        assertThat(metrics.counts())
                .isEqualTo(new RunCounts(
                        NOT_COUNTED.contains(outcome) ? 0 : 1,
                        FAILED.contains(outcome) ? 1 : 0,
                        TIMED_OUT.contains(outcome) ? 1 : 0));
    }
}
