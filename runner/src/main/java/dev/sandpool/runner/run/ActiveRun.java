package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.RunCancellation.Reason;
import dev.sandpool.runner.sandbox.pool.ClaimedSandbox;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request for a run, from its headers to the end of its answer. Once it has begun, and until it is over, its caller can cancel it by another
 * request. Until it is closed a runner that drains waits for it.
 */
public final class ActiveRun implements AutoCloseable {
    private final RunService.Services services;
    private final Api api;
    private final Callers.Identity identity;
    private final Optional<String> traceParent;
    private final Instant begun = Instant.now();
    private final RunCancellation cancellation = new RunCancellation();
    private String id;
    private Optional<ActiveRuns.Registration> registration = Optional.empty();
    private Drain.@Nullable UnderWay served;
    private @Nullable OptionMemory optionMemory;
    private volatile @Nullable ClaimedSandbox sandbox;

    /** @param id ours, until its client's is known */
    ActiveRun(
            RunService.Services services, Api api, String id, Callers.Identity identity, Optional<String> traceParent) {
        this.services = services;
        this.api = api;
        this.id = id;
        this.identity = identity;
        this.traceParent = traceParent;
    }

    /** From now on it has to be closed. */
    void begin() {
        served = services.drain().begin(cancellation);
        registration = caller().flatMap(caller -> services.active().begin(caller, id, cancellation));
    }

    public Callers.Identity identity() {
        return identity;
    }

    Optional<Caller> caller() {
        return switch (identity) {
            case Callers.Identified identified -> Optional.of(identified.caller());
            case Callers.Rejected _ -> Optional.empty();
        };
    }

    Api api() {
        return api;
    }

    Optional<String> traceParent() {
        return traceParent;
    }

    Instant begun() {
        return begun;
    }

    RunCancellation cancellation() {
        return cancellation;
    }

    public String id() {
        return id;
    }

    /**
     * Its client has chosen that id for it.
     *
     * @return what is kept of a run that had the id before
     * @throws NoRunException the caller has a run of that id under way
     */
    public Optional<AnswerCache.Answer> name(String chosen) throws NoRunException {
        Caller caller = caller().orElseThrow();
        registration.ifPresent(ActiveRuns.Registration::close);
        registration = services.active().begin(caller, chosen, cancellation);
        if (registration.isEmpty()) {
            throw new NoRunException(Problem.runInProgress(chosen));
        }
        id = chosen;
        return services.answers().find(caller, chosen);
    }

    /** What its options take, until it is closed. Its caller is known. By one thread at a time. */
    public OptionMemory optionMemory() {
        if (optionMemory == null) {
            optionMemory = new OptionMemory(services.optionPieces(), caller().orElseThrow());
        }
        return optionMemory;
    }

    /** The program runs there, or nowhere any more. */
    void runsIn(@Nullable ClaimedSandbox claimed) {
        sandbox = claimed;
    }

    /** Its caller has asked to end it. From any thread. */
    public void cancel() {
        cancellation.cancel(Reason.ASKED_FOR);
    }

    /** Sends a signal to the program, if it runs. From any thread. */
    public void signal(int number) {
        ClaimedSandbox claimed = sandbox;
        if (claimed != null) {
            claimed.signal(number);
        }
    }

    /**
     * It is over, and that was its answer. See {@link AnswerCache.Answer}.
     */
    public void keep(Optional<byte[]> digest, Optional<byte[]> json) {
        if (registration.isPresent()) {
            services.answers().keep(caller().orElseThrow(), id, digest, json);
        }
    }

    /** It is over, and whoever waits for that goes on. Before its client is told, who may use the id again at once. */
    public void finish() {
        registration.ifPresent(ActiveRuns.Registration::close);
    }

    /** Its answer is sent, or there is none. */
    @Override
    public void close() {
        finish();
        if (optionMemory != null) {
            optionMemory.close();
        }
        if (served != null) {
            served.close();
        }
    }
}
