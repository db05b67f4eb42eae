package dev.sandpool.protocol;

/** The ranges of the wire's integers. */
final class Unsigned {
    static final long MAX_U32 = 0xffff_ffffL;

    private Unsigned() {}

    static void requireU8(String name, int value) {
        require(name, value, 0xff);
    }

    static void requireU32(String name, long value) {
        require(name, value, MAX_U32);
    }

    /** The protocol's u64 end where a {@code long} does, so that no hostile number is negative once it is read. */
    static void requireU64(String name, long value) {
        require(name, value, Long.MAX_VALUE);
    }

    private static void require(String name, long value, long max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(name + " " + value + " is not between 0 and " + max);
        }
    }
}
