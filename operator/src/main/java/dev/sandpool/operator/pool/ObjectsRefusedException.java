package dev.sandpool.operator.pool;

import dev.sandpool.operator.cluster.Refusal;
import java.util.List;

/** Some of a pool's objects could not be written, and it is worth trying again soon. */
final class ObjectsRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ObjectsRefusedException(List<Refusal> refusals) {
        super(Refusal.describe(refusals));
    }
}
