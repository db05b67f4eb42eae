package dev.sandpool.e2e.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final String PAGE = """
            # TYPE sandboxes gauge
            sandboxes{state="warm"} 2.0
            sandboxes{state="warmer",kind="x"} 3.0
            sandboxes_lost_total 7.0
            depth 1.5
            """;

    @Test
    void aNameHasAllItsLabelsAndNoLongerName() {
        assertThat(Metrics.sum(PAGE, "sandboxes")).isEqualTo(5);
        assertThat(Metrics.sum(PAGE, "depth")).isEqualTo(1.5);
        assertThat(Metrics.sum(PAGE, "nothing")).isZero();
    }

    @Test
    void labelsAreWholeOnes() {
        assertThat(Metrics.sum(PAGE, "sandboxes{state=\"warm\"}")).isEqualTo(2);
        assertThat(Metrics.sum(PAGE, "sandboxes{state=\"warmer\"}")).isEqualTo(3);
    }
}
