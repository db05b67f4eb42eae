package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.admission.Admission.Place;
import dev.sandpool.runner.admission.Admission.Ticket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What Admission guarantees, whatever callers do in whatever order. */
class FairAdmissionPropertiesTest {
    private static final int CALLERS = 4;

    /** A ticket beside what the test knows of it. */
    private record Drawn(int caller, Ticket ticket) {}

    /** Plays a story on one Admission and keeps its own account of it. */
    private static final class Story {
        final int slots;
        final int depth;
        final Admission admission;
        final List<Drawn> waiting = new ArrayList<>();
        final List<Drawn> held = new ArrayList<>();
        // For each caller that waits and holds nothing: who has got a slot since.
        final Map<Integer, List<Integer>> passedBy = new HashMap<>();
        // Who waited already when that wait began, and may come first.
        final Map<Integer, Set<Integer>> before = new HashMap<>();

        Story(int slots, int depth) {
            this.slots = slots;
            this.depth = depth;
            this.admission = new Admission(slots, depth, Duration.ofMinutes(1));
        }

        /** Each number is a deed: a caller draws, or one that holds a slot gives it back. */
        void play(int deed) throws InterruptedException {
            if (deed >= CALLERS && !held.isEmpty()) {
                Drawn done = held.remove((deed - CALLERS) % held.size());
                done.ticket.close();
            } else {
                draw(deed % CALLERS);
            }
            account();
        }

        private void draw(int caller) throws InterruptedException {
            int most = most();
            Ticket ticket = admission.draw(new Caller("caller " + caller));
            Drawn drawn = new Drawn(caller, ticket);
            if (!isDecided(ticket)) {
                if (waits(caller) == 0 && holds(caller) == 0) {
                    passedBy.put(caller, new ArrayList<>());
                    before.put(caller, waitingCallers());
                }
                waiting.add(drawn);
            } else if (ticket.await() == Place.ADMITTED) {
                assertThat(waiting).as("nobody overtakes the queue").isEmpty();
                held.add(drawn);
            } else {
                assertThat(ticket.await()).isEqualTo(Place.REFUSED);
                assertThat(held).hasSizeGreaterThanOrEqualTo(slots);
                assertThat(waits(caller) + 1)
                        .as("who has much less in the queue than another is not refused")
                        .isGreaterThanOrEqualTo(most);
            }
        }

        private void account() throws InterruptedException {
            for (Drawn drawn : List.copyOf(waiting)) {
                if (!isDecided(drawn.ticket)) {
                    continue;
                }
                Place place = drawn.ticket.await();
                boolean isFirst = waiting.stream()
                        .filter(other -> other.caller == drawn.caller)
                        .findFirst()
                        .orElseThrow()
                        .equals(drawn);
                if (place == Place.ADMITTED) {
                    assertThat(isFirst)
                            .as("each caller's own are served in order")
                            .isTrue();
                    admitted(drawn);
                } else {
                    assertThat(place).isEqualTo(Place.DISPLACED);
                    waiting.remove(drawn);
                    assertThat(waits(drawn.caller) + 1)
                            .as("who makes room has the most")
                            .isGreaterThanOrEqualTo(most());
                }
            }
            assertThat(admission.holders()).isEqualTo(held.size()).isLessThanOrEqualTo(slots);
            assertThat(admission.waiting()).isEqualTo(waiting.size()).isLessThanOrEqualTo(depth);
            assertThat(waiting.isEmpty() || held.size() == slots)
                    .as("no slot is free while somebody waits")
                    .isTrue();
        }

        private void admitted(Drawn drawn) {
            waiting.remove(drawn);
            for (Drawn other : waiting) {
                assertThat(holds(other.caller))
                        .as("the one who holds the fewest slots is next")
                        .isGreaterThanOrEqualTo(holds(drawn.caller));
            }
            passedBy.remove(drawn.caller);
            passedBy.forEach((caller, since) -> {
                since.add(drawn.caller);
                if (waits(caller) > 0) {
                    assertThat(since).as("each other passes once at most").doesNotHaveDuplicates();
                    assertThat(before.get(caller))
                            .as("nobody who came later passes")
                            .containsAll(since);
                }
            });
            held.add(drawn);
        }

        private static boolean isDecided(Ticket ticket) {
            return !ticket.isQueued();
        }

        private int most() {
            return waitingCallers().stream().mapToInt(this::waits).max().orElse(0);
        }

        private Set<Integer> waitingCallers() {
            Set<Integer> callers = new HashSet<>();
            waiting.forEach(drawn -> callers.add(drawn.caller));
            return callers;
        }

        private int waits(int caller) {
            return (int)
                    waiting.stream().filter(drawn -> drawn.caller == caller).count();
        }

        private int holds(int caller) {
            return (int) held.stream().filter(drawn -> drawn.caller == caller).count();
        }
    }

    @Property
    void theGuaranteesHoldWhateverHappens(
            @ForAll @IntRange(min = 1, max = 3) int slots,
            @ForAll @IntRange(min = 0, max = 6) int depth,
            @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 8) Integer> deeds)
            throws InterruptedException {
        var story = new Story(slots, depth);
        for (int deed : deeds) {
            story.play(deed);
        }
        while (!story.held.isEmpty()) {
            story.play(CALLERS);
        }
        assertThat(story.admission.holders()).isZero();
        assertThat(story.admission.waiting()).isZero();
    }
}
