package dev.sandpool.operator.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunLimits;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HashesTest {
    @Test
    void theOrderOfKeysDoesNotMatterAtAnyDepth() {
        Map<String, Object> oneWay = new LinkedHashMap<>();
        oneWay.put("b", List.of(inOrder("x", "y")));
        oneWay.put("a", 1);
        Map<String, Object> theOther = new LinkedHashMap<>();
        theOther.put("a", 1);
        theOther.put("b", List.of(inOrder("y", "x")));

        assertThat(Hashes.canonical(oneWay)).isEqualTo("{\"a\":1,\"b\":[{\"x\":\"x\",\"y\":\"y\"}]}");
        assertThat(Hashes.shortHash(oneWay)).isEqualTo(Hashes.shortHash(theOther));
    }

    @Test
    void theOrderOfListsMatters() {
        assertThat(Hashes.shortHash(List.of(1, 2))).isNotEqualTo(Hashes.shortHash(List.of(2, 1)));
    }

    @Test
    void theFieldsOfObjectsAreInOrderToo() {
        assertThat(Hashes.canonical(new RunLimits(1, 2, 3, 5, 4, "5s", null)))
                .isEqualTo(
                        "{\"binaryBytes\":3,\"fileBytes\":5,\"memoryBytes\":1,\"outputBytes\":4,\"pids\":2,\"runTimeout\":\"5s\"}");
        assertThat(Hashes.canonical(new EnvVar("NAME", "value", null)))
                .isEqualTo("{\"name\":\"NAME\",\"value\":\"value\"}");
    }

    @Test
    void aHashIsTheFirstTenHexDigitsOfSha256() {
        // printf '{}' | sha256sum
        assertThat(Hashes.shortHash(Map.of())).isEqualTo("44136fa355");
    }

    private static Map<String, String> inOrder(String first, String second) {
        Map<String, String> map = new LinkedHashMap<>();
        map.put(first, first);
        map.put(second, second);
        return map;
    }
}
