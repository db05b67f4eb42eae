package dev.sandpool.runner.http;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.Ration;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What a connection holds of a request before anybody has looked at it, and until when the rest has to come. A small head is part of what
 * a connection is reckoned to cost. A larger one takes pieces out of a stock that all connections share, and of which one address never
 * has more than is left for others. Used by the connection's thread; only the deadline is looked at by another.
 */
public final class RequestHead {
    /**
     * All headers of a request together. All arguments must fit into one START frame of 64 KiB, with room for the rest of it. More is answered
     * by 431.
     */
    public static final int MOST_HEADER_BYTES = 60 * 1024;

    /** The bytes of one place in the stock. */
    public static final int PIECE = 4 * 1024;

    // From the first byte of a head, or from the connection's start for its first: a tenth of what was possible, and
    // twenty times what a client at the other end of the world needs.
    private static final Duration TIME = Duration.ofSeconds(10);
    // What Helidon makes of a line: a name, a value, and their places in a map.
    private static final int BYTES_OF_A_LINE = 256;
    private static final int FREE_BYTES = 8 * 1024;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    private final Ration ration;
    private final LongSupplier nanoClock;
    private boolean coming;
    // How much of the empty line that ends a head, with the line end before it, has just come.
    private int endSeen;
    private volatile Optional<Long> deadline = Optional.empty();

    /** Of a connection that has just been opened: its first head has to come in time. */
    RequestHead(FairSemaphore stock, Caller address, LongSupplier nanoClock) {
        this.ration = new Ration(stock, address, FREE_BYTES, PIECE);
        this.nanoClock = nanoClock;
        coming = true;
        mustComeWithin(TIME);
    }

    /**
     * Counts what came of a head, and perhaps of the body behind it.
     *
     * @return whether there is room for it
     */
    boolean hasRoomFor(byte[] part) {
        if (!coming) {
            coming = true;
            mustComeWithin(TIME);
        }
        long cost = part.length;
        for (int i = 0; i < part.length && endSeen < END.length; i++) {
            cost += part[i] == '\n' ? BYTES_OF_A_LINE : 0;
            endSeen = part[i] == END[endSeen] ? endSeen + 1 : part[i] == END[0] ? 1 : 0;
        }
        return hasRoomFor(cost);
    }

    /**
     * Counts bytes that are held besides.
     *
     * @return whether there is room for them
     */
    boolean hasRoomFor(long more) {
        return ration.take(more);
    }

    /** It is here: the request takes its own time. */
    void isWhole() {
        deadline = Optional.empty();
    }

    /** Nothing of it is held any more, and the next may come whenever it comes. */
    void isOver() {
        deadline = Optional.empty();
        coming = false;
        endSeen = 0;
        ration.giveBack();
    }

    /** Whatever is still to come has to come within that time. */
    void mustComeWithin(Duration time) {
        deadline = Optional.of(nanoClock.getAsLong() + time.toNanos());
    }

    /** From any thread. */
    boolean isLate() {
        return deadline.map(at -> nanoClock.getAsLong() - at >= 0).orElse(false);
    }
}
