package dev.sandpool.runner.admission;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Those who wait, a line for each caller, and how many slots each caller holds. Not safe for threads; whoever waits or holds is
 * remembered, nobody else.
 *
 * <p>The next is the first in line of the caller who holds the fewest slots; of several who hold equally few, of the one whose
 * turn is the longest ago. A turn is to begin to wait, to get a slot, and to give one back: so one who was just served stands behind
 * all who wait by then, and nobody who comes later passes one who waits and holds as few.
 */
final class FairQueue<T> {
    private static final class Line<T> {
        private final ArrayDeque<T> waiting = new ArrayDeque<>();
        private int held;
        private long turn;

        int waiting() {
            return waiting.size();
        }

        int held() {
            return held;
        }

        long turn() {
            return turn;
        }
    }

    // Looked through from one end to the other: there are no more lines than connections, and seldom more than a few.
    private final Map<Caller, Line<T>> lines = new HashMap<>();
    private int size;
    private long turns;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int callersWaiting() {
        return (int) lines.values().stream().filter(line -> line.waiting() > 0).count();
    }

    int waiting(Caller caller) {
        Line<T> line = lines.get(caller);
        return line == null ? 0 : line.waiting();
    }

    int held(Caller caller) {
        Line<T> line = lines.get(caller);
        return line == null ? 0 : line.held;
    }

    void add(Caller caller, T one) {
        Line<T> line = line(caller);
        if (line.waiting.isEmpty()) {
            line.turn = turns++;
        }
        line.waiting.add(one);
        size++;
    }

    /** Takes out one that waits no more. */
    void remove(Caller caller, T one) {
        Line<T> line = lines.get(caller);
        if (line != null && line.waiting.remove(one)) {
            size--;
            forget(caller, line);
        }
    }

    /** Takes out the one whose turn it is. */
    Optional<T> next() {
        return lines.values().stream()
                .filter(line -> line.waiting() > 0)
                .min(Comparator.<Line<T>>comparingInt(Line::held).thenComparingLong(Line::turn))
                .map(line -> {
                    size--;
                    return line.waiting.remove();
                });
    }

    /**
     * Who has to make room for one more of a newcomer: the youngest of the caller who has the most waiting. Nobody, if afterwards that
     * caller would be worse off than the newcomer's; or else two of them could send each other away for ever.
     */
    Optional<T> youngestOfTheMost(Caller newcomer) {
        int waits = waiting(newcomer);
        int holds = held(newcomer);
        Predicate<Line<T>> hasMore =
                line -> line.waiting() > waits + 1 || (line.waiting() > waits && line.held > holds);
        return lines.values().stream()
                .filter(hasMore)
                .max(Comparator.<Line<T>>comparingInt(Line::waiting)
                        .thenComparingInt(Line::held)
                        .thenComparingLong(Line::turn))
                .map(line -> line.waiting.getLast());
    }

    void gotSlot(Caller caller) {
        Line<T> line = line(caller);
        line.held++;
        line.turn = turns++;
    }

    void gaveSlotBack(Caller caller) {
        Line<T> line = line(caller);
        line.held--;
        line.turn = turns++;
        forget(caller, line);
    }

    private Line<T> line(Caller caller) {
        return lines.computeIfAbsent(caller, _ -> new Line<>());
    }

    private void forget(Caller caller, Line<T> line) {
        if (line.held == 0 && line.waiting.isEmpty()) {
            lines.remove(caller);
        }
    }
}
