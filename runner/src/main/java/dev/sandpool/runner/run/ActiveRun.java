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
 * A request for a run, from its headers to the end of its response. From {@link #begin} to {@link #finish}, its caller
 * can cancel it by another request. A runner that drains waits for it until it is closed.
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

    /** @param id the service's id, used until the client's is known */
    ActiveRun(
            RunService.Services services, Api api, String id, Callers.Identity identity, Optional<String> traceParent) {
        this.services = services;
        this.api = api;
        this.id = id;
        this.identity = identity;
        this.traceParent = traceParent;
    }

    /** Registers the run. It must be closed from now on. */
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
     * Gives the run the id that its client has chosen.
     *
     * @return the cached answer of an earlier run with this id
     * @throws NoRunException if a run of the caller with this id is under way
     */
    public Optional<AnswerCache.Answer> name(String chosen) throws NoRunException {
        Caller caller = caller().orElseThrow();
        registration.ifPresent(ActiveRuns.Registration::close);
        registration = services.active().begin(caller, chosen, cancellation);
        if (registration.isEmpty()) {
            throw new NoRunException(Problem.runInProgress(chosen));
        }
        id = chosen;
        return earlierAnswer();
    }

    /** Returns the cached answer of an earlier run with the same id, if it is still there. */
    public Optional<AnswerCache.Answer> earlierAnswer() {
        return services.answers().find(caller().orElseThrow(), id);
    }

    /**
     * Returns the budget of its options, which is held until this run is closed. The caller must be known. Not
     * thread-safe.
     */
    public OptionMemory optionMemory() {
        if (optionMemory == null) {
            optionMemory = new OptionMemory(services.optionPieces(), caller().orElseThrow());
        }
        return optionMemory;
    }

    /** Sets the sandbox in which the program runs; null: none. */
    void runsIn(@Nullable ClaimedSandbox claimed) {
        sandbox = claimed;
    }

    /** Cancels the run at its caller's request. From any thread. */
    public void cancel() {
        cancellation.cancel(Reason.ASKED_FOR);
    }

    /** Sends a signal to the program, if it is running. From any thread. */
    public void signal(int number) {
        ClaimedSandbox claimed = sandbox;
        if (claimed != null) {
            claimed.signal(number);
        }
    }

    /** Caches the answer of the run, which is over. See {@link AnswerCache.Answer}. */
    public void keep(Optional<byte[]> digest, Optional<byte[]> json) {
        if (registration.isPresent()) {
            services.answers().keep(caller().orElseThrow(), id, digest, json);
        }
    }

    /**
     * Ends the run and wakes the threads that wait for that. Call it before the client gets its response, since the
     * client may reuse the id at once.
     */
    public void finish() {
        registration.ifPresent(ActiveRuns.Registration::close);
    }

    /** Call it when the response has been sent, or there is none. */
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
