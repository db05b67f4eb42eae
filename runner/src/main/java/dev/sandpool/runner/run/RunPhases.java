package dev.sandpool.runner.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How long each step of one request took. */
public final class RunPhases {
    public enum Phase {
        /** From the first bytes of the program to a slot. */
        QUEUE,
        /** From the slot to a warm sandbox. */
        CLAIM,
        /** The client's upload: up to its first bytes, and from the sandbox to the program's last byte. */
        SEND,
        /** From there to the program's end. */
        RUN;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A stretch of time that belongs to a phase, which can have several.
     *
     * @param begin since the request began, as {@code end} is
     */
    public record Step(Phase phase, Duration begin, Duration end) {}

    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
    private final List<Step> steps = new ArrayList<>();
    private final long begun = System.nanoTime();
    private long since = begun;
    private Phase running = Phase.SEND;

    /** The time since the phase before belongs to this one. */
    public void end(Phase phase) {
        long now = System.nanoTime();
        nanos.merge(phase, now - since, Long::sum);
        steps.add(new Step(phase, Duration.ofNanos(since - begun), Duration.ofNanos(now - begun)));
        since = now;
    }

    /** The program is handed over: the rest of the run's time is its own. */
    public void sent() {
        end(Phase.SEND);
        running = Phase.RUN;
    }

    /** The run is over, whether or not its program was handed over. */
    public void ended() {
        end(running);
    }

    /** One after the other, without gaps. */
    public List<Step> steps() {
        return List.copyOf(steps);
    }

    public boolean reached(Phase phase) {
        return nanos.containsKey(phase);
    }

    public Duration duration(Phase phase) {
        return Duration.ofNanos(nanos.getOrDefault(phase, 0L));
    }

    /** The value of the header {@code Server-Timing}, in milliseconds: all phases, those that were not reached as 0. */
    public String serverTiming() {
        return Arrays.stream(Phase.values())
                .map(phase -> phase.label() + ";dur="
                        + String.format(Locale.ROOT, "%.1f", duration(phase).toNanos() / 1e6))
                .collect(Collectors.joining(", "));
    }
}
