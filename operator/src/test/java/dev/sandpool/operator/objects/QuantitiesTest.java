package dev.sandpool.operator.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fabric8.kubernetes.api.model.Quantity;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "100Mi, 104857600",
        "1Gi, 1073741824",
        "1G, 1000000000",
        "1.5Mi, 1572864",
        "1e3, 1000",
        "1500m, 2",
        "64Gi, 68719476736",
        "2Ti, 2199023255552"
    })
    void bytesAreRoundedUp(String quantity, long bytes) {
        assertThat(Quantities.bytes("limits.memory", new Quantity(quantity))).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1Ki",
        "1024, 1Ki",
        "1025, 2Ki",
        "1048576, 1Mi",
        "1048577, 1025Ki",
        "1572864, 1536Ki",
        "1073741824, 1Gi",
        "1098907648, 1048Mi",
        "1099511627776, 1Ti",
        "2251799813685248, 2048Ti"
    })
    void memoryHasTheLargestUnitThatKeepsItWholeAsTheApiServerWouldWriteIt(long bytes, String quantity) {
        assertThat(Quantities.memory(bytes)).hasToString(quantity);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "1000m, 1",
        "2.0, 2",
        "0.5, 500m",
        "500m, 500m",
        "1500m, 1500m",
        "1.5, 1500m",
        "0.0001, 1m",
        "1.2345, 1235m",
        "10m, 10m",
        "256, 256"
    })
    void processorsAreRoundedUpToThousandths(String given, String quantity) {
        assertThat(Quantities.cpu("limits.cpu", new Quantity(given))).hasToString(quantity);
    }

    /** The first three a pattern of Kubernetes' own lets pass, and no program reads them. */
    @ParameterizedTest
    @ValueSource(strings = {"1e3.5", "1e", "1e3.", "1e30", "9999Ei", "1e999999999", "1e-999999999", "1e9999999999"})
    void whatIsNoneOrCountsTooMuchIsNamedWithItsField(String quantity) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Quantities.bytes("limits.memory", new Quantity(quantity)))
                .withMessage("spec.limits.memory: \"" + quantity + "\" is not a quantity such as 500m, 2, 64Mi or 1Gi");
    }
}
