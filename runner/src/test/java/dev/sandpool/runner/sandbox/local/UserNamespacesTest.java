package dev.sandpool.runner.sandbox.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which rule of a machine is named when it forbids user namespaces. */
class UserNamespacesTest {
    @TempDir
    private Path proc;

    private void file(String name, String content) throws IOException {
        Path file = proc.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @Test
    void aMachineWithoutRulesForbidsNothing() {
        assertThat(new UserNamespaces(proc, false).whatForbidsThem()).isEmpty();
    }

    @Test
    void rulesThatAllowThemAreNotNamed() throws IOException {
        file("sys/user/max_user_namespaces", "96364\n");
        file("sys/kernel/unprivileged_userns_clone", "1\n");
        file("sys/kernel/apparmor_restrict_unprivileged_userns", "0\n");
        file("self/status", "Name:\tjava\nSeccomp:\t0\nSeccomp_filters:\t0\n");

        assertThat(new UserNamespaces(proc, false).whatForbidsThem()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "sys/user/max_user_namespaces, 0, user.max_user_namespaces is 0",
        "sys/kernel/unprivileged_userns_clone, 0, kernel.unprivileged_userns_clone is 0",
        "sys/kernel/apparmor_restrict_unprivileged_userns, 1, kernel.apparmor_restrict_unprivileged_userns is 1",
    })
    void theSysctlThatForbidsThemIsNamed(String file, String value, String named) throws IOException {
        file(file, value + "\n");
        file("self/status", "Name:\tjava\nSeccomp:\t2\n");

        assertThat(new UserNamespaces(proc, false).whatForbidsThem())
                .hasValueSatisfying(words -> assertThat(words).contains(named));
    }

    @Test
    void rootIsToldOnlyOfWhatIsForRootToo() throws IOException {
        file("sys/kernel/unprivileged_userns_clone", "0\n");
        file("sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        assertThat(new UserNamespaces(proc, true).whatForbidsThem()).isEmpty();

        file("sys/user/max_user_namespaces", "0\n");
        assertThat(new UserNamespaces(proc, true).whatForbidsThem()).isPresent();
    }

    @Test
    void inAContainerItMayBeItsFilter() throws IOException {
        file("sys/user/max_user_namespaces", "96364\n");
        file("self/status", "Name:\tjava\nSeccomp:\t2\nSeccomp_filters:\t1\n");

        assertThat(new UserNamespaces(proc, false).whatForbidsThem())
                .hasValueSatisfying(words -> assertThat(words).contains("seccomp filter"));
    }
}
