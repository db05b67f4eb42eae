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
                new Start.Times(Duration.ofSeconds(20), Duration.ofSeconds(21), Duration.ZERO),
                new Start.Sizes(100 * MIB, 0, 10 * MIB, 100 * MIB, 100 * MIB),
                new Start.ResourceLimits(64, 1024, 100 * MIB));
        return new RunOf(Bytes.view(program), Start.of(limits, List.of(), List.of("PATH=/usr/bin:/bin", "HOME=/tmp")));
    }

    /** A program of {@code src/test/c}. */
    static RunOf c(String name) {
        return program(CPrograms.compiled(name));
    }

    static RunOf script(String... lines) {
        return program(("#!/bin/sh\n" + String.join("\n", lines) + "\n").getBytes(UTF_8));
    }

    RunOf arguments(String... arguments) {
        return with(Arrays.stream(arguments).map(Bytes::utf8).toList(), start.environment());
    }

    RunOf environment(String... environment) {
        return with(
                start.arguments(), Arrays.stream(environment).map(Bytes::utf8).toList());
    }

    RunOf deadlines(Duration interruptAfter, Duration killAfter) {
        return times(new Start.Times(
                interruptAfter, killAfter, start.limits().times().cpu()));
    }

    RunOf cpu(Duration most) {
        Start.Times old = start.limits().times();
        return times(new Start.Times(old.interruptAfter(), old.killAfter(), most));
    }

    RunOf programBytes(long bytes) {
        Start.Sizes old = start.limits().sizes();
        return sizes(new Start.Sizes(bytes, old.keepBytes(), old.fileBytes(), old.outputBytes(), old.memoryBytes()));
    }

    RunOf keepBytes(long bytes) {
        Start.Sizes old = start.limits().sizes();
        return sizes(new Start.Sizes(old.programBytes(), bytes, old.fileBytes(), old.outputBytes(), old.memoryBytes()));
    }

    RunOf fileBytes(long bytes) {
        Start.Sizes old = start.limits().sizes();
        return sizes(new Start.Sizes(old.programBytes(), old.keepBytes(), bytes, old.outputBytes(), old.memoryBytes()));
    }

    RunOf outputBytes(long bytes) {
        Start.Sizes old = start.limits().sizes();
        return sizes(new Start.Sizes(old.programBytes(), old.keepBytes(), old.fileBytes(), bytes, old.memoryBytes()));
    }

    RunOf memoryBytes(long bytes) {
        Start.Sizes old = start.limits().sizes();
        return sizes(new Start.Sizes(old.programBytes(), old.keepBytes(), old.fileBytes(), old.outputBytes(), bytes));
    }

    RunOf resources(Start.ResourceLimits resources) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(old.times(), old.sizes(), resources));
    }

    RunOf reuse() {
        return with(new Start.Flags(true, start.flags().zstd()));
    }

    RunOf zstd() {
        return with(new Start.Flags(start.flags().reuse(), true));
    }

    private RunOf with(Start.Flags flags) {
        return new RunOf(program, new Start(flags, start.limits(), start.arguments(), start.environment()));
    }

    private RunOf times(Start.Times times) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(times, old.sizes(), old.resources()));
    }

    private RunOf sizes(Start.Sizes sizes) {
        Start.Limits old = start.limits();
        return with(new Start.Limits(old.times(), sizes, old.resources()));
    }

    private RunOf with(Start.Limits limits) {
        return new RunOf(program, new Start(start.flags(), limits, start.arguments(), start.environment()));
    }

    RunOf with(List<Bytes> arguments, List<Bytes> environment) {
        return new RunOf(program, new Start(start.flags(), start.limits(), arguments, environment));
    }
}
