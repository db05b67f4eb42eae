package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.Ration;

/**
 * The heap that one run's options take, from their first byte to the run's end: their text, what Jackson makes of it, and what is made of that. A
 * run with few options is reckoned to cost that much anyway. Not safe for threads.
 */
public final class OptionMemory implements AutoCloseable {
    /** The bytes of one place in the stock. */
    public static final int PIECE = 64 * 1024;
    /** What each run may take without asking: some hundred options, or a standard input of 8 KiB. */
    public static final int FREE_BYTES = 32 * 1024;

    // A text is there as it came, as a string, and as bytes again.
    private static final int BYTES_OF_A_BYTE = 4;
    // Measured with 64 KiB: a text of one letter in a list takes 68, and the argument that it becomes 53. An empty
    // object takes 92, and has two of the characters that are counted.
    private static final int BYTES_OF_A_VALUE = 128;
    // However many of these characters there are, perhaps within a text: a list of empty objects is 31 times its size,
    // and nothing is more.
    private static final int MOST_BYTES_OF_A_BYTE = 32;

    // Nobody knows when the runs are over that hold it; most take less.
    private static final int RETRY_SECONDS = 1;

    private final Ration ration;

    /** @param stock of pieces, for all runs */
    OptionMemory(FairSemaphore stock, Caller whose) {
        ration = new Ration(stock, whose, FREE_BYTES, PIECE);
    }

    /**
     * Counts a text before it is parsed, or a part of one.
     *
     * @throws NoRunException there is no room for it
     */
    public void take(byte[] text) throws NoRunException {
        long values = 0;
        for (byte b : text) {
            values += switch (b) {
                case ',', ':', '[', '{', '&' -> 1; // of JSON, and of a query
                default -> 0;
            };
        }
        long cost = BYTES_OF_A_BYTE * (long) text.length + BYTES_OF_A_VALUE * values;
        if (!ration.take(Math.min(cost, MOST_BYTES_OF_A_BYTE * (long) text.length))) {
            throw new NoRunException(RunAnswer.Refused.noMemoryForOptions(RETRY_SECONDS));
        }
    }

    /** Nothing of them is held any more, or all is counted anew. */
    @Override
    public void close() {
        ration.giveBack();
    }
}
