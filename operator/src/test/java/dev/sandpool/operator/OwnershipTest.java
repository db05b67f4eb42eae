package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import org.junit.jupiter.api.Test;

class OwnershipTest {
    private final SandboxPool pool = pool();

    @Test
    void whatIsNotThereMayBeMade() {
        assertThatCode(() -> Ownership.check(null, pool)).doesNotThrowAnyException();
    }

    @Test
    void whatIsThePoolsMayBeChanged() {
        assertThatCode(() -> Ownership.check(service("uid-of-the-pool"), pool)).doesNotThrowAnyException();
    }

    @Test
    void anothersStaysAsItIs() {
        assertThatThrownBy(() -> Ownership.check(service("uid-of-an-earlier-pool"), pool))
                .isInstanceOf(Ownership.ForeignObjectException.class)
                .hasMessage("it is there already and does not belong to this pool:"
                        + " delete it, or give the pool another name");
    }

    private static SandboxPool pool() {
        SandboxPool pool = new SandboxPool();
        pool.setMetadata(new ObjectMetaBuilder()
                .withName("playground")
                .withUid("uid-of-the-pool")
                .build());
        return pool;
    }

    private static Service service(String owner) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withName("playground")
                .addNewOwnerReference()
                .withUid(owner)
                .endOwnerReference()
                .endMetadata()
                .build();
    }
}
