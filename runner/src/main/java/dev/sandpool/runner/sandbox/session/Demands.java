package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Facts;
import dev.sandpool.runner.sandbox.Revision;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a sandbox must have found out about itself before it may run anybody's program. */
public record Demands(List<Demand> demands, Next next) {
    /** One fact: its key, the values that will do (empty: none was told), and those in words. */
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
        /** Another one of the same pod, which has had none. The pod counts. */
        NEW
    }

    /** A developer's machine: contained takes what isolation it gets, and the start-up log says so. */
    public static final Demands NONE = new Demands(List.of(), Next.SAME);

    /** Local, in gVisor. */
    public static final Demands GVISOR = new Demands(List.of(Demand.is(Facts.KERNEL, "gvisor")), Next.SAME);

    /**
     * A sandbox of a pool. The network namespace matters most: without it the program reaches the API server and the kubelet over a plain
     * bridge CNI. The others keep it from contained and its processes, from the token, from what the image is made of, and from
     * files that another run could find.
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

    /** A pod whose RuntimeClass is gVisor's. An image that brings its own may be in a pod that has none around it. */
    public static final Demands POD = new Demands(
            with(new Demand(Facts.ISOLATION, Optional::isEmpty, "left out where the pool's isolation is RuntimeClass")),
            Next.SAME);

    /** A pod whose image starts gVisor for each run. */
    public static final Demands EMBEDDED = new Demands(with(Demand.is(Facts.ISOLATION, Facts.EMBEDDED)), Next.NEW);

    private static List<Demand> with(Demand ofTheWholePod) {
        return Stream.concat(ISOLATED.stream(), Stream.of(ofTheWholePod)).toList();
    }

    /** What a pod of a revision must have found out. */
    public static Demands of(Revision revision) {
        return revision.isEmbedded() ? EMBEDDED : POD;
    }

    public Demands {
        demands = List.copyOf(demands);
    }

    /** The same, and that it counts as we do: one that has served more than we had it serve has served somebody else. */
    Demands after(int runs) {
        Stream<Demand> counts = switch (next) {
            case SAME -> Stream.of(Demand.is(Facts.RUNS, Integer.toString(runs)));
            case NEW -> Stream.of(Demand.is(Facts.RUNS, "0"), Demand.is(Facts.SERVED, Integer.toString(runs)));
        };
        return new Demands(Stream.concat(demands.stream(), counts).toList(), next);
    }

    /** The first demand that is not met, in words. */
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

    // From a sandbox, so it may be anything of any length.
    private static String quoted(String value) {
        return value.chars()
                .limit(60)
                .mapToObj(c -> c >= ' ' && c < 127 ? Character.toString(c) : "?")
                .collect(Collectors.joining("", "\"", "\""));
    }
}
