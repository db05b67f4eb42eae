package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PoolNamesTest {
    private static final String LABEL = "[a-z]([-a-z0-9]{0,61}[a-z0-9])?";

    @Test
    void theLongestPoolNameLeavesRoomForAllThatIsDerivedFromIt() {
        String pool = "p".repeat(PoolNames.LONGEST_POOL_NAME);
        List<String> names = List.of(
                PoolNames.runners(pool),
                PoolNames.service(pool),
                PoolNames.runnerAccount(pool),
                PoolNames.sandboxAccount(pool),
                PoolNames.settings(pool),
                PoolNames.podTemplate(pool, "0123456789"),
                PoolNames.sandboxPrefix(pool, pool + "-runner-8b9d576d5-dx6n4")
                        + "x".repeat(PoolNames.SANDBOX_LETTERS));

        assertThat(names).allMatch(name -> name.matches(LABEL));
        assertThat(pool).matches(PoolNames.POOL_NAME);
    }

    @Test
    void namesAreThePoolsAndWhatTheyAreOf() {
        assertThat(PoolNames.runners("p")).isEqualTo("p-runner");
        assertThat(PoolNames.service("p")).isEqualTo("p");
        assertThat(PoolNames.runnerAccount("p")).isEqualTo("p-sandpool-runner");
        assertThat(PoolNames.sandboxAccount("p")).isEqualTo("p-sandbox");
        assertThat(PoolNames.settings("p")).isEqualTo("p-runner");
        assertThat(PoolNames.podTemplate("p", "0123456789")).isEqualTo("p-0123456789");
        assertThat(PoolNames.sandboxPrefix("p")).isEqualTo("p-sandbox-");
        assertThat(PoolNames.sandboxPrefix("p", "p-runner-8b9d576d5-dx6n4")).isEqualTo("p-sandbox-dx6n4-");
        assertThat(PoolNames.sandboxPrefix("p", "abc")).isEqualTo("p-sandbox-abc-");
    }
}
