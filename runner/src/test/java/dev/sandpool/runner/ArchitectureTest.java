package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** That the tables of ARCHITECTURE.md about where a change goes name files that exist. */
class ArchitectureTest {
    /** A class, or a file with an extension. Options and fields of a pool begin with a small letter and have none. */
    private static final Pattern NAME = Pattern.compile("`([A-Z][a-z]\\w*|[a-z_-]+\\.(?:yaml|js|c|h))`");

    private static Set<String> files() throws IOException {
        return Checkout.files().stream()
                .map(file -> file.getFileName().toString().replaceFirst("\\.java$", ""))
                .collect(Collectors.toSet());
    }

    private static List<String> rows() throws IOException {
        return Files.readString(Checkout.ROOT.resolve("ARCHITECTURE.md"))
                .replaceAll("(?s)^.*?### Where a change goes", "")
                .lines()
                .filter(line -> line.startsWith("| a") || line.startsWith("| one more") || line.startsWith("| the"))
                .toList();
    }

    @Test
    void everyFileOfItsTablesExists() throws IOException {
        var named = new TreeSet<String>();
        for (String row : rows()) {
            NAME.matcher(row).results().forEach(name -> named.add(name.group(1)));
        }
        assertThat(named).contains("RunOptions", "format.js", "frames.c", "SweepVerdict");
        assertThat(files()).containsAll(named);
    }
}
