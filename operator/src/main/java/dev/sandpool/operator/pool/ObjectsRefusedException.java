package dev.sandpool.operator.pool;

import dev.sandpool.operator.cluster.Refusal;
import java.util.List;

/** Thrown when some objects of a pool could not be written and another try soon may succeed. */
final class ObjectsRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ObjectsRefusedException(List<Refusal> refusals) {
        super(Refusal.describe(refusals));
    }
}
