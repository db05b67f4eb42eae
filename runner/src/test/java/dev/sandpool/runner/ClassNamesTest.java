package dev.sandpool.runner;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A simple name means one class, in whichever module it is read. */
class ClassNamesTest {
    private static final Path ROOT = Path.of("..");

    @Test
    void noTwoClassesOfAnyModulesHaveOneName() throws IOException {
        List<Path> classes;
        try (Stream<Path> modules = Files.list(ROOT)) {
            classes = modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(ClassNamesTest::classes)
                    .toList();
        }
        assertThat(classes)
                .extracting(file -> ROOT.relativize(file).subpath(0, 3).toString())
                .contains("crds/src/main", "protocol/src/test", "runner/src/main", "runner/src/test", "e2e/src/test");

        Map<String, List<Path>> byName =
                classes.stream().collect(groupingBy(file -> file.getFileName().toString(), TreeMap::new, toList()));
        byName.values().removeIf(files -> files.size() == 1);
        assertThat(byName).isEmpty();
    }

    private static Stream<Path> classes(Path sources) {
        try (Stream<Path> files = Files.walk(sources)) {
            return files
                    .filter(file -> file.toString().endsWith(".java") && !file.endsWith("package-info.java"))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
