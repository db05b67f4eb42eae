package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Facts;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemandsTest {
    @Test
    void aSandboxThatIsIsolatedMeetsThem() {
        assertThat(Demands.POD.violated(new Facts(FakeContained.ISOLATED))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kernel            | linux          | gvisor",
                "token             | mounted        | absent",
                "root              | writable       | read-only",
                "capabilities      | 3fffffffff     | none",
                "no-new-privileges | off            | on",
                "proc              | shared         | own",
                "tmpfs             | shared         | own",
                "tmpfs             | none           | own",
                "namespaces        | user,pid,mnt   | 'with user,pid,net,mnt'",
                "interfaces        | eth0,lo        | none but lo"
            })
    void oneThatIsWeakerDoesNot(String key, String value, String wanted) {
        Map<String, String> facts = new HashMap<>(FakeContained.ISOLATED);
        facts.put(key, value);
        assertThat(Demands.POD.violated(new Facts(facts)))
                .contains("%s is \"%s\", must be %s".formatted(key, value, wanted));

        facts.remove(key);
        assertThat(Demands.POD.violated(new Facts(facts)))
                .contains("%s is not told, must be %s".formatted(key, wanted));
    }
}
