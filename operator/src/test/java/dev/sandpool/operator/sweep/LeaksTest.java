package dev.sandpool.operator.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LeaksTest {
    private static final ResourceID POOL = new ResourceID("go", "play");
    private static final ResourceID OTHER = new ResourceID("go", "elsewhere");

    private final Leaks leaks = new Leaks();

    @Test
    void whatWasSweptIsCountedUntilItIsTold() {
        leaks.swept(POOL);
        leaks.swept(POOL);
        leaks.swept(OTHER);
        assertThat(leaks.uncounted(POOL)).isEqualTo(2);

        leaks.swept(POOL); // while the two are being reported
        leaks.counted(POOL, 2);

        assertThat(leaks.uncounted(POOL)).isEqualTo(1);
        assertThat(leaks.uncounted(OTHER)).isEqualTo(1);
        leaks.counted(POOL, 1);
        assertThat(leaks.uncounted(POOL)).isZero();
    }

    @Test
    void whatIsStuckIsThatOfTheLastSweep() {
        leaks.stuck(Map.of(POOL, List.of("s1", "s2"), OTHER, List.of("s3")));
        leaks.stuck(Map.of(POOL, List.of("s2")));

        assertThat(leaks.stuck(POOL)).containsExactly("s2");
        assertThat(leaks.stuck(OTHER)).isEmpty();
    }
}
