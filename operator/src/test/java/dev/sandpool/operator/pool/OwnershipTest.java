package dev.sandpool.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.cluster.ApiServer;
import dev.sandpool.operator.cluster.Refusal;
import dev.sandpool.operator.objects.PoolObjects;
import dev.sandpool.operator.objects.Runners;
import dev.sandpool.operator.objects.SandboxRevision;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OwnershipTest {
    private static final String ANOTHERS =
            "it is there already and does not belong to this pool:" + " delete it, or give the pool another name";

    private final SandboxPool pool = Samples.pool("");

    @Test
    void whatIsNotThereMayBeMade() {
        assertThat(mustBeTakenBack(null, service())).isFalse();
    }

    @Test
    void whatIsThePoolsMayBeChanged() {
        Service changed = service();
        changed.getSpec().setType("NodePort");

        assertThat(mustBeTakenBack(changed, service())).isFalse();
    }

    /** A backup tool that restores who has written what. */
    @ParameterizedTest
    @MethodSource("desired")
    void whatWeHaveWrittenOnceIsTakenBack(HasMetadata desired) {
        HasMetadata there = restored(desired);
        there.getMetadata().setManagedFields(managers(ApiServer.FIELD_MANAGER, "Apply"));
        there.getMetadata().getLabels().put("app.kubernetes.io/name", "changed meanwhile");

        assertThat(mustBeTakenBack(there, desired)).isTrue();
    }

    /** And one that does not. */
    @ParameterizedTest
    @MethodSource("desired")
    void whatIsAsWeWouldWriteItIsTakenBack(HasMetadata desired) {
        HasMetadata there = restored(desired);
        there.getMetadata().setManagedFields(managers("backup", "Update"));
        there.getMetadata().setUid("of its own");
        Map<String, String> annotations = new HashMap<>(desired.getMetadata().getAnnotations());
        annotations.put("backup.example/name", "of-monday");
        there.getMetadata().setAnnotations(annotations);

        assertThat(mustBeTakenBack(there, desired)).isTrue();
    }

    @Test
    void theAccountsUidIsAnotherAfterARestore() {
        Deployment desired = Runners.deployment(pool, "registry.example/runner:1", "uid-of-the-new-account");
        Deployment there = restored(Runners.deployment(pool, "registry.example/runner:1", "uid-of-the-old-account"));

        assertThat(mustBeTakenBack(there, desired)).isTrue();
    }

    static Stream<Arguments> others() {
        return Stream.of(
                other(
                        "an owner",
                        meta -> meta.setOwnerReferences(PoolObjects.metadata(earlierPool(), "go")
                                .build()
                                .getOwnerReferences())),
                other("no labels", meta -> meta.setLabels(Map.of())),
                other("no map of labels", meta -> meta.setLabels(null)),
                other("another pool's", meta -> meta.getLabels().put(PoolLabels.POOL, "other")),
                other("another program's", meta -> meta.getLabels().put(PoolLabels.MANAGED_BY, "Helm")),
                other("on its way out", meta -> meta.setDeletionTimestamp("2026-03-01T12:00:00Z")));
    }

    private static Arguments other(String what, Consumer<ObjectMeta> change) {
        return Arguments.of(what, change);
    }

    /** Even if it was written by us, and is just as we would write it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("others")
    void anothersStaysAsItIs(String what, Consumer<ObjectMeta> change) {
        Service there = restored(service());
        there.getMetadata().setManagedFields(managers(ApiServer.FIELD_MANAGER, "Apply"));
        change.accept(there.getMetadata());

        assertThatThrownBy(() -> mustBeTakenBack(there, service()))
                .isInstanceOf(Ownership.ForeignObjectException.class)
                .hasMessage(ANOTHERS);
    }

    @Test
    void ourLabelsAloneProveNothing() {
        Service there = restored(service());
        there.getSpec().setSelector(Map.of("app", "theirs"));

        assertThatThrownBy(() -> mustBeTakenBack(there, service())).hasMessage(ANOTHERS);
        there.getMetadata().setManagedFields(managers(ApiServer.FIELD_MANAGER, "Update"));
        assertThatThrownBy(() -> mustBeTakenBack(there, service())).hasMessage(ANOTHERS);
    }

    @Test
    void whatHasMoreInItThanWeWouldWriteIsAnothers() {
        PodTemplate desired = SandboxRevision.of(pool).podTemplate(pool);
        PodTemplate there = restored(desired);
        there.getTemplate()
                .getSpec()
                .getContainers()
                .add(there.getTemplate().getSpec().getContainers().getFirst());

        assertThatThrownBy(() -> mustBeTakenBack(there, desired)).hasMessage(ANOTHERS);
    }

    @Test
    void allThatAreInTheWayAreNamedInOneMessage() {
        List<Refusal> refusals =
                desired().map(object -> Refusal.of(object, refusal())).toList();

        assertThat(Refusal.describe(refusals))
                .isEqualTo("PodTemplate go-" + Samples.revision(pool) + ", ServiceAccount go-sandbox,"
                        + " ServiceAccount go-sandpool-runner, Role go-sandpool-runner, RoleBinding go-sandpool-runner,"
                        + " NetworkPolicy go-sandbox, NetworkPolicy go-runner, ConfigMap go-runner, Service go,"
                        + " PodDisruptionBudget go-runner, Deployment go-runner: " + ANOTHERS);
    }

    private RuntimeException refusal() {
        try {
            throw new AssertionError("not refused: " + mustBeTakenBack(restored(theirs()), service()));
        } catch (Ownership.ForeignObjectException e) {
            return e;
        }
    }

    private static Service theirs() {
        Service theirs = service();
        theirs.getMetadata().setLabels(Map.of());
        return theirs;
    }

    private boolean mustBeTakenBack(@Nullable HasMetadata there, HasMetadata desired) {
        return Ownership.mustBeTakenBack(there, desired, pool);
    }

    static Stream<HasMetadata> desired() {
        SandboxPool pool = Samples.pool("");
        SandboxRevision revision = SandboxRevision.of(pool);
        return PoolObjects.desired(
                pool,
                revision,
                List.of(revision.podTemplate(pool)),
                Optional.of(revision.hash()),
                "",
                Samples.INSTALLATION,
                Optional.of("uid-of-the-account"),
                true)
                .stream();
    }

    private static Service service() {
        return Runners.service(Samples.pool(""), true);
    }

    private static SandboxPool earlierPool() {
        SandboxPool pool = Samples.pool("");
        pool.getMetadata().setUid("uid-of-an-earlier-pool");
        return pool;
    }

    private static <T extends HasMetadata> T restored(T object) {
        T copy = Serialization.clone(object);
        copy.getMetadata().setOwnerReferences(List.of());
        return copy;
    }

    private static List<ManagedFieldsEntry> managers(String manager, String operation) {
        return List.of(new ManagedFieldsEntryBuilder()
                .withManager(manager)
                .withOperation(operation)
                .build());
    }
}
