package dev.sandpool.runner.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.protocol.Bytes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

public class LaunchersTest {
    private static final String NONE = "";

    public static LauncherSpec launcher(
            String command, @Nullable String magic, @Nullable String mask, int offset, @Nullable String contains) {
        return new LauncherSpec("kind", hex(magic), mask, offset, hex(contains), List.of(command.split(" ")));
    }

    private static @Nullable String hex(@Nullable String text) {
        return text == null ? null : HexFormat.of().formatHex(text.getBytes(ISO_8859_1));
    }

    /** As one piece and byte by byte, which must be the same. */
    private static String commandFor(String program, LauncherSpec... specs) {
        Launchers launchers = Launchers.of(List.of(specs));
        byte[] bytes = program.getBytes(ISO_8859_1);
        Launchers.Look whole = launchers.look();
        whole.at(bytes, 0, bytes.length);
        Launchers.Look single = launchers.look();
        for (int i = 0; i < bytes.length; i++) {
            single.at(bytes, i, 1);
        }
        assertThat(single.command()).isEqualTo(whole.command());
        return String.join(
                " ", whole.command().stream().map(LaunchersTest::text).toList());
    }

    private static String text(Bytes bytes) {
        return new String(bytes.toByteArray(), ISO_8859_1);
    }

    @Test
    void noLauncherMeansThatTheProgramIsExecuted() {
        assertThat(commandFor("\u007fELF")).isEqualTo(NONE);
        assertThat(Launchers.of(List.of())).isSameAs(Launchers.NONE);
    }

    @Test
    void magicIsComparedAtItsOffset() {
        LauncherSpec wasm = launcher("/bin/wasm run", "asm", null, 1, null);
        assertThat(commandFor("\0asm", wasm)).isEqualTo("/bin/wasm run");
        assertThat(commandFor("\0asm and more", wasm)).isEqualTo("/bin/wasm run");
        assertThat(commandFor("asm", wasm)).isEqualTo(NONE);
        assertThat(commandFor("\0as", wasm)).isEqualTo(NONE);
        assertThat(commandFor("", wasm)).isEqualTo(NONE);
    }

    @Test
    void magicMayLieFarInside() {
        LauncherSpec far = launcher("/far", "m".repeat(256), null, 4096, null);
        assertThat(commandFor("x".repeat(4096) + "m".repeat(256), far)).isEqualTo("/far");
        assertThat(commandFor("x".repeat(4096) + "m".repeat(255), far)).isEqualTo(NONE);
    }

    @Test
    void bitsThatTheMaskLeavesOutDoNotCount() {
        LauncherSpec masked = launcher("/m", "AB", "df00", 0, null);
        assertThat(commandFor("a?", masked)).isEqualTo("/m");
        assertThat(commandFor("B?", masked)).isEqualTo(NONE);
    }

    @Test
    void aPatternIsFoundAnywhere() {
        LauncherSpec nacl = launcher("/usr/bin/sel_ldr -S", null, null, 0, "NaCl");
        assertThat(commandFor("x".repeat(100_000) + "NaCl", nacl)).isEqualTo("/usr/bin/sel_ldr -S");
        assertThat(commandFor("x".repeat(100_000) + "NaC", nacl)).isEqualTo(NONE);
    }

    @Test
    void magicAndPatternMustBothFit() {
        LauncherSpec both = launcher("/both", "\u007fELF", null, 0, "NaCl");
        assertThat(commandFor("\u007fELF...NaCl", both)).isEqualTo("/both");
        assertThat(commandFor("....NaCl", both)).isEqualTo(NONE);
        assertThat(commandFor("\u007fELF", both)).isEqualTo(NONE);
    }

    @Test
    void theFirstThatFitsWins() {
        LauncherSpec first = launcher("/first", "\u007fELF", null, 0, "rare bytes");
        LauncherSpec second = launcher("/second", "\u007fELF", null, 0, null);
        LauncherSpec third = launcher("/third", null, null, 0, "\u007fELF");
        assertThat(commandFor("\u007fELF and rare bytes", first, second, third)).isEqualTo("/first");
        assertThat(commandFor("\u007fELF", first, second, third)).isEqualTo("/second");
        assertThat(commandFor("-\u007fELF", first, second, third)).isEqualTo("/third");
        assertThat(commandFor("-", first, second, third)).isEqualTo(NONE);
    }

    /** The first one's magic decides last; until then it must not keep the others from being searched for. */
    @Test
    void aPatternBeforeTheLastMagicIsFound() {
        LauncherSpec far = launcher("/far", "magic", null, 100, null);
        LauncherSpec near = launcher("/near", null, null, 0, "near");
        assertThat(commandFor("near" + "x".repeat(200), far, near)).isEqualTo("/near");
    }

    @Test
    void whatCannotBeUsedIsRefusedByName() {
        refused("launcher kind: must have magic or contains", launcher("/x", null, null, 0, null));
        refused("mask must be as long as magic", launcher("/x", "ab", "ff", 0, null));
        refused("contains must have at least 4 bytes", launcher("/x", null, null, 0, "abc"));
        refused("contains must have at most 256 bytes", launcher("/x", null, null, 0, "x".repeat(257)));
        refused("command must begin with an absolute path", launcher("x", "ab", null, 0, null));
        refused("offset 4097 must be from 0 to 4096", launcher("/x", "ab", null, 4097, null));
        refused("command must have no NUL", launcher("/x\0", "ab", null, 0, null));
        refused("magic xyz must be bytes in hexadecimal", new LauncherSpec("k", "xyz", null, 0, null, List.of("/x")));
        refused("there are 17, at most 16", launchers(17));
        assertThat(Launchers.of(Arrays.asList(launchers(16)))).isNotNull();
    }

    private static LauncherSpec[] launchers(int count) {
        var all = new LauncherSpec[count];
        Arrays.fill(all, launcher("/x", "ab", null, 0, null));
        return all;
    }

    private static void refused(String words, LauncherSpec... specs) {
        assertThatThrownBy(() -> Launchers.of(List.of(specs)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words);
    }
}
