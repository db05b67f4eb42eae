package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
    private static final Caller ONE = new Caller("one");

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // a clock may overflow
    private final RateLimit rate = new RateLimit(nanos::get);

    @Test
    void aBurstAndThenOneForEachToken() {
        rate.limit(60, 3);
        for (int i = 0; i < 3; i++) {
            assertThat(rate.wait(ONE)).isLessThanOrEqualTo(Duration.ZERO);
            rate.take(ONE);
        }
        assertThat(rate.wait(ONE)).isEqualTo(Duration.ofSeconds(1));

        nanos.addAndGet(Duration.ofMillis(400).toNanos());
        assertThat(rate.wait(ONE)).isEqualTo(Duration.ofMillis(600));
        nanos.addAndGet(Duration.ofMillis(600).toNanos());
        assertThat(rate.wait(ONE)).isEqualTo(Duration.ZERO);
    }

    @Test
    void aLongSilenceSavesUpNoMoreThanABurst() {
        rate.limit(60, 2);
        rate.take(ONE);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        rate.take(ONE);
        rate.take(ONE);

        assertThat(rate.wait(ONE)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void whatIsGivenBackCanBeSpentAgain() {
        rate.limit(1, 1);
        rate.take(ONE);
        assertThat(rate.wait(ONE)).isEqualTo(Duration.ofMinutes(1));

        rate.giveBack(ONE);

        assertThat(rate.wait(ONE)).isEqualTo(Duration.ZERO);
    }

    @Test
    void fullBucketsAreForgottenAndOfOthersSomeThousandAreKept() {
        rate.limit(1, 2);
        for (int i = 0; i < 3 * RateLimit.MOST_CALLERS; i++) {
            rate.take(new Caller("caller " + i));
        }
        assertThat(rate.remembered()).isEqualTo(RateLimit.MOST_CALLERS);

        nanos.addAndGet(Duration.ofMinutes(5).toNanos());
        for (int i = 0; i < RateLimit.MOST_CALLERS; i++) {
            rate.take(ONE);
        }
        assertThat(rate.remembered()).isEqualTo(1);
    }

    @Test
    void withoutALimitNobodyWaitsAndNobodyIsRemembered() {
        rate.limit(1, 1);
        rate.take(ONE);
        rate.unlimited();
        rate.take(ONE);

        assertThat(rate.wait(ONE)).isEqualTo(Duration.ZERO);
        assertThat(rate.remembered()).isZero();
    }
}
