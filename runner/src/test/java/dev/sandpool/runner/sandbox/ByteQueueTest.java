package dev.sandpool.runner.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ByteQueueTest {
    private static final int MAX = 4;

    private final AtomicInteger roomAgain = new AtomicInteger();
    private final ByteQueue queue = new ByteQueue(ByteQueue.Bound.of(MAX), roomAgain::incrementAndGet);

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    /** A task that waits in a thread of its own. */
    private static <T> FutureTask<T> waiting(Callable<T> task) {
        var future = new FutureTask<>(task);
        Thread thread = Thread.ofVirtual().start(future);
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return future;
    }

    @Test
    void whatGoesInComesOutInPiecesOrNot() throws Exception {
        queue.offer(bytes("ab"));
        queue.offer(bytes(""));
        queue.offer(bytes("cd"));
        byte[] three = new byte[3];

        assertThat(queue.read(three, 0, 1)).isEqualTo(1);
        assertThat(queue.available()).isEqualTo(3);
        assertThat(queue.take()).isEqualTo(bytes("b"));
        assertThat(queue.read(three, 0, 3)).isEqualTo(2);
        assertThat(three).startsWith('c', 'd');
    }

    @Test
    void whoOffersIsToldOnceWhenThereIsRoomAgain() throws Exception {
        assertThat(queue.offer(bytes("abc"))).isTrue();
        assertThat(queue.offer(bytes("de"))).isFalse();
        assertThat(queue.read(new byte[1], 0, 1)).isEqualTo(1);
        assertThat(roomAgain).hasValue(0);

        assertThat(queue.read(new byte[2], 0, 2)).isEqualTo(2);
        assertThat(queue.take()).isEqualTo(bytes("de"));

        assertThat(roomAgain).hasValue(1);
    }

    @Test
    void whoPutsWaitsForRoom() throws Exception {
        queue.offer(bytes("abcd"));
        var put = waiting(() -> queue.put(bytes("e")));

        assertThat(queue.take()).isEqualTo(bytes("abcd"));

        assertThat(put.get()).isTrue();
        assertThat(queue.take()).isEqualTo(bytes("e"));
    }

    @Test
    void atTheEndWhatIsThereIsReadAndNothingIsAdded() throws Exception {
        queue.offer(bytes("ab"));
        assertThat(queue.end()).isTrue();
        assertThat(queue.end()).isFalse();

        assertThat(queue.put(bytes("c"))).isFalse();
        assertThat(queue.take()).isEqualTo(bytes("ab"));
        assertThat(queue.take()).isNull();
        assertThat(queue.read(new byte[1], 0, 1)).isEqualTo(-1);
    }

    @Test
    void closingLetsGoOfWhoPutsAndOfWhatIsThere() throws Exception {
        queue.offer(bytes("abcd"));
        var put = waiting(() -> queue.put(bytes("e")));

        queue.close();

        assertThat(put.get()).isFalse();
        assertThat(queue.available()).isZero();
        assertThat(queue.take()).isNull();
    }

    @Test
    void aReaderThatWaitsFailsWithTheFirstReason() {
        var read = waiting(() -> queue.read(new byte[1], 0, 1));
        assertThat(queue.stalledFor(0)).isTrue();

        queue.fail(new IllegalStateException("first"));
        queue.fail(new IllegalStateException("second"));

        assertThatThrownBy(read::get).hasRootCauseMessage("first");
        assertThatThrownBy(() -> queue.read(new byte[1], 0, 1)).hasMessage("first");
    }

    @Test
    void afterItsDeadlineAReadFailsButNotOfWhatIsThere() throws IOException {
        queue.offer(bytes("a"));
        queue.waitUntil(System.nanoTime() - 1, () -> new IllegalStateException("late"));

        assertThat(queue.read(new byte[1], 0, 1)).isEqualTo(1);
        assertThatThrownBy(() -> queue.read(new byte[1], 0, 1)).hasMessage("late");
    }
}
