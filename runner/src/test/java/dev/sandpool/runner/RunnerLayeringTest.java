package dev.sandpool.runner;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;

/** Which package of the runner may use which others, and which of them may use Helidon, Fabric8 and the protocol. */
@AnalyzeClasses(packages = "dev.sandpool", importOptions = DoNotIncludeTests.class)
class RunnerLayeringTest {
    private static final String MAIN = "main";
    private static final String HELIDON = "io.helidon..";
    private static final String FABRIC8 = "io.fabric8..";
    private static final String PROTOCOL = "dev.sandpool.protocol";

    /** Below {@code dev.sandpool.runner}, from the top down: each package, and all that it may use. */
    private static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            entry(
                    MAIN,
                    List.of(
                            "telemetry",
                            "dashboard",
                            "api.live",
                            "api",
                            "http",
                            "run",
                            "admission",
                            "config",
                            "sandbox.kubernetes",
                            "sandbox.local",
                            "sandbox.pool",
                            "sandbox",
                            HELIDON)),
            entry("telemetry", List.of("run", "admission", "config", "sandbox")),
            entry("dashboard", List.of("http", "run", "admission", "sandbox", HELIDON)),
            entry("api.live", List.of("api", "api.request", "http", "run", "admission", "sandbox", HELIDON)),
            entry("api", List.of("api.request", "http", "run", "admission", "config", "sandbox", HELIDON)),
            entry("api.request", List.of("http", "run", "config", "sandbox")),
            entry("http", List.of("run", "admission", "sandbox", HELIDON)),
            entry("run", List.of("admission", "sandbox.pool", "sandbox")),
            entry("admission", List.of("sandbox")),
            entry("config", List.of("sandbox")),
            entry("sandbox.kubernetes", List.of("sandbox.session", "sandbox", FABRIC8)),
            entry("sandbox.local", List.of("sandbox.session", "sandbox")),
            entry("sandbox.pool", List.of("sandbox")),
            entry("sandbox.session", List.of("sandbox", PROTOCOL)),
            entry("sandbox", List.of(PROTOCOL)));

    @ArchTest
    static final ArchRule aPackageUsesOnlyWhatIsBelowIt = layers();

    @ArchTest
    static final ArchRule noPackagesUseEachOtherInACircle =
            slices().matching("dev.sandpool.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theProtocolKnowsOnlyTheJdk = noClasses()
            .that()
            .resideInAPackage(PROTOCOL + "..")
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(PROTOCOL + "..", "java..", "org.jspecify..");

    private static ArchRule layers() {
        var layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String library : List.of(HELIDON, FABRIC8, PROTOCOL)) {
            layers = layers.optionalLayer(library).definedBy(library);
        }
        for (String name : MAY_USE.keySet()) {
            layers = layers.layer(name).definedBy("dev.sandpool.runner" + (name.equals(MAIN) ? "" : "." + name));
        }
        for (var rule : MAY_USE.entrySet()) {
            layers = layers.whereLayer(rule.getKey())
                    .mayOnlyAccessLayers(rule.getValue().toArray(String[]::new));
        }
        return layers.ensureAllClassesAreContainedInArchitectureIgnoring("dev.sandpool.crds..", "dev.sandpool.log..");
    }
}
