package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CrdYamlTest {
    private static final Set<String> FABRIC8S =
            Set.of("resources", "topologySpreadConstraints", "tolerations", "affinity", "allowedNamespaces");

    @Test
    void theCheckedInYamlIsTheRecords() throws IOException {
        String fresh = CrdYaml.generate();
        if (Boolean.getBoolean("sandpool.crds.write")) {
            Files.writeString(CrdYaml.FILE, fresh);
        }

        assertThat(CrdYaml.FILE).as("run: make crds").hasContent(fresh);
    }

    @Test
    void everyRuleHasAMessageAndEveryFieldOfOursADescription() throws IOException {
        assertTold("", DefaultsTest.schema());
    }

    private static void assertTold(String path, JsonNode schema) {
        for (JsonNode rule : schema.path("x-kubernetes-validations")) {
            assertThat(rule.path("message").asText()).as(path).isNotBlank();
        }
        schema.path("properties").properties().forEach(property -> {
            String name = path + "." + property.getKey();
            assertThat(property.getValue().path("description").asText())
                    .as(name)
                    .isNotBlank();
            if (!FABRIC8S.contains(property.getKey())) {
                assertTold(name, property.getValue());
                assertTold(name, property.getValue().path("items"));
            }
        });
    }
}
