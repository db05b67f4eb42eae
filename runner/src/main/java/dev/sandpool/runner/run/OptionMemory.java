package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.Ration;

/**
 * The heap budget of one run's options, from their first byte to the end of the run: their text, what Jackson makes of
 * it, and what is made of that. A run with few options takes no extra permits. Not thread-safe.
 */
public final class OptionMemory implements AutoCloseable {
    /** The size of one permit, in bytes. */
    public static final int PIECE = 64 * 1024;
    /** The bytes that each run may use without a permit: some hundred options, or a standard input of 8 KiB. */
    public static final int FREE_BYTES = 32 * 1024;

    // A text exists as received, as a string, and again as bytes.
    private static final int BYTES_OF_A_BYTE = 4;
    // Measured with 64 KiB: a text of one letter in a list takes 68 bytes, and the argument made of it 53. An empty
    // object takes 92 bytes, and has two of the counted characters.
    private static final int BYTES_OF_A_VALUE = 128;
    // The upper bound, because these characters may also be inside a text. A list of empty objects takes 31 times its
    // size, and nothing takes more.
    private static final int MOST_BYTES_OF_A_BYTE = 32;

    // It is unknown when the runs that hold the memory end. Most take less than this.
    private static final int RETRY_SECONDS = 1;

    private final Ration ration;

    /** @param stock the permits of all runs */
    OptionMemory(FairSemaphore stock, Caller whose) {
        ration = new Ration(stock, whose, FREE_BYTES, PIECE);
    }

    /**
     * Counts a text, or a part of one, before it is parsed.
     *
     * @throws NoRunException if there is no room for it
     */
    public void take(byte[] text) throws NoRunException {
        long values = 0;
        for (byte b : text) {
            values += switch (b) {
                case ',', ':', '[', '{', '&' -> 1; // the separators of JSON and of a query
                default -> 0;
            };
        }
        long cost = BYTES_OF_A_BYTE * (long) text.length + BYTES_OF_A_VALUE * values;
        if (!ration.take(Math.min(cost, MOST_BYTES_OF_A_BYTE * (long) text.length))) {
            throw new NoRunException(RunAnswer.Refused.noMemoryForOptions(RETRY_SECONDS));
        }
    }

    /** Releases everything: no options are held any more, or all are counted anew. */
    @Override
    public void close() {
        ration.giveBack();
    }
}
