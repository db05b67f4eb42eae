package dev.sandpool.runner.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.UploadStoppedException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientBytesTest {
    private static final byte[] END = {};
    private static final int PIECE = 8 * 1024;

    private final LinkedBlockingQueue<byte[]> sent = new LinkedBlockingQueue<>();
    private final AtomicInteger reads = new AtomicInteger();
    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final ClientBytes bytes = new ClientBytes(this::socket, budget);

    private byte @Nullable [] socket(int atMost) {
        reads.incrementAndGet();
        try {
            byte[] next = sent.take();
            return next.length == 0 ? null : next;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void withoutARunNothingIsReadBeforeItIsWanted() {
        sent.add(new byte[] {1});

        assertThat(reads).hasValue(0);
        assertThat(bytes.get()).containsExactly(1);
        assertThat(reads).hasValue(1);
    }

    @Test
    void nothingThatWasReadAheadIsLost() throws Exception {
        bytes.readAhead(() -> {});
        for (byte i = 0; i < 10; i++) {
            sent.add(new byte[] {i});
        }
        await().until(bytes::isReady);
        bytes.readOnDemand();
        for (byte i = 10; i < 20; i++) {
            sent.add(new byte[] {i});
        }

        for (byte i = 0; i < 20; i++) {
            assertThat(bytes.get()).containsExactly(i);
        }
    }

    @Test
    void theEndIsSeenWhileNobodyReads() throws Exception {
        var gone = new CountDownLatch(1);
        bytes.readAhead(gone::countDown);
        sent.add(new byte[] {1});
        sent.add(END);

        assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(bytes.get()).containsExactly(1);
        assertThat(bytes.get()).isNull();
    }

    @Test
    void aClientThatHadGoneBeforeIsTold() throws Exception {
        bytes.readAhead(() -> {});
        sent.add(END);
        assertThat(bytes.get()).isNull();
        var gone = new CountDownLatch(1);

        bytes.readAhead(gone::countDown);

        assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatIsReadAheadIsBoundedByTheBudget() {
        for (int i = 0; i < 1000; i++) {
            sent.add(new byte[PIECE]);
        }
        bytes.readAhead(() -> {});

        await().until(() -> budget.left() < 64 * 1024);
        int most = (128 * 1024 + (1 << 20)) / PIECE + 1;
        await().during(Duration.ofMillis(100)).until(() -> reads.get() <= most);
        bytes.close();
        assertThat(budget.left()).isEqualTo(1 << 20);
    }

    @Test
    void aWaitCanBeStoppedAndTheConnectionUsedAgain() throws Exception {
        bytes.readAhead(() -> {});
        var stopper = Thread.ofVirtual().start(() -> bytes.stop(new UploadStoppedException("enough")));

        assertThatThrownBy(bytes::get).hasMessage("enough");
        stopper.join();
        bytes.readOnDemand();
        sent.add(new byte[] {1});
        assertThat(bytes.get()).containsExactly(1);
    }

    @Test
    void aWaitEndsAtItsDeadline() {
        bytes.readAhead(() -> {});
        bytes.waitUntil(System.nanoTime() + 1_000_000);

        assertThatThrownBy(bytes::get).isInstanceOf(UploadStoppedException.class);
    }

    @Test
    void bytesThatHaveComeAreNotTakenAfterTheDeadlineOfTheirRun() {
        bytes.readAhead(() -> {});
        sent.add(new byte[] {1});
        await().until(bytes::isReady);
        bytes.waitUntil(System.nanoTime());

        assertThatThrownBy(bytes::get).isInstanceOf(UploadStoppedException.class);
        bytes.readOnDemand();
        assertThat(bytes.get()).as("by the next request").containsExactly(1);
    }
}
