package dev.sandpool.operator.objects;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Quantities in the canonical form of the API server. It rewrites other forms, and that would look like a manual
 * change.
 */
final class Quantities {
    private static final String[] BINARY = {"Ki", "Mi", "Gi", "Ti"};
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

    private static final int LONGEST = 100;

    private Quantities() {}

    /**
     * Returns the quantity in bytes, rounded up.
     *
     * @param field the field of a pool's spec that has the quantity, such as {@code limits.memory}
     * @throws IllegalArgumentException if it is not valid, with a sentence that names the field
     */
    static long bytes(String field, Quantity quantity) {
        return whole(field, quantity, BigDecimal.ONE);
    }

    /** Returns a quantity of memory, rounded up to a KiB. */
    static Quantity memory(long bytes) {
        if (bytes == 0) {
            return new Quantity("0");
        }
        long count = Math.ceilDiv(bytes, 1024);
        int unit = 0;
        while (count % 1024 == 0 && unit < BINARY.length - 1) {
            count /= 1024;
            unit++;
        }
        return new Quantity(count + BINARY[unit]);
    }

    /** Returns a quantity of processors, rounded up to a thousandth. Errors are those of {@link #bytes}. */
    static Quantity cpu(String field, Quantity quantity) {
        return cpu(milli(field, quantity));
    }

    static Quantity cpu(long milli) {
        return new Quantity(milli % 1000 == 0 ? String.valueOf(milli / 1000) : milli + "m");
    }

    static long milli(String field, Quantity quantity) {
        return whole(field, quantity, THOUSAND);
    }

    private static long whole(String field, Quantity quantity, BigDecimal times) {
        try {
            BigDecimal amount = quantity.getNumericalAmount();
            // A number with this many digits would take unbounded memory to print or divide.
            if (Math.abs((long) amount.precision() - amount.scale()) > LONGEST && amount.signum() != 0) {
                throw new ArithmeticException("too many digits");
            }
            return amount.multiply(times).setScale(0, RoundingMode.UP).longValueExact();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "spec." + field + ": \"" + quantity + "\" is not a quantity such as 500m, 2, 64Mi or 1Gi", e);
        }
    }
}
