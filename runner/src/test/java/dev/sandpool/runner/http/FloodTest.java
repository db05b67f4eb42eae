package dev.sandpool.runner.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is held of heads of requests, and for how long. */
class FloodTest {
    private static final Caller FLOOD = Caller.ofHeader("flood");
    private static final Caller OTHER = Caller.ofHeader("other");

    private final AtomicLong nanos = new AtomicLong();
    private final FairSemaphore stock = new FairSemaphore(16);

    private RequestHead head(Caller address) {
        return new RequestHead(stock, address, nanos::get);
    }

    @Test
    void oneAddressHoldsHalfOfWhatAllHeadsMayAndAnotherHasRoom() {
        assertThat(head(FLOOD).hasRoomFor(8 * 1024 + 8L * RequestHead.PIECE)).isTrue();
        RequestHead more = head(FLOOD);
        assertThat(more.hasRoomFor(8 * 1024)).isTrue();
        assertThat(more.hasRoomFor(1)).isFalse();

        assertThat(head(OTHER).hasRoomFor(8 * 1024 + 4L * RequestHead.PIECE)).isTrue();
    }

    @Test
    void aLineCostsMoreThanItsBytesAndAllIsGivenBack() {
        RequestHead head = head(FLOOD);
        assertThat(head.hasRoomFor("a:\n".repeat(400).getBytes(US_ASCII))).isFalse();
        head.isOver();

        assertThat(head(FLOOD).hasRoomFor(8 * 1024 + 8L * RequestHead.PIECE)).isTrue();
    }

    @Test
    void linesOfABodyThatComesWithItsHeadAreNoHeaders() {
        RequestHead head = head(FLOOD);
        String body = "\n".repeat(4000);

        for (char c : "POST /run HTTP/1.1\r\nHost: x\r\n\r\n".toCharArray()) {
            assertThat(head.hasRoomFor(new byte[] {(byte) c})).isTrue();
        }
        assertThat(head.hasRoomFor(body.getBytes(US_ASCII))).isTrue();
        assertThat(stock.holdsAny(FLOOD)).isFalse();

        head.isOver();
        assertThat(head.hasRoomFor(("GET /\n\r\n" + body + "\r\n\r\n").getBytes(US_ASCII)))
                .as("the next head")
                .isFalse();
    }

    @Test
    void aHeadHasTenSecondsHoweverItTrickles() {
        RequestHead head = head(FLOOD);
        for (int second = 0; second < 9; second++) {
            pass(Duration.ofSeconds(1));
            assertThat(head.hasRoomFor(new byte[1])).isTrue();
            assertThat(head.isLate()).isFalse();
        }
        pass(Duration.ofSeconds(1));
        assertThat(head.isLate()).isTrue();

        head.isOver();
        pass(Duration.ofMinutes(2));
        assertThat(head.isLate()).as("between two requests").isFalse();
        assertThat(head.hasRoomFor(new byte[1])).isTrue();
        pass(Duration.ofSeconds(10));
        assertThat(head.isLate()).isTrue();
    }

    @Test
    void theSharesAreThreeQuartersOfASmallHeap() {
        var shares = new HeapShares(128L << 20);

        assertThat(shares.connections()).isEqualTo(1024);
        assertThat(shares.headPieces()).isEqualTo(2048);
        assertThat(shares.liveRuns()).isEqualTo(128);
        assertThat(shares.pendingUploads()).isEqualTo(64);
        assertThat(shares.optionPieces()).isEqualTo(128);
        assertThat(shares.queue()).isEqualTo(80);
        assertThat(shares.bodies()).isEqualTo(16L << 20);
        assertThat(shares.keptAnswers()).isEqualTo(4L << 20);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
