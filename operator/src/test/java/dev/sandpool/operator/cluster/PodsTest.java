package dev.sandpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.operator.Samples;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | false",
                "'phase: Pending' | false",
                "'phase: Running' | false",
                "'phase: Unknown' | false",
                "'phase: Succeeded' | true",
                "'phase: Failed' | true"
            })
    void aPodHasEndedInTwoPhases(String status, boolean ended) {
        assertThat(Pods.hasEnded(Samples.pod("{metadata: {name: p}, status: {" + status + "}}")))
                .isEqualTo(ended);
        assertThat(Pods.hasEnded(Samples.pod("{metadata: {name: p}}"))).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "containerStatuses: [{state: {waiting: {reason: ImagePullBackOff, message: 'no such image'}}}]"
                        + " | p: ImagePullBackOff: no such image",
                "containerStatuses: [{state: {waiting: {reason: CrashLoopBackOff}}}] | p: CrashLoopBackOff",
                "containerStatuses: [{state: {running: {}}}, {state: {waiting: {reason: ErrImagePull}}}] | p: ErrImagePull",
                "conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: '0/1 nodes'}]"
                        + " | p: Unschedulable: 0/1 nodes",
                "conditions: [{type: Ready, status: 'False', lastTransitionTime: '2026-03-01T11:59:29Z'}]"
                        + " | p: NotReady: it has not been ready since 2026-03-01T11:59:29Z"
            })
    void troubleIsToldInTheWordsOfThoseWhoHaveIt(String status, String words) {
        assertThat(Pods.trouble(Samples.pod("{metadata: {name: p}, status: {" + status + "}}"), Samples.NOW))
                .contains(words);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "phase: Pending",
                "containerStatuses: [{state: {running: {}}}]",
                "containerStatuses: [{name: no-state}]",
                "containerStatuses: [{state: {waiting: {}}}]",
                "containerStatuses: [{state: {waiting: {reason: ContainerCreating}}}]",
                "containerStatuses: [{state: {waiting: {reason: PodInitializing}}}]",
                "conditions: [{type: PodScheduled, status: 'True'}, {type: Ready, status: 'False'}]",
                "conditions: [{type: Ready, status: 'False', lastTransitionTime: '2026-03-01T11:59:31Z'}]",
                "conditions: [{type: Ready, status: 'True', lastTransitionTime: '2026-03-01T10:00:00Z'}]"
            })
    void aPodThatHasNotHadTheTimeIsNoTrouble(String status) {
        assertThat(Pods.trouble(Samples.pod("{metadata: {name: p}, status: {" + status + "}}"), Samples.NOW))
                .isEmpty();
    }

    @Test
    void aPodWithoutAStatusIsNoTrouble() {
        assertThat(Pods.trouble(Samples.pod("{metadata: {name: p}}"), Samples.NOW))
                .isEmpty();
    }
}
