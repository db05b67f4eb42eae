package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Facts;
import dev.sandpool.runner.sandbox.Revision;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The facts that a sandbox must report about itself before it may run a program. */
public record IsolationRequirements(List<Requirement> requirements, Next next) {
    /**
     * A required fact: its key, a test of its value (empty if it was not reported), and a description of the allowed
     * values.
     */
    public record Requirement(String key, Predicate<Optional<String>> satisfied, String words) {
        static Requirement is(String key, String value) {
            return told(key, value::equals, value);
        }

        static Requirement told(String key, Predicate<String> satisfied, String words) {
            return new Requirement(key, value -> value.filter(satisfied).isPresent(), words);
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
    public static final IsolationRequirements NONE = new IsolationRequirements(List.of(), Next.SAME);

    /** For a local sandbox in gVisor. */
    public static final IsolationRequirements GVISOR =
            new IsolationRequirements(List.of(Requirement.is(Facts.KERNEL, "gvisor")), Next.SAME);

    /**
     * For each sandbox of a pool. The network namespace matters most: without it, the program reaches the API server
     * and the kubelet over a plain bridge CNI. The other facts protect contained and its processes, the token, the
     * files of the image, and other runs' files.
     */
    private static final List<Requirement> ISOLATED = List.of(
            Requirement.is(Facts.KERNEL, "gvisor"),
            Requirement.is(Facts.TOKEN, "absent"),
            Requirement.is(Facts.ROOT, "read-only"),
            Requirement.is(Facts.CAPABILITIES, "none"),
            Requirement.is(Facts.NO_NEW_PRIVILEGES, "on"),
            Requirement.is(Facts.PROC, "own"),
            Requirement.is(Facts.TMPFS, "own"),
            Requirement.told(Facts.NAMESPACES, IsolationRequirements::separate, "with user,pid,net,mnt"),
            Requirement.told(Facts.INTERFACES, value -> value.isEmpty() || value.equals("lo"), "none but lo"));

    /** For a pod whose RuntimeClass is gVisor's. An image with an embedded gVisor might be in a pod without one. */
    public static final IsolationRequirements POD = new IsolationRequirements(
            with(new Requirement(
                    Facts.ISOLATION, Optional::isEmpty, "left out where the pool's isolation is RuntimeClass")),
            Next.SAME);

    /** For a pod whose image starts gVisor for each run. */
    public static final IsolationRequirements EMBEDDED =
            new IsolationRequirements(with(Requirement.is(Facts.ISOLATION, Facts.EMBEDDED)), Next.NEW);

    private static List<Requirement> with(Requirement ofTheWholePod) {
        return Stream.concat(ISOLATED.stream(), Stream.of(ofTheWholePod)).toList();
    }

    /** Returns the facts that a pod of the revision must report. */
    public static IsolationRequirements of(Revision revision) {
        return revision.isEmbedded() ? EMBEDDED : POD;
    }

    public IsolationRequirements {
        requirements = List.copyOf(requirements);
    }

    /**
     * Adds the requirement that the sandbox has counted the same number of runs as this runner. A higher number would mean
     * that it has served another client.
     */
    IsolationRequirements after(int runs) {
        Stream<Requirement> counts = switch (next) {
            case SAME -> Stream.of(Requirement.is(Facts.RUNS, Integer.toString(runs)));
            case NEW ->
                Stream.of(Requirement.is(Facts.RUNS, "0"), Requirement.is(Facts.SERVED, Integer.toString(runs)));
        };
        return new IsolationRequirements(
                Stream.concat(requirements.stream(), counts).toList(), next);
    }

    /** Returns a description of the first requirement that is not met; empty if all are met. */
    Optional<String> violated(Facts facts) {
        return requirements.stream()
                .filter(requirement -> !requirement.satisfied().test(facts.value(requirement.key())))
                .map(requirement -> "%s is %s, must be %s"
                        .formatted(
                                requirement.key(),
                                facts.value(requirement.key())
                                        .map(IsolationRequirements::quoted)
                                        .orElse("not told"),
                                requirement.words()))
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
