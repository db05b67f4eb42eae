package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of clients has exactly the text of the clients that are tested. */
class ClientsPageTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Path PAGE = DOCS.resolve("clients.md");
    private static final Pattern BLOCK =
            Pattern.compile("<!-- (clients/[A-Za-z.]+) -->\n```([a-z]+)\n.*?```\n", Pattern.DOTALL);

    @Test
    void thePageHasTheTextOfTheFiles() throws IOException {
        String fresh = BLOCK.matcher(Files.readString(PAGE)).replaceAll(ClientsPageTest::block);
        if (Boolean.getBoolean("sandpool.docs.write")) {
            Files.writeString(PAGE, fresh);
        }

        assertThat(Files.readString(PAGE)).as("run: make docs").isEqualTo(fresh);
    }

    @Test
    void thePageHasEveryFile() throws IOException {
        String page = Files.readString(PAGE);
        try (Stream<Path> files = Files.list(DOCS.resolve("clients"))) {
            assertThat(files.filter(Files::isRegularFile))
                    .hasSize(4)
                    .allSatisfy(file -> assertThat(page).contains("<!-- clients/" + file.getFileName() + " -->\n"));
        }
    }

    private static String block(MatchResult found) {
        try {
            String text = Files.readString(DOCS.resolve(found.group(1)));
            return Matcher.quoteReplacement(
                    "<!-- %s -->\n```%s\n%s```\n".formatted(found.group(1), found.group(2), text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
