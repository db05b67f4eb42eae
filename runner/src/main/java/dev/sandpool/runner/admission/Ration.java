package dev.sandpool.runner.admission;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The share that one run or connection has of a common stock: a number of bytes without a permit, and a permit for each
 * further piece. Not thread-safe.
 */
public final class Ration {
    private final FairSemaphore stock;
    private final Caller whose;
    private final long free;
    private final long piece;
    private final List<FairSemaphore.Permit> pieces = new ArrayList<>();
    private long bytes;

    public Ration(FairSemaphore stock, Caller whose, long free, long piece) {
        this.stock = stock;
        this.whose = whose;
        this.free = free;
        this.piece = piece;
    }

    /** Takes {@code more} bytes. Returns false if there is no room for them. */
    public boolean take(long more) {
        bytes += more;
        while (bytes - free > pieces.size() * piece) {
            Optional<FairSemaphore.Permit> next = stock.tryAcquire(whose);
            if (next.isEmpty()) {
                return false;
            }
            pieces.add(next.get());
        }
        return true;
    }

    /** Releases everything that was taken. */
    public void giveBack() {
        bytes = 0;
        pieces.forEach(FairSemaphore.Permit::close);
        pieces.clear();
    }
}
