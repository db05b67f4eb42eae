package dev.sandpool.runner.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** That the pool's page has the right kind for each outcome, and words for each end of a program. */
class PageWordsTest {
    private static final Path FORMAT = Path.of("src/main/resources/dev/sandpool/runner/dashboard/ui/format.js");
    private static final Pattern ENTRY = Pattern.compile("(?m)^ {2}\"?([a-z-]+)\"?: \"([^\"]+)\",$");

    /** Returns the kind that the page should list; empty for a request that Sandpool refused with reason. */
    private static Optional<String> kind(Outcome outcome) {
        if (outcome.counted() == Outcome.Counted.AS_FAILED) {
            return Optional.of("failed");
        }
        return outcome.runOutcome().map(_ -> outcome == Outcome.EXITED ? "exited" : "stopped");
    }

    private static Map<String, String> entries(String constant) throws IOException {
        String all = Files.readString(FORMAT);
        int begin = all.indexOf("const " + constant + " = {");
        String map = all.substring(begin, all.indexOf("};", begin));
        return ENTRY.matcher(map)
                .results()
                .collect(Collectors.toMap(found -> found.group(1), found -> found.group(2), (a, _) -> a, TreeMap::new));
    }

    @Test
    void everyOutcomeIsOfItsKind() throws IOException {
        var kinds = new TreeMap<String, String>();
        for (Outcome outcome : Outcome.values()) {
            kind(outcome).ifPresent(kind -> kinds.put(outcome.apiName(), kind));
        }
        assertThat(entries("KIND_OF")).isEqualTo(kinds);
    }

    @Test
    void whatIsTheFaultOfSandpoolIsNeverShownAsRefused() throws IOException {
        Set<String> listed = entries("KIND_OF").keySet();
        for (Outcome outcome : Outcome.values()) {
            if (outcome.fault() == Outcome.Fault.SANDPOOL) {
                assertThat(listed).contains(outcome.apiName());
            }
        }
    }

    @Test
    void everyEndOfAProgramHasWords() throws IOException {
        var named = new TreeSet<String>();
        for (Outcome outcome : Outcome.values()) {
            // The words of EXITED have the exit code.
            if (outcome != Outcome.EXITED && outcome.runOutcome().isPresent()) {
                named.add(outcome.apiName());
            }
        }
        assertThat(entries("WORDS").keySet()).isEqualTo(named);
    }
}
