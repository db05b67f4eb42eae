package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** That each link of a page to a file of this repository, or to a heading, leads to one that exists. */
class DocsLinksTest {
    private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^ *```.*?^ *```$");
    private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern LINK_IN_A_HEADING = Pattern.compile("\\[([^]]*)]\\([^)]*\\)");

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        List<Path> pages = pages();
        assertThat(pages).contains(Checkout.ROOT.resolve("README.md"), Checkout.ROOT.resolve("docs/pools.md"));
        for (Path page : pages) {
            String text = CODE.matcher(withoutBlocks(page)).replaceAll("");
            LINK.matcher(text)
                    .results()
                    .map(link -> link.group(1))
                    .filter(link -> !link.matches("[a-z]+:.*"))
                    .filter(link -> !leadsSomewhere(page, link))
                    .forEach(link -> broken.add(Checkout.ROOT.relativize(page) + ": " + link));
        }
        assertThat(broken).isEmpty();
    }

    private static boolean leadsSomewhere(Path page, String link) {
        String[] parts = link.split("#", 2);
        Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        return Files.exists(file) && (parts.length == 1 || headings(file).contains(parts[1]));
    }

    private static List<String> headings(Path page) {
        return HEADING.matcher(withoutBlocks(page))
                .results()
                .map(DocsLinksTest::anchor)
                .toList();
    }

    /** The name that forges give a heading. */
    private static String anchor(MatchResult heading) {
        String words = LINK_IN_A_HEADING.matcher(heading.group(1).strip()).replaceAll("$1");
        return words.toLowerCase(Locale.ROOT).replaceAll("[^\\w\\- ]", "").replace(' ', '-');
    }

    private static String withoutBlocks(Path page) {
        try {
            return CODE_BLOCK.matcher(Files.readString(page)).replaceAll("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> pages() throws IOException {
        return Checkout.files().stream()
                .filter(file -> file.toString().endsWith(".md"))
                .toList();
    }
}
