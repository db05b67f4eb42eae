package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.PoolRules;
import java.util.Optional;

/**
 * The settings of a pool. Each of them may change while the pool serves.
 *
 * @param revision the revision to use, after its sandboxes have been seen to start
 * @param stable the revision to begin with, if it is another one
 * @param rules checked
 */
public record PoolSettings(Revision revision, Optional<Revision> stable, PoolRules rules) {
    /** @throws IllegalArgumentException with the setting and its rule */
    public PoolSettings {
        rules.check();
        var _ = Launchers.of(
                rules.launchers()); // Rejects launchers that cannot be used, so that no settings contain them.
    }
}
