/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/mem.h"
#include "search/template.h"
#include "search/trial_command.h"

/* Words and variables, each in a line, and what else there is. */
static char *shown_command(const kf_trial_command *command)
{
    kf_buf buf = KF__BUF_INIT;
    char *text = NULL;
    for (size_t i = 0; command->argv[i] != NULL; i++)
        kf__buf_printf(&buf, "%s%s", i > 0 ? "|" : "", command->argv[i]);
    for (size_t i = 0; command->env[i] != NULL; i++)
        kf__buf_printf(&buf, "\n%s", command->env[i]);
    if (command->folder != NULL)
        kf__buf_printf(&buf, "\nin %s", command->folder);
    if (command->deadline_s > 0)
        kf__buf_printf(&buf, "\nfor %lld s", (long long)command->deadline_s);
    if (command->retries > 0)
        kf__buf_printf(&buf, "\n%lld retries", (long long)command->retries);
    ck_ok(kf__buf_take(&buf, &text));
    return text;
}

static kf_status command_of(
    const kf_experiment *experiment, const char *trial, kf_trial_command *out)
{
    kf_value *object = json(trial);
    kf_value *params = json("{\"lr\": 0.5, \"n\": 3}");
    kf_status status = kf__trial_command(experiment, object, "tuning-1", params, out);
    kf_value_free(object);
    kf_value_free(params);
    return status;
}

static void gives(const char *trial, const char *expected)
{
    kf_experiment *experiment = load(sound);
    kf_trial_command command;
    ck_ok(command_of(experiment, trial, &command));
    char *text = shown_command(&command);
    ck_assert_str_eq(text, expected);
    kf_text_free(text);
    kf__trial_command_finish(&command);
    kf_experiment_free(experiment);
}

static void fails(const char *trial, kf_status status, const char *message)
{
    kf_experiment *experiment = load(sound);
    kf_trial_command command;
    ck_fails(command_of(experiment, trial, &command), status, message);
    kf_experiment_free(experiment);
}

#define JOB(spec, container)                                                           \
    "{\"kind\": \"Job\", \"spec\": {" spec                                             \
    " \"template\": {\"spec\": {\"containers\": [" container "]}}}}"

START_TEST(jobs)
{
    gives(JOB("", "{\"name\": \"train\", \"command\": [\"python\", \"-c\"], \"args\": "
                  "[\"a b\"], \"workingDir\": \"/src\"}"),
        "python|-c|a b\nin /src\n6 retries");
    gives(JOB("\"activeDeadlineSeconds\": 60, \"backoffLimit\": 0, ",
              "{\"name\": \"other\", \"command\": [\"false\"]}, {\"name\": \"train\", "
              "\"command\": [\"true\"]}"),
        "true\nfor 60 s");
    /* The only one, whatever its name. */
    gives(JOB("\"backoffLimit\": 1, ", "{\"command\": [\"true\"]}"), "true\n1 retries");
}
END_TEST

START_TEST(variables)
{
    gives(
        JOB("\"backoffLimit\": 0, ",
            "{\"command\": [\"sh\", \"$(A)/$(B)/$(C)/$$(A)/$A\"], \"env\": [{\"name\": "
            "\"A\", \"value\": \"x\"}, {\"name\": \"B\", \"value\": \"$(A)y$(Z)\"}, "
            "{\"name\": \"E\"}]}"),
        "sh|x/xy$(Z)/$(C)/$(A)/$A\nA=x\nB=xy$(Z)\nE=");
    gives(
        JOB("\"backoffLimit\": 0, ",
            "{\"command\": [\"true\"], \"env\": [{\"name\": \"T\", \"valueFrom\": "
            "{\"fieldRef\": {\"fieldPath\": \"metadata.name\"}}}, {\"name\": \"N\", "
            "\"valueFrom\": {\"fieldRef\": {\"fieldPath\": \"metadata.namespace\"}}}, "
            "{\"name\": \"O\", \"valueFrom\": {\"secretKeyRef\": {\"optional\": "
            "true}}}]}"),
        "true\nT=tuning-1\nN=default");
}
END_TEST

START_TEST(training_jobs)
{
    gives("{\"kind\": \"PyTorchJob\", \"spec\": {\"pytorchReplicaSpecs\": {\"Master\": "
          "{\"replicas\": 1, \"template\": {\"spec\": {\"containers\": [{\"name\": "
          "\"pytorch\", \"command\": [\"python\", \"a.py\"]}]}}}, \"Worker\": "
          "{\"replicas\": 0}}}}",
        "python|a.py\nMASTER_ADDR=localhost\nMASTER_PORT=23456\nWORLD_SIZE=1\nRANK=0");
    gives("{\"kind\": \"TFJob\", \"spec\": {\"runPolicy\": {\"backoffLimit\": 2, "
          "\"activeDeadlineSeconds\": 9}, \"tfReplicaSpecs\": {\"Worker\": "
          "{\"template\": "
          "{\"spec\": {\"containers\": [{\"command\": [\"python\"]}]}}}}}}",
        "python\nfor 9 s\n2 retries");
    gives(
        "{\"kind\": \"TrainJob\", \"spec\": {\"trainer\": {\"numNodes\": 1, "
        "\"command\": [\"python\"], \"args\": [\"a.py\"], \"env\": [{\"name\": \"A\", "
        "\"value\": \"1\"}]}}}",
        "python|a.py\nA=1");
}
END_TEST

