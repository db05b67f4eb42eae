package dev.sandpool.runner.admission;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A queue with a line of waiting elements for each caller, and the number of slots that each caller holds. Not
 * thread-safe. It forgets callers that neither wait nor hold a slot.
 *
 * <p>The next element is the first one of the caller with the fewest slots. Among callers with equally few slots, the
 * one whose last turn is the longest ago is next. A turn is to begin to wait, to get a slot, or to give one back. So a
 * caller that was just served comes after all that wait by then, and no later caller overtakes a waiting one that holds
 * as few slots.
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

    // Searched linearly: there are no more lines than connections, and seldom more than a few.
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

    /** Removes an element that does not wait any more. */
    void remove(Caller caller, T one) {
        Line<T> line = lines.get(caller);
        if (line != null && line.waiting.remove(one)) {
            size--;
            forget(caller, line);
        }
    }

    /** Removes and returns the next element. */
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
     * Returns the element that has to make room for one more of the newcomer: the youngest of the caller with the most
     * waiting. Empty if that caller would then be worse off than the newcomer; otherwise two callers could displace
     * each other for ever.
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
