package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class CrdYamlTest {
    @Test
    void theCheckedInYamlIsTheRecords() throws IOException {
        String fresh = CrdYaml.generate();
        if (Boolean.getBoolean("sandpool.crds.write")) {
            Files.writeString(CrdYaml.FILE, fresh);
        }

        assertThat(CrdYaml.FILE).as("run: make crds").hasContent(fresh);
    }
}
