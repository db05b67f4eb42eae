package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class ReferencePageTest {
    @Test
    void thePageIsThatOfTheDefinition() throws IOException {
        String fresh = ReferencePage.of(crd());
        if (Boolean.getBoolean("sandpool.docs.write")) {
            Files.writeString(ReferencePage.FILE, fresh);
        }

        assertThat(Files.readString(ReferencePage.FILE)).as("run: make docs").isEqualTo(fresh);
    }

    /** Whatever depth a rule is at. */
    @Test
    void thePageHasEveryRuleOfTheDefinition() throws IOException {
        String page = ReferencePage.of(crd());
        assertThat(crd().findValues("x-kubernetes-validations"))
                .isNotEmpty()
                .allSatisfy(rules -> assertThat(rules)
                        .allSatisfy(rule -> assertThat(page)
                                .contains("* " + rule.path("message").asText() + ": `")));
    }

    private static JsonNode crd() throws IOException {
        return CrdYaml.YAML.readTree(CrdYaml.FILE.toFile());
    }
}
