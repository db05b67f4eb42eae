package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sandpool.log.LogFormat;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorConfigTest {
    private static final Map<String, String> LEAST = Map.of(
            "SANDPOOL_OPERATOR_RUNNER_IMAGE", "registry.example/runner:1",
            "SANDPOOL_OPERATOR_NAMESPACE", "sandpool-system",
            "SANDPOOL_OPERATOR_POD_NAME", "sandpool-operator-1");

    @Test
    void threeVariablesAreEnoughAndTheRestHasDefaults() {
        OperatorConfig config = OperatorConfig.read(LEAST);

        assertThat(config.runnerImage()).isEqualTo("registry.example/runner:1");
        assertThat(config.namespace()).isEqualTo("sandpool-system");
        assertThat(config.podName()).isEqualTo("sandpool-operator-1");
        assertThat(config.namespaces()).isEmpty();
        assertThat(config.host()).isEqualTo("0.0.0.0");
        assertThat(config.port()).isEqualTo(8081);
    }

    @Test
    void allVariablesAreRead() {
        OperatorConfig config = OperatorConfig.read(with(Map.of(
                "SANDPOOL_OPERATOR_NAMESPACES", " team-b,team-a,, team-a ",
                "SANDPOOL_OPERATOR_LISTEN", "[::1]:0",
                "SANDPOOL_OPERATOR_LOG_FORMAT", "json",
                "HOME", "/")));

        assertThat(config.namespaces()).containsExactly("team-a", "team-b");
        assertThat(config.host()).isEqualTo("[::1]");
        assertThat(config.port()).isZero();
        assertThat(config.logFormat()).isEqualTo(LogFormat.JSON);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RUNNER_IMAGE | ' '      | SANDPOOL_OPERATOR_RUNNER_IMAGE: must be set",
                "NAMESPACE    | ''       | SANDPOOL_OPERATOR_NAMESPACE: must be set",
                "POD_NAME     | ''       | SANDPOOL_OPERATOR_POD_NAME: must be set",
                "NAMESPACES   | a,B      | SANDPOOL_OPERATOR_NAMESPACES=a,B: \"B\" is no namespace's name",
                "NAMESPACES   | a b      | SANDPOOL_OPERATOR_NAMESPACES=a b: \"a b\" is no namespace's name",
                "LOG_FORMAT   | JSON     | SANDPOOL_OPERATOR_LOG_FORMAT=JSON: must be one of [text, json]",
                "LISTEN       | 8081     | SANDPOOL_OPERATOR_LISTEN=8081: must be an address and a port, such as 0.0.0.0:8081",
                "LISTEN       | ''       | SANDPOOL_OPERATOR_LISTEN=: must be an address and a port, such as 0.0.0.0:8081",
                "LISTEN       | a:65536  | SANDPOOL_OPERATOR_LISTEN=a:65536: must be an address and a port, such as 0.0.0.0:8081",
                "LISTEN       | a:-1     | SANDPOOL_OPERATOR_LISTEN=a:-1: must be an address and a port, such as 0.0.0.0:8081"
            })
    void whatIsWrongIsNamedWithItsRule(String variable, String value, String error) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OperatorConfig.read(with(Map.of("SANDPOOL_OPERATOR_" + variable, value))))
                .withMessage(error);
    }

    @Test
    void aVariableThatDoesNotExistIsAnErrorSinceItIsAMisspeltOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OperatorConfig.read(with(Map.of("SANDPOOL_OPERATOR_NAMESPACE_LIST", "a"))))
                .withMessage("SANDPOOL_OPERATOR_NAMESPACE_LIST: there is no such setting; there are"
                        + " [SANDPOOL_OPERATOR_LISTEN, SANDPOOL_OPERATOR_LOG_FORMAT, SANDPOOL_OPERATOR_NAMESPACE,"
                        + " SANDPOOL_OPERATOR_NAMESPACES, SANDPOOL_OPERATOR_POD_NAME, SANDPOOL_OPERATOR_RUNNER_IMAGE]");
    }

    @Test
    void allErrorsAreToldAtOnceEachOnItsLine() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OperatorConfig.read(Map.of("SANDPOOL_OPERATOR_LISTEN", "here")))
                .satisfies(
                        e -> assertThat(String.valueOf(e.getMessage()).lines()).hasSize(4));
    }

    private static Map<String, String> with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(LEAST);
        all.putAll(more);
        return all;
    }
}
