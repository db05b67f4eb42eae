package dev.sandpool.crds;

/** The rules by which the API server judges quantities, which for it are texts or whole numbers. */
final class QuantityRules {
    /** A rule: {@code AT_LEAST + "4Mi" + AND_AT_MOST + "64Gi" + RULE_END}. It is silent about what is no quantity, of which the pattern speaks. */
    static final String AT_LEAST = "!isQuantity(string(self)) || (quantity(string(self)).compareTo(quantity('";

    static final String AND_AT_MOST = "')) >= 0 && quantity(string(self)).compareTo(quantity('";
    static final String RULE_END = "')) <= 0)";

    private QuantityRules() {}
}
