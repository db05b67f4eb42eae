package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameReader;
import dev.sandpool.protocol.FrameWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgramCacheTest {
    private static final long MANY = 1 << 20;

    private final ProgramCache cache = new ProgramCache();

    /** Sends a program of these pieces; the frames that went down. */
    private List<Frame.Down> send(long keepBytes, String... pieces) throws IOException {
        var down = new ByteArrayOutputStream();
        ProgramCache.Upload upload = cache.begin(new ProgramFrames(new FrameWriter(down), false), keepBytes);
        for (String piece : pieces) {
            byte[] buffer = (piece + "the rest of the buffer").getBytes(UTF_8);
            upload.add(buffer, piece.length());
        }
        upload.end();
        FrameReader<Frame.Down> frames = FrameReader.down(new ByteArrayInputStream(down.toByteArray()));
        List<Frame.Down> sent = new ArrayList<>();
        for (Frame.Down frame = frames.read(); frame != null; frame = frames.read()) {
            sent.add(frame);
        }
        return sent;
    }

    private void greetAgain(long bytes) {
        cache.confirm(new Facts(Map.of(Facts.KEPT, Long.toString(bytes))));
    }

    private static Frame.Down program(String piece) {
        return new Frame.Program(Bytes.utf8(piece));
    }

    private static Frame.Down kept(long bytes) {
        return new Frame.ProgramKept(bytes);
    }

    @Test
    void theFirstProgramIsSentWhole() throws IOException {
        assertThat(send(MANY, "abcd", "efgh", "i")).containsExactly(program("abcd"), program("efgh"), program("i"));
    }

    @Test
    void theSameProgramIsSaidInOneFrameHoweverOften() throws IOException {
        send(MANY, "abcd", "efgh", "i");
        for (int i = 0; i < 3; i++) {
            greetAgain(9);
            assertThat(send(MANY, "abcd", "efgh", "i")).containsExactly(kept(9));
        }
    }

    @Test
    void ofAnotherOneWhatIsNewIsSentInItsPlace() throws IOException {
        send(MANY, "abcd", "efgh", "ijkl", "m");
        greetAgain(13);

        assertThat(send(MANY, "abcd", "efgh", "IJKL", "m", "nopq"))
                .containsExactly(kept(8), program("IJKL"), kept(1), program("nopq"));
        greetAgain(17);
        assertThat(send(MANY, "abcd", "efgh", "ijkl", "m")).containsExactly(kept(8), program("ijkl"), kept(1));
    }

    @Test
    void aPieceElsewhereIsNotTheSame() throws IOException {
        send(MANY, "abcd", "efgh");
        greetAgain(8);

        assertThat(send(MANY, "efgh", "abcd")).containsExactly(program("efgh"), program("abcd"));
    }

    @Test
    void theBeginningOfAPieceIsNotTheSame() throws IOException {
        send(MANY, "abcd");
        greetAgain(4);

        assertThat(send(MANY, "abc")).containsExactly(program("abc"));
    }

    @Test
    void nothingIsTakenForKeptThatTheSandboxDoesNotName() throws IOException {
        for (long said : new long[] {0, 3, 5}) {
            send(MANY, "abcd");
            greetAgain(said);

            assertThat(send(MANY, "abcd")).containsExactly(program("abcd"));
        }
        send(MANY, "abcd");
        cache.confirm(new Facts(Map.of()));

        assertThat(send(MANY, "abcd")).containsExactly(program("abcd"));
    }

    @Test
    void nothingIsTakenForKeptBeforeTheSandboxHasGreetedAgain() throws IOException {
        send(MANY, "abcd");

        assertThat(send(MANY, "abcd")).containsExactly(program("abcd"));
    }

    @Test
    void aProgramThatWasNotSentToItsEndIsNotKept() throws IOException {
        cache.begin(new ProgramFrames(new FrameWriter(new ByteArrayOutputStream()), false), MANY)
                .add("abcd".getBytes(UTF_8), 4);
        greetAgain(4);

        assertThat(send(MANY, "abcd")).containsExactly(program("abcd"));
    }

    @Test
    void aLargerOneIsNotKeptButMayBeginLikeTheLast() throws IOException {
        send(5, "abcd");
        greetAgain(4);

        assertThat(send(5, "abcd", "ef")).containsExactly(kept(4), program("ef"));
        greetAgain(6);
        assertThat(send(5, "abcd", "ef")).containsExactly(program("abcd"), program("ef"));
    }

    @Test
    void theLastRunOfASandboxStillUsesWhatIsKept() throws IOException {
        send(MANY, "abcd");
        greetAgain(4);

        assertThat(send(0, "abcd")).containsExactly(kept(4));
    }

    @Test
    void theKeptProgramAndTheNextFitIntoTheRoomForOne() {
        assertThat(ProgramCache.maxBytes(100 << 20)).isEqualTo(16 << 20);
        assertThat(ProgramCache.maxBytes(20 << 20)).isEqualTo(10 << 20);
        assertThat(ProgramCache.maxBytes(1)).isZero();
    }
}
