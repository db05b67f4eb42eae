package dev.sandpool.operator.cluster;

import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes events about pools. A failed write is logged and the event is lost: an event is news, not state. */
public final class EventRecorder {
    private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);

    private static final String CONTROLLER = "sandpool.dev/operator";
    // The limit of the API.
    private static final int LONGEST_NOTE = 1024;
    // The API requires all six digits.
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final KubernetesClient client;
    private final String instance;
    private final InstantSource clock;

    /** @param instance the name of this operator's pod */
    public EventRecorder(KubernetesClient client, String instance, InstantSource clock) {
        this.client = client;
        this.instance = instance;
        this.clock = clock;
    }

    /** Writes an event. If the API server refuses it, the failure is logged and not thrown. */
    public void record(SandboxPool pool, PoolEvent event) {
        String suffix = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        String note = event.note();
        var written = new EventBuilder()
                .withNewMetadata()
                .withName(pool.getMetadata().getName() + "." + suffix)
                .withNamespace(pool.getMetadata().getNamespace())
                .endMetadata()
                .withEventTime(new MicroTime(MICROS.format(clock.instant())))
                .withType(event.type().name())
                .withReason(event.reason())
                .withAction(event.action())
                .withNote(note.length() <= LONGEST_NOTE ? note : note.substring(0, LONGEST_NOTE - 1) + "…")
                .withRegarding(reference(pool))
                .withReportingController(CONTROLLER)
                .withReportingInstance(instance)
                .build();
        try {
            var _ = client.resource(written).create();
        } catch (KubernetesClientException e) {
            LOG.atWarn()
                    .addKeyValue("event", event.reason())
                    .addKeyValue("note", note)
                    .addKeyValue("why", e.getMessage())
                    .log("an event could not be written");
        }
    }

    private static ObjectReference reference(SandboxPool pool) {
        return new ObjectReferenceBuilder()
                .withApiVersion(pool.getApiVersion())
                .withKind(SandboxPool.KIND)
                .withName(pool.getMetadata().getName())
                .withNamespace(pool.getMetadata().getNamespace())
                .withUid(pool.getMetadata().getUid())
                .build();
    }
}