START_TEST(what_cannot_run_here)
{
    fails("{\"kind\": \"Pod\"}", KF_EUNSUPPORTED,
        "the trial cannot run on this machine: it is no Job, training job or TrainJob "
        "but a Pod");
    fails(JOB("", "{\"name\": \"train\", \"args\": [\"a\"]}"), KF_EUNSUPPORTED,
        "it has no command, and what the image runs by itself is not known here");
    fails(JOB("\"parallelism\": 2, ", "{\"command\": [\"true\"]}"), KF_EUNSUPPORTED,
        "the Job runs several pods");
    fails(
        "{\"kind\": \"Job\", \"spec\": {\"template\": {\"spec\": {\"initContainers\": "
        "[{}], \"containers\": [{\"command\": [\"true\"]}]}}}}",
        KF_EUNSUPPORTED, "its pod has init containers");
    fails(JOB("",
              "{\"command\": [\"true\"], \"env\": [{\"name\": \"KEY\", \"valueFrom\": "
              "{\"secretKeyRef\": {\"name\": \"s\", \"key\": \"k\"}}}]}"),
        KF_EUNSUPPORTED,
        "only a cluster knows what is in the environment variable KEY");
    fails(JOB("", "{\"command\": [\"true\"], \"envFrom\": [{\"secretRef\": {\"name\": "
                  "\"s\"}}]}"),
        KF_EUNSUPPORTED,
        "its environment comes from a ConfigMap or Secret of a cluster");
    fails("{\"kind\": \"PyTorchJob\", \"spec\": {\"pytorchReplicaSpecs\": {\"Master\": "
          "{}, \"Worker\": {}}}}",
        KF_EUNSUPPORTED, "it runs on several pods: expected one replica");
    fails("{\"kind\": \"TrainJob\", \"spec\": {\"trainer\": {\"numNodes\": 2}}}",
        KF_EUNSUPPORTED, "the TrainJob runs on several nodes");
}
END_TEST

START_TEST(malformed)
{
    fails(JOB("", ""), KF_EDOCUMENT, "the trial has no container 'train'");
    fails(JOB("", "{\"name\": \"a\"}, {\"name\": \"b\"}"), KF_EDOCUMENT,
        "the trial has no container 'train'");
    fails(JOB("", "{\"command\": \"true\"}"), KF_EDOCUMENT,
        "command must be a list of texts");
    fails(
        JOB("", "{\"command\": [1]}"), KF_EDOCUMENT, "command must be a list of texts");
    fails(JOB("", "{\"command\": [\"a\"], \"args\": \"b\"}"), KF_EDOCUMENT,
        "args must be a list of texts");
    fails(JOB("", "{\"command\": [\"a\"], \"env\": [{\"name\": \"A=B\"}]}"),
        KF_EDOCUMENT, "an environment variable needs a name without '='");
    fails("{\"kind\": \"Job\", \"spec\": 3}", KF_EDOCUMENT, "no container");
}
END_TEST

START_TEST(optimization_jobs)
{
    kf_experiment *experiment = load(job);
    kf_value *params = json("{\"lr\": 0.001, \"act\": \"relu\"}");
    kf_tree tree = KF__TREE_INIT;
    kf_value *trial;
    kf_trial_command command;
    kf_value *all = json("{\"lr\": 0.001, \"layers\": 2, \"act\": \"relu\"}");
    ck_ok(kf__template_render(experiment, "tuning-1", all, &tree, &trial));
    ck_ok(kf__trial_command(experiment, trial, "tuning-1", params, &command));
    char *text = shown_command(&command);
    ck_assert_str_eq(text,
        "python|train.py\nKUBEFLOW_TRAINER_OPT_lr=0.001\nKUBEFLOW_TRAINER_OPT_LR=0."
        "001\n"
        "KUBEFLOW_TRAINER_OPT_act=relu\nKUBEFLOW_TRAINER_OPT_ACT=relu");
    kf_text_free(text);
    kf__trial_command_finish(&command);
    kf__tree_finish(&tree);
    kf_value_free(params);
    kf_value_free(all);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(out_of_memory)
{
    kf_experiment *experiment = load(job);
    kf_value *trial = json("{\"kind\": \"TrainJob\", \"spec\": {\"trainer\": "
                           "{\"command\": [\"$(A)\"], \"workingDir\": \"/\", \"env\": "
                           "[{\"name\": \"A\", \"value\": \"1\"}]}}}");
    kf_value *params = json("{\"lr\": 0.5, \"n\": 3}");
    kf_trial_command command;
    ck_survives_nomem(
        kf__trial_command(experiment, trial, "tuning-1", params, &command));
    kf__trial_command_finish(&command);
    kf_value_free(trial);
    kf_value_free(params);
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN("search/trial_command", jobs, variables, training_jobs,
    what_cannot_run_here, malformed, optimization_jobs, out_of_memory)
