package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Facts;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IsolationRequirementsTest {
    @Test
    void aSandboxThatIsIsolatedMeetsThem() {
        assertThat(IsolationRequirements.POD.violated(new Facts(FakeContained.ISOLATED)))
                .isEmpty();
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
        assertThat(IsolationRequirements.POD.violated(new Facts(facts)))
                .contains("%s is \"%s\", must be %s".formatted(key, value, wanted));

        facts.remove(key);
        assertThat(IsolationRequirements.POD.violated(new Facts(facts)))
                .contains("%s is not told, must be %s".formatted(key, wanted));
    }

    @Test
    void theSandboxOfAnEmbeddedGvisorMeetsThoseOfItsPoolOnly() {
        assertThat(IsolationRequirements.EMBEDDED.violated(new Facts(FakeContained.EMBEDDED)))
                .isEmpty();
        assertThat(IsolationRequirements.EMBEDDED.violated(new Facts(FakeContained.ISOLATED)))
                .contains("isolation is not told, must be embedded");
        assertThat(IsolationRequirements.POD.violated(new Facts(FakeContained.EMBEDDED)))
                .contains("isolation is \"embedded\", must be left out where the pool's isolation is RuntimeClass");
    }

    @Test
    void whatIsDemandedOfAPodIsDemandedOfEachSandboxInIt() {
        assertThat(IsolationRequirements.EMBEDDED.requirements())
                .extracting(IsolationRequirements.Requirement::key)
                .containsExactlyElementsOf(IsolationRequirements.POD.requirements().stream()
                        .map(IsolationRequirements.Requirement::key)
                        .toList());
        Map<String, String> facts = new HashMap<>(FakeContained.EMBEDDED);
        facts.put(Facts.KERNEL, "linux");
        assertThat(IsolationRequirements.EMBEDDED.violated(new Facts(facts)))
                .contains("kernel is \"linux\", must be gvisor");
    }

    @ParameterizedTest
    @CsvSource({"2, 0, true", "2, 1, false", "1, 0, false", "3, 0, false"})
    void aNewSandboxHasHadNoRunAndItsPodAsManyAsWeCounted(String served, String runs, boolean met) {
        Map<String, String> facts = new HashMap<>(FakeContained.EMBEDDED);
        facts.put(Facts.SERVED, served);
        facts.put(Facts.RUNS, runs);
        assertThat(IsolationRequirements.EMBEDDED
                        .after(2)
                        .violated(new Facts(facts))
                        .isEmpty())
                .isEqualTo(met);
    }
}
