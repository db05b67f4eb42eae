package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.runner.sandbox.Deadline;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes pods in the background. It tries each until it is gone, also when the API server is away for a long time. */
final class PodReaper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodReaper.class);

    // A deletion costs the API server and etcd a write each. Runs have priority over deletions.
    private static final int AT_ONCE = 4;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(10);

    /** One attempt. It returns when the pod is gone or never existed. */
    interface Deletion {
        void attempt() throws KubernetesClientException;
    }

    private final Semaphore permits = new Semaphore(AT_ONCE);
    private final Set<Thread> pending = ConcurrentHashMap.newKeySet();
    private final CountDownLatch givenUp = new CountDownLatch(1);

    /** Returns at once. Tries the deletion until it succeeds, then calls {@code done}. */
    void delete(String what, Deletion deletion, Runnable done) {
        Thread thread = Thread.ofVirtual().name("reap-" + what).unstarted(() -> {
            try {
                if (untilDone(what, deletion)) {
                    done.run();
                }
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts the reaper", e);
            } finally {
                pending.remove(Thread.currentThread());
            }
        });
        pending.add(thread);
        thread.start();
    }

    private boolean untilDone(String what, Deletion deletion) throws InterruptedException {
        long pause = FIRST_PAUSE.toMillis();
        while (!attempted(what, deletion)) {
            long jittered = pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
            if (givenUp.await(jittered, TimeUnit.MILLISECONDS)) {
                LOG.atWarn()
                        .addKeyValue("what", what)
                        .log("gave up a deletion; the garbage collector or the next process of this runner does it");
                return false;
            }
            pause = Math.min(pause * 2, LONGEST_PAUSE.toMillis());
        }
        return true;
    }

    private boolean attempted(String what, Deletion deletion) throws InterruptedException {
        permits.acquire();
        try {
            deletion.attempt();
            return true;
        } catch (KubernetesClientException e) {
            LOG.atDebug().addKeyValue("what", what).setCause(e).log("a deletion failed and is tried again");
            return false;
        } finally {
            permits.release();
        }
    }

    /** Waits, for a bounded time, until all pods are deleted. */
    @Override
    public void close() {
        Deadline deadline = Deadline.in(LONGEST_CLOSE);
        try {
            for (Thread thread : pending) {
                thread.join(deadline.left());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            givenUp.countDown();
        }
    }
}
