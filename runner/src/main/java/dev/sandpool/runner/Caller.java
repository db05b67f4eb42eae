package dev.sandpool.runner;

/**
 * Whose request it is: what fairness, limits and the reuse of sandboxes go by.
 *
 * @param key the same for all requests of one caller, and for no other's
 */
record Caller(String key) {}
