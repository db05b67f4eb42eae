package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Files of contained use each other in one direction: each floor stands on those below it. */
class IncludesTest {
    private static final Path SOURCES = Path.of("src");
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"([^\"]+)\\.h\"$");

    @Test
    void noFileUsesOneThatUsesIt() {
        Map<Path, Set<Path>> uses = uses();
        assertThat(uses).hasSizeGreaterThan(30).containsKey(SOURCES.resolve("session"));

        // Those that use only what was taken away before, one floor after the other. A circle stays.
        Set<Path> below = new HashSet<>();
        while (uses.values().removeIf(used -> below.containsAll(used))) {
            Set<Path> left = uses.keySet();
            allFiles().stream().filter(file -> !left.contains(file)).forEach(below::add);
        }

        assertThat(uses).isEmpty();
    }

    /** The modules, a file and its header being one, each with those that it includes. */
    private static Map<Path, Set<Path>> uses() {
        Map<Path, Set<Path>> uses = new TreeMap<>();
        for (Path file : sources()) {
            Set<Path> used = uses.computeIfAbsent(module(file), _ -> new TreeSet<>());
            INCLUDE.matcher(text(file))
                    .results()
                    .map(MatchResult::group)
                    .map(line -> line.substring(line.indexOf('"') + 1, line.lastIndexOf('.')))
                    .map(name -> Files.exists(file.resolveSibling(name + ".h"))
                            ? file.resolveSibling(name)
                            : SOURCES.resolve(name))
                    .map(Path::normalize)
                    .filter(name -> !name.equals(module(file)))
                    .forEach(used::add);
        }
        return uses;
    }

    private static Set<Path> allFiles() {
        Set<Path> all = new HashSet<>();
        sources().forEach(file -> all.add(module(file)));
        return all;
    }

    private static Path module(Path file) {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.length() - 2));
    }

    private static List<Path> sources() {
        try (Stream<Path> files = Files.walk(SOURCES, 2)) {
            return files.filter(file -> file.toString().matches("src/(supervisor/)?[^/]+\\.[ch]"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
