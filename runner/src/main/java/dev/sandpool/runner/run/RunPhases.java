package dev.sandpool.runner.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The durations of the steps of one request. */
public final class RunPhases {
    /** A step of a request. */
    public enum Phase {
        /** From the first bytes of the program to a slot. */
        QUEUE,
        /** From the slot to a warm sandbox. */
        CLAIM,
        /**
         * The client's upload: up to its first bytes, and from the claim of the sandbox to the last byte of the
         * program.
         */
        SEND,
        /** From the last byte of the program to its end. */
        RUN;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A part of a phase, which can have several.
     *
     * @param begin the time since the request began, as for {@code end}
     */
    public record Step(Phase phase, Duration begin, Duration end) {}

    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
    private final List<Step> steps = new ArrayList<>();
    private final long begun = System.nanoTime();
    private long since = begun;
    private Phase running = Phase.SEND;

    /** Adds the time since the last step to this phase. */
    public void end(Phase phase) {
        long now = System.nanoTime();
        nanos.merge(phase, now - since, Long::sum);
        steps.add(new Step(phase, Duration.ofNanos(since - begun), Duration.ofNanos(now - begun)));
        since = now;
    }

    /** Notes that the program is complete in the sandbox. The rest of the time belongs to the run phase. */
    public void sent() {
        end(Phase.SEND);
        running = Phase.RUN;
    }

    /** Notes that the run is over, whether or not the whole program was sent. */
    public void ended() {
        end(running);
    }

    /** Returns the steps, one after the other, without gaps. */
    public List<Step> steps() {
        return List.copyOf(steps);
    }

    /** Returns whether the request has ended this phase at least once. */
    public boolean reached(Phase phase) {
        return nanos.containsKey(phase);
    }

    /** Returns the total time of the phase; zero if it was not reached. */
    public Duration duration(Phase phase) {
        return Duration.ofNanos(nanos.getOrDefault(phase, 0L));
    }

    /**
     * Returns the value of the header {@code Server-Timing}, in milliseconds: all phases, with 0 for those not reached.
     */
    public String serverTiming() {
        return Arrays.stream(Phase.values())
                .map(phase -> phase.label() + ";dur="
                        + String.format(Locale.ROOT, "%.1f", duration(phase).toNanos() / 1e6))
                .collect(Collectors.joining(", "));
    }
}
