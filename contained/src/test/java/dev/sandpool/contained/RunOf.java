package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Start;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** A program and what it is started with: roomy limits, from which a test takes away what it is about. */
record RunOf(Bytes program, Start start) {
    private static final long MIB = 1 << 20;

    static RunOf program(byte[] program) {
        Start.Limits limits = new Start.Limits(
                Duration.ofSeconds(20),
                Duration.ofSeconds(21),
                100 * MIB,
                100 * MIB,
                100 * MIB,
                new Start.ResourceLimits(64, 1024, 100 * MIB));
        return new RunOf(Bytes.view(program), Start.of(limits, List.of(), List.of("PATH=/usr/bin:/bin", "HOME=/tmp")));
    }

    /** A program of {@code src/test/c}. */
    static RunOf c(String name) {
        return program(Programs.compiled(name));
    }

    static RunOf script(String... lines) {
        return program(("#!/bin/sh\n" + String.join("\n", lines) + "\n").getBytes(UTF_8));
    }

    RunOf arguments(String... arguments) {
        return with(start.limits(), Arrays.stream(arguments).map(Bytes::utf8).toList(), start.environment());
    }

    RunOf environment(String... environment) {
        return with(
                start.limits(),
                start.arguments(),
                Arrays.stream(environment).map(Bytes::utf8).toList());
    }

    RunOf deadlines(Duration interruptAfter, Duration killAfter) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(
                interruptAfter, killAfter, old.programBytes(), old.outputBytes(), old.memoryBytes(), old.resources()));
    }

    RunOf programBytes(long bytes) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(
                old.interruptAfter(), old.killAfter(), bytes, old.outputBytes(), old.memoryBytes(), old.resources()));
    }

    RunOf outputBytes(long bytes) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(
                old.interruptAfter(), old.killAfter(), old.programBytes(), bytes, old.memoryBytes(), old.resources()));
    }

    RunOf memoryBytes(long bytes) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(
                old.interruptAfter(), old.killAfter(), old.programBytes(), old.outputBytes(), bytes, old.resources()));
    }

    RunOf resources(Start.ResourceLimits resources) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(
                old.interruptAfter(),
                old.killAfter(),
                old.programBytes(),
                old.outputBytes(),
                old.memoryBytes(),
                resources));
    }

    private RunOf with(Start.Limits limits) {
        return with(limits, start.arguments(), start.environment());
    }

    RunOf with(Start.Limits limits, List<Bytes> arguments, List<Bytes> environment) {
        return new RunOf(program, new Start(limits, arguments, environment));
    }
}
