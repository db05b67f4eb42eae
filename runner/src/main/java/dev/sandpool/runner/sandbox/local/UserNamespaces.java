package dev.sandpool.runner.sandbox.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The rules of a machine that forbid user namespaces. runsc creates one for each sandbox, and without root one for
 * itself.
 *
 * @param isRoot whether root creates them, to whom some rules do not apply
 */
record UserNamespaces(Path proc, boolean isRoot) {
    /**
     * A file of the kernel, the content that forbids user namespaces, whether that holds for root too, and a
     * description.
     */
    private record Rule(String file, String forbidding, boolean rootToo, String words) {}

    // The first rule that applies is the one to change first.
    private static final List<Rule> RULES = List.of(
            new Rule(
                    "sys/user/max_user_namespaces",
                    "0",
                    true,
                    "the sysctl user.max_user_namespaces is 0: no user namespaces"),
            new Rule(
                    "sys/kernel/unprivileged_userns_clone",
                    "0",
                    false,
                    "the sysctl kernel.unprivileged_userns_clone is 0: user namespaces for root only"),
            new Rule(
                    "sys/kernel/apparmor_restrict_unprivileged_userns",
                    "1",
                    false,
                    "the sysctl kernel.apparmor_restrict_unprivileged_userns is 1: user namespaces only for programs that an"
                            + " AppArmor profile allows them"));

    // The line of a process with a filter of its system calls.
    private static final String FILTERED = "Seccomp:\t2";

    static UserNamespaces ofThisMachine(boolean isRoot) {
        return new UserNamespaces(Path.of("/proc"), isRoot);
    }

    /** Returns a description of the rule that forbids them; empty if no known rule does. */
    Optional<String> whatForbidsThem() {
        return RULES.stream()
                .filter(rule -> rule.rootToo() || !isRoot)
                .filter(rule -> read(rule.file()).strip().equals(rule.forbidding()))
                .map(Rule::words)
                .findFirst()
                .or(this::filter);
    }

    private Optional<String> filter() {
        return read("self/status").lines().anyMatch(FILTERED::equals)
                ? Optional.of(
                        "a seccomp filter is in force, and that of a container forbids user namespaces by default")
                : Optional.empty();
    }

    /** Returns the content; empty if the file does not exist, since most kernels have only some of these. */
    private String read(String file) {
        try {
            return Files.readString(proc.resolve(file));
        } catch (IOException e) {
            return "";
        }
    }
}
