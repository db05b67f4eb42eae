package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FairSemaphoreTest {
    private static final Caller FLOOD = Caller.ofHeader("flood");

    private final FairSemaphore semaphore = new FairSemaphore(8);

    private List<FairSemaphore.Permit> flood() {
        var permits = new ArrayList<FairSemaphore.Permit>();
        for (Optional<FairSemaphore.Permit> permit = semaphore.tryAcquire(FLOOD);
                permit.isPresent();
                permit = semaphore.tryAcquire(FLOOD)) {
            permits.add(permit.get());
        }
        return permits;
    }

    @Test
    void aLoneCallerGetsHalf() {
        assertThat(flood()).hasSize(4);
        assertThat(semaphore.holdsAny(FLOOD)).isTrue();
    }

    @Test
    void aNewCallerGetsAPermit() {
        flood();

        for (String name : new String[] {"one", "two", "three"}) {
            assertThat(semaphore.tryAcquire(Caller.ofHeader(name))).as(name).isPresent();
        }
        assertThat(semaphore.tryAcquire(FLOOD)).isEmpty();
    }

    @Test
    void aClosedPermitCanBeAcquiredAgain() {
        flood().forEach(FairSemaphore.Permit::close);

        assertThat(semaphore.holdsAny(FLOOD)).isFalse();
        assertThat(flood()).hasSize(4);
    }
}
