package dev.sandpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sandpool.operator.MockCluster;
import dev.sandpool.operator.Samples;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class EventRecorderTest {
    private final MockCluster cluster = new MockCluster();
    private final EventRecorder events =
            new EventRecorder(cluster.client(), "operator-1", () -> Samples.NOW.plusMillis(5));

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void anEventSaysWhatHappenedToWhichPoolAndWhoSaysSo() {
        events.record(Samples.pool(""), PoolEvent.warning("SandboxesNotStartable", "Start", "Quota: too many"));

        Event event = written().getFirst();
        assertThat(event.getMetadata().getName()).matches("go\\.[0-9a-f]{16}");
        assertThat(event.getType()).isEqualTo("Warning");
        assertThat(event.getReason()).isEqualTo("SandboxesNotStartable");
        assertThat(event.getAction()).isEqualTo("Start");
        assertThat(event.getNote()).isEqualTo("Quota: too many");
        assertThat(event.getEventTime().getTime()).isEqualTo("2026-03-01T12:00:00.005000Z");
        assertThat(event.getReportingController()).isEqualTo("sandpool.dev/operator");
        assertThat(event.getReportingInstance()).isEqualTo("operator-1");
        assertThat(event.getRegarding().getApiVersion()).isEqualTo("sandpool.dev/v1alpha1");
        assertThat(event.getRegarding().getKind()).isEqualTo("SandboxPool");
        assertThat(event.getRegarding().getName()).isEqualTo("go");
        assertThat(event.getRegarding().getUid()).isEqualTo("uid-of-the-pool");
    }

    @Test
    void aNoteIsCutWhereKubernetesWouldRefuseIt() {
        events.record(Samples.pool(""), PoolEvent.normal("Created", "Create", "x".repeat(1024)));
        events.record(Samples.pool(""), PoolEvent.normal("Created", "Create", "x".repeat(1025)));

        assertThat(written())
                .extracting(Event::getNote)
                .containsExactlyInAnyOrder("x".repeat(1024), "x".repeat(1023) + "…");
    }

    @Test
    void anEventThatCannotBeWrittenIsLoggedAndNotThrown() {
        cluster.refuse("POST /apis/events.k8s.io/v1/namespaces/play/events", 403);
        var log = new ListAppender<ILoggingEvent>();
        log.start();
        var logger = (Logger) LoggerFactory.getLogger(EventRecorder.class);
        logger.addAppender(log);
        try {
            assertThatNoException()
                    .isThrownBy(
                            () -> events.record(Samples.pool(""), PoolEvent.normal("Scaled", "Scale", "From 1 to 2")));
        } finally {
            logger.detachAppender(log);
        }

        ILoggingEvent line = log.list.getFirst();
        assertThat(log.list).hasSize(1);
        assertThat(line.getFormattedMessage()).contains("an event could not be written");
        assertThat(line.getKeyValuePairs().toString() + line.getFormattedMessage())
                .contains("From 1 to 2");
    }

    private List<Event> written() {
        return cluster.client()
                .events()
                .v1()
                .events()
                .inNamespace("play")
                .list()
                .getItems();
    }
}
