package dev.sandpool.operator;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Quantities in the form that the API server would give them: it rewrites others, and what it has rewritten looks like a change made by
 * hand.
 */
final class Quantities {
    private static final String[] BINARY = {"Ki", "Mi", "Gi", "Ti"};
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

    private Quantities() {}

    static long bytes(Quantity quantity) {
        return quantity.getNumericalAmount().setScale(0, RoundingMode.UP).longValueExact();
    }

    /** Rounded up to a KiB. */
    static Quantity memory(long bytes) {
        long count = Math.ceilDiv(bytes, 1024);
        int unit = 0;
        while (count % 1024 == 0 && unit < BINARY.length - 1) {
            count /= 1024;
            unit++;
        }
        return new Quantity(count + BINARY[unit]);
    }

    /** Rounded up to a thousandth of a processor. */
    static Quantity cpu(Quantity quantity) {
        long milli = quantity.getNumericalAmount()
                .multiply(THOUSAND)
                .setScale(0, RoundingMode.UP)
                .longValueExact();
        return new Quantity(milli % 1000 == 0 ? String.valueOf(milli / 1000) : milli + "m");
    }
}
