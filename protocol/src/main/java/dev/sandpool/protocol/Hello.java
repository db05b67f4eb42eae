package dev.sandpool.protocol;

/** Contained greets: it speaks {@link Protocol#VERSION}, and this is what it found. */
public record Hello(Facts facts) implements Frame.Up {}
