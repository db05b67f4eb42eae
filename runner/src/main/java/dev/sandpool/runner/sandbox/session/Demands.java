package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Facts;
import dev.sandpool.runner.sandbox.Revision;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The facts that a sandbox must report about itself before it may run a program. */
public record Demands(List<Demand> demands, Next next) {
    /**
     * A required fact: its key, a test of its value (empty if it was not reported), and a description of the allowed
     * values.
     */
    public record Demand(String key, Predicate<Optional<String>> satisfied, String words) {
        static Demand is(String key, String value) {
            return told(key, value::equals, value);
        }

        static Demand told(String key, Predicate<String> satisfied, String words) {
            return new Demand(key, value -> value.filter(satisfied).isPresent(), words);
        }
    }

    /** What greets after a run. */
    public enum Next {
        /** The same sandbox, which counts its runs. */
        SAME,
        /** A new sandbox in the same pod, which has had no run. The pod counts the runs. */
        NEW
    }

    /** For a developer's machine: contained uses the isolation that is available, and the start-up log describes it. */
    public static final Demands NONE = new Demands(List.of(), Next.SAME);

    /** For a local sandbox in gVisor. */
    public static final Demands GVISOR = new Demands(List.of(Demand.is(Facts.KERNEL, "gvisor")), Next.SAME);

    /**
     * For each sandbox of a pool. The network namespace matters most: without it, the program reaches the API server
     * and the kubelet over a plain bridge CNI. The other facts protect contained and its processes, the token, the
     * files of the image, and other runs' files.
     */
    private static final List<Demand> ISOLATED = List.of(
            Demand.is(Facts.KERNEL, "gvisor"),
            Demand.is(Facts.TOKEN, "absent"),
            Demand.is(Facts.ROOT, "read-only"),
            Demand.is(Facts.CAPABILITIES, "none"),
            Demand.is(Facts.NO_NEW_PRIVILEGES, "on"),
            Demand.is(Facts.PROC, "own"),
            Demand.is(Facts.TMPFS, "own"),
            Demand.told(Facts.NAMESPACES, Demands::separate, "with user,pid,net,mnt"),
            Demand.told(Facts.INTERFACES, value -> value.isEmpty() || value.equals("lo"), "none but lo"));

    /** For a pod whose RuntimeClass is gVisor's. An image with an embedded gVisor might be in a pod without one. */
    public static final Demands POD = new Demands(
            with(new Demand(Facts.ISOLATION, Optional::isEmpty, "left out where the pool's isolation is RuntimeClass")),
            Next.SAME);

    /** For a pod whose image starts gVisor for each run. */
    public static final Demands EMBEDDED = new Demands(with(Demand.is(Facts.ISOLATION, Facts.EMBEDDED)), Next.NEW);

    private static List<Demand> with(Demand ofTheWholePod) {
        return Stream.concat(ISOLATED.stream(), Stream.of(ofTheWholePod)).toList();
    }

    /** Returns the facts that a pod of the revision must report. */
    public static Demands of(Revision revision) {
        return revision.isEmbedded() ? EMBEDDED : POD;
    }

    public Demands {
        demands = List.copyOf(demands);
    }

    /**
     * Adds the demand that the sandbox has counted the same number of runs as this runner. A higher number would mean
     * that it has served another client.
     */
    Demands after(int runs) {
        Stream<Demand> counts = switch (next) {
            case SAME -> Stream.of(Demand.is(Facts.RUNS, Integer.toString(runs)));
            case NEW -> Stream.of(Demand.is(Facts.RUNS, "0"), Demand.is(Facts.SERVED, Integer.toString(runs)));
        };
        return new Demands(Stream.concat(demands.stream(), counts).toList(), next);
    }

    /** Returns a description of the first demand that is not met; empty if all are met. */
    Optional<String> violated(Facts facts) {
        return demands.stream()
                .filter(demand -> !demand.satisfied().test(facts.value(demand.key())))
                .map(demand -> "%s is %s, must be %s"
                        .formatted(
                                demand.key(),
                                facts.value(demand.key()).map(Demands::quoted).orElse("not told"),
                                demand.words()))
                .findFirst();
    }

    private static boolean separate(String namespaces) {
        return List.of(namespaces.split(",", -1)).containsAll(List.of("user", "pid", "net", "mnt"));
    }

    // The value comes from a sandbox, so it may have any content and any length.
    private static String quoted(String value) {
        return value.chars()
                .limit(60)
                .mapToObj(c -> c >= ' ' && c < 127 ? Character.toString(c) : "?")
                .collect(Collectors.joining("", "\"", "\""));
    }
}
