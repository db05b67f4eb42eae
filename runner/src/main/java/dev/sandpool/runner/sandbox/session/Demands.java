package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Facts;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a sandbox must have found out about itself before it may run anybody's program. */
public record Demands(List<Demand> demands) {
    /** One fact: its key, the values that will do, and those in words. */
    public record Demand(String key, Predicate<String> satisfied, String words) {
        static Demand is(String key, String value) {
            return new Demand(key, value::equals, value);
        }
    }

    /** A developer's machine: contained takes what isolation it gets, and the start-up log says so. */
    public static final Demands NONE = new Demands(List.of());

    /** Local, in gVisor. */
    public static final Demands GVISOR = new Demands(List.of(Demand.is(Facts.KERNEL, "gvisor")));

    /**
     * A pod. The network namespace matters most: without it the program reaches the API server and the kubelet over a plain
     * bridge CNI. The others keep it from contained and its processes, from the token, from what the image is made of, and from
     * files that another run could find.
     */
    public static final Demands POD = new Demands(List.of(
            Demand.is(Facts.KERNEL, "gvisor"),
            Demand.is(Facts.TOKEN, "absent"),
            Demand.is(Facts.ROOT, "read-only"),
            Demand.is(Facts.CAPABILITIES, "none"),
            Demand.is(Facts.NO_NEW_PRIVILEGES, "on"),
            Demand.is(Facts.PROC, "own"),
            Demand.is(Facts.TMPFS, "own"),
            new Demand(Facts.NAMESPACES, Demands::separate, "with user,pid,net,mnt"),
            new Demand(Facts.INTERFACES, value -> value.isEmpty() || value.equals("lo"), "none but lo")));

    public Demands {
        demands = List.copyOf(demands);
    }

    /** The first demand that is not met, in words. */
    Optional<String> violated(Facts facts) {
        return demands.stream()
                .filter(demand ->
                        !facts.value(demand.key()).map(demand.satisfied()::test).orElse(false))
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
