package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sample images, in pools as the samples of manifests/ have them. */
class SampleImagesIT {
    private static final Path SAMPLES = Path.of("..", "manifests", "samples");
    private static final Path IMAGES = Path.of("..", "target", "images");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "python | import json, sqlite3, ssl, sys; print(json.dumps(sys.argv[1:]), 1 + 1)",
                "node   | const zlib = require('zlib'); console.log(JSON.stringify(process.argv.slice(2)), 1 + 1)"
            })
    void aPoolOfASampleRunsItsLanguage(String name, String program) throws Exception {
        Path image = IMAGES.resolve("sandbox-" + name + ".tar");
        assumeTrue(Files.exists(image), "make sample-images makes " + image);
        Node.importImage(image);
        ObjectNode sample = new KubernetesSerialization()
                .unmarshal(Files.readString(SAMPLES.resolve(name + ".yaml")), ObjectNode.class);
        var spec = (ObjectNode) sample.path("spec");
        spec.remove("image");
        // The image is the node's own, so its name is none of a registry's.
        try (TestPool pool = TestPool.madeOf(
                name,
                "localhost/sandpool-sandbox-" + name + ":dev",
                flow(spec) + ", workers: 1, warm: {min: 1, max: 1}")) {
            Answer answer = pool.service().runWhenReady(program.getBytes(UTF_8), "an argument");

            assertThat(answer.stdout()).as(answer.toString()).isEqualTo("[\"an argument\"] 2\n");
        }
    }

    /** The fields of an object without its braces: JSON is YAML. */
    private static String flow(JsonNode object) {
        String json = object.toString();
        return json.substring(1, json.length() - 1);
    }
}
