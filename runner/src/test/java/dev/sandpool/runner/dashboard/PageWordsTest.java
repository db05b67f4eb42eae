package dev.sandpool.runner.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** That the pool's page knows each outcome of a run by its name. */
class PageWordsTest {
    private static final Path FORMAT = Path.of("src/main/resources/dev/sandpool/runner/dashboard/ui/format.js");
    private static final Pattern KEY = Pattern.compile("(?m)^ {2}\"?([a-z-]+)\"?: \"");

    /** Those that a reader sees as the end of a run, and not as a request that never became one. */
    private static Set<String> endsOfRuns() {
        var names = new TreeSet<String>();
        for (Outcome outcome : Outcome.values()) {
            if (outcome.runOutcome().isPresent()) {
                names.add(outcome.apiName());
            }
        }
        return names;
    }

    private static Set<String> keys(String constant) throws IOException {
        String all = Files.readString(FORMAT);
        int begin = all.indexOf("const " + constant + " = {");
        String map = all.substring(begin, all.indexOf("};", begin));
        return KEY.matcher(map).results().map(found -> found.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyEndOfARunIsOfAKind() throws IOException {
        var known = new TreeSet<>(endsOfRuns());
        for (Outcome outcome : EnumSet.of(Outcome.NO_SANDBOX, Outcome.FAILED)) {
            known.add(outcome.apiName());
        }
        assertThat(keys("KIND_OF")).isEqualTo(known);
    }

    @Test
    void everyEndOfARunHasWords() throws IOException {
        var named = new TreeSet<>(endsOfRuns());
        named.remove(Outcome.EXITED.apiName()); // its words have the exit code
        assertThat(keys("WORDS")).isEqualTo(named);
    }
}
