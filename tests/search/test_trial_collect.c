/* SPDX-License-Identifier: Apache-2.0 */
/* Where the metrics of a trial are found. */
#include "tune_test.h"

#define COLLECTOR(kind, source)                                                        \
    SPEC("  metricsCollectorSpec:\n    collector: {kind: " kind "}\n" source)
#define FILE_SOURCE(path, more)                                                        \
    "    source: {fileSystemPath: {kind: File, path: " path more "}}\n"
#define EVENTS                                                                         \
    COLLECTOR("TensorFlowEvent",                                                       \
        "    source: {fileSystemPath: {kind: Directory, path: /kf-nowhere/events}}\n")
#define GOLDEN KF_TEST_GOLDEN "/events/scalars.tfevents"

/* One trial comes to this value, or to a message that has this text. */
static void check(const char *script, const char *spec, double loss, const char *said)
{
    kf_value *out;
    ck_ok(execute(experiment_of(script, spec, ""), 1, &out));
    const char *message = kf__get_text(trial_at(out, 0), "message");
    if (said == NULL) {
        ck_assert_msg(message == NULL, "%s", message);
        ck_assert_str_eq(state_of(out, 0), "SUCCEEDED");
        ck_assert_double_eq(loss_of(out, 0), loss);
    } else {
        ck_assert_str_eq(state_of(out, 0), "METRICS_UNAVAILABLE");
        ck_assert_msg(strstr(message, said) != NULL, "%s", message);
    }
    kf_value_free(out);
}

START_TEST(files_have_a_path_of_their_own)
{
    const char *json =
        COLLECTOR("File", FILE_SOURCE("/kf-nowhere/m.json", ", format: JSON"));
    const char *text = COLLECTOR("File", FILE_SOURCE("/kf-nowhere/m.log", ""));
    check("echo '{\"loss\": \"0.25\"}' > /kf-nowhere/m.json", json, 0.25, NULL);
    check("echo loss=0.75 >> /kf-nowhere/m.log; echo loss=1", text, 0.75, NULL);
    check("printf loss=0.5 > /kf-nowhere/m.log", text, 0.5, NULL);
    check("echo loss=1", text, 0, "'loss' was found in File");
    check("echo {loss > /kf-nowhere/m.json", json, 0, "line 1");
}
END_TEST

/* As it grows: what is there when the trial ends is read to its end. */
START_TEST(files_grow)
{
    check("for i in 5 4 3; do echo loss=$i >> /kf-nowhere/m.log; sleep 0.15; done; "
          "printf 'loss=0.1' >> /kf-nowhere/m.log; printf 25 >> "
          "/kf-nowhere/m.log",
        COLLECTOR("File", FILE_SOURCE("/kf-nowhere/m.log", "")), 0.125, NULL);
}
END_TEST

/* Nothing of that is a file that could be read, and none of it stops the reader. */
START_TEST(files_that_are_none)
{
    const char *text = COLLECTOR("File", FILE_SOURCE("/kf-nowhere/m.log", ""));
    check("mkfifo /kf-nowhere/m.log", text, 0, "'loss' was found");
    check("mkdir /kf-nowhere/m.log", text, 0, "'loss' was found");
    check("ln -s /dev/zero /kf-nowhere/m.log", text, 0, "'loss' was found");
    check("ln -s m.log /kf-nowhere/m.log", text, 0, "'loss' was found");
}
END_TEST

START_TEST(pushed_metrics)
{
    const char *push = COLLECTOR("Push", "");
    check("echo '{\"step\": 4, \"metrics\": {\"loss\": 0.5}}' >> $KF_TRIAL_METRICS; "
          "echo loss=9",
        push, 0.5, NULL);
    check("printf '{\"metrics\": {\"loss\": 0.5}}' >> $KF_TRIAL_METRICS", push, 0.5,
        NULL);
    check("(echo; echo '{'; echo '[1]'; echo '{\"metrics\": 3}'; echo '{\"metrics\": "
          "{\"loss\": 0.25}}') >> $KF_TRIAL_METRICS",
        push, 0.25, NULL);
    check("echo '{\"metrics\": {\"loss\": \"low\"}}' >> $KF_TRIAL_METRICS", push, 0,
        "not a finite number");
}
END_TEST

START_TEST(event_files)
{
    check("mkdir /kf-nowhere/events/train && cp " GOLDEN " /kf-nowhere/events/train/",
        EVENTS, 0.125, NULL);
    /* A piece at a time, the second one only when the first one has been looked at. */
    check("cd /kf-nowhere/events && mkdir -p a/b && cd a/b && head -c 100 " GOLDEN
          " > events.out.tfevents.1 && sleep 0.3 && tail -c +101 " GOLDEN
          " >> events.out.tfevents.1",
        EVENTS, 0.125, NULL);
    check("echo this is no file of events at all > /kf-nowhere/events/x.tfevents.1",
        EVENTS, 0, "found in TensorFlowEvent; ");
    check("cp " GOLDEN " /kf-nowhere/events/other", EVENTS, 0, "TensorFlowEvent");
}
END_TEST

/* Early stopping and the goal look at event files as well. */
START_TEST(event_files_are_looked_at_while_a_trial_runs)
{
    kf_value *out;
    ck_ok(execute(experiment_of("cp " GOLDEN " /kf-nowhere/events/; sleep 1000",
                      ", goal: 0.2" EVENTS, ""),
        3, &out));
    ck_assert_str_eq(kf__get_text(out, "reason"), "ExperimentGoalReached");
    ck_assert_double_eq(loss_of(out, 0), 0.125);
    kf_value_free(out);
}
END_TEST

/* A filter that needs a time exponential in the length of a line is given up; RE2 of
 * Katib takes none of this kind, but their languages differ. */
START_TEST(expressions_that_explode)
{
    const char *filter = COLLECTOR("StdOut", "    source: {filter: {metricsFormat: "
                                             "['(\\w+)=((x+x+)+y|0\\.5)']}}\n");
    check("for i in 1 2 3 4 5 6 7 8 9; do echo "
          "loss=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
        filter, 0, "line 1: ");
    check("echo loss=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; echo "
          "loss=0.5",
        filter, 0.5, NULL);
}
END_TEST

KF_TEST_MAIN_WITH("trial_collect", setup, teardown, files_have_a_path_of_their_own,
    files_grow, files_that_are_none, pushed_metrics, event_files,
    event_files_are_looked_at_while_a_trial_runs, expressions_that_explode)
