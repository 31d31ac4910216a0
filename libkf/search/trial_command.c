/* SPDX-License-Identifier: Apache-2.0 */
#include "search/trial_command.h"

#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "search/template.h"

/* The container that runs, and what is around it. */
typedef struct source {
    const kf_experiment *experiment;
    const char *trial_name;
    const kf_value *container;
    const char *where;
    kf_map env; /* Text by name, in order. */
    kf_tree *tree;
} source;

static kf_status cannot(const char *where, const char *reason, const char *name)
{
    return kf__fail(KF_EUNSUPPORTED, where,
        "the trial cannot run on this machine: %s%.100s", reason,
        name != NULL ? name : "");
}

static const char *word(const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text != NULL ? text : "";
}

/* ---- variables ---- */

static kf_status set_env(source *self, const char *name, const char *value)
{
    return kf__map_set(&self->env, name, (void *)(uintptr_t)value);
}

/* "$(NAME)" is a variable that was set before, "$$" a dollar, as Kubernetes has it;
 * what is not known stays. */
static kf_status expand(const source *self, const char *text, const char **out)
{
    kf_buf buf = KF__BUF_INIT;
    for (const char *at = text; *at != '\0'; at++) {
        const char *close = at[0] == '$' && at[1] == '(' ? strchr(at, ')') : NULL;
        void *value;
        if (at[0] == '$' && at[1] == '$') {
            kf__buf_putc(&buf, *at++);
        } else if (close != NULL &&
                   kf__map_find(&self->env, at + 2, (size_t)(close - at - 2), &value)) {
            kf__buf_puts(&buf, value);
            at = close;
        } else {
            kf__buf_putc(&buf, *at);
        }
    }
    *out = kf__arena_strndup(&self->tree->arena, kf__buf_text(&buf), buf.length);
    bool lost = buf.status != KF_OK || *out == NULL;
    kf__buf_finish(&buf);
    return lost ? kf__nomem() : KF_OK;
}

static kf_status field_text(const source *self, const kf_value *from, const char **out)
{
    const char *path = word(kf_value_get(from, "fieldRef"), "fieldPath");
    const char *name_space = kf_experiment_namespace(self->experiment);
    *out = NULL;
    if (strcmp(path, "metadata.name") == 0)
        *out = self->trial_name;
    else if (strcmp(path, "metadata.namespace") == 0)
        *out = name_space != NULL ? name_space : "default";
    else if (strcmp(path, "metadata.labels['katib.kubeflow.org/experiment']") == 0)
        *out = kf_experiment_name(self->experiment);
    else if (strcmp(path, "metadata.labels['katib.kubeflow.org/trial']") == 0)
        *out = self->trial_name;
    return KF_OK;
}

static bool is_optional(const kf_value *from)
{
    return kf_value_bool(
               kf_value_get(kf_value_get(from, "secretKeyRef"), "optional")) ||
           kf_value_bool(
               kf_value_get(kf_value_get(from, "configMapKeyRef"), "optional"));
}

static kf_status add_variable(source *self, const kf_value *variable)
{
    const char *name = word(variable, "name");
    const kf_value *from = kf_value_get(variable, "valueFrom");
    const char *value;
    if (*name == '\0' || strchr(name, '=') != NULL)
        return kf__fail(KF_EDOCUMENT, self->where,
            "an environment variable needs a name without '='");
    if (from == NULL) {
        KF__TRY(expand(self, word(variable, "value"), &value));
        return set_env(self, name, value);
    }
    KF__TRY(field_text(self, from, &value));
    if (value != NULL)
        return set_env(self, name, value);
    if (is_optional(from))
        return KF_OK;
    return cannot(
        self->where, "only a cluster knows what is in the environment variable ", name);
}

static kf_status add_variables(source *self)
{
    const kf_value *list = kf_value_get(self->container, "env");
    const kf_value *others = kf_value_get(self->container, "envFrom");
    for (size_t i = 0; i < kf_value_length(others); i++) {
        const kf_value *from = kf_value_at(others, i);
        if (!kf_value_bool(
                kf_value_get(kf_value_get(from, "configMapRef"), "optional")) &&
            !kf_value_bool(kf_value_get(kf_value_get(from, "secretRef"), "optional")))
            return cannot(self->where,
                "its environment comes from a ConfigMap or Secret of a cluster", NULL);
    }
    for (size_t i = 0; i < kf_value_length(list); i++)
        KF__TRY(add_variable(self, kf_value_at(list, i)));
    return KF_OK;
}

static kf_status add_parameter(source *self, const char *name, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_parameter(&text, value);
    const char *shown =
        kf__arena_strndup(&self->tree->arena, kf__buf_text(&text), text.length);
    char *as_is = kf__arena_printf(&self->tree->arena, "KUBEFLOW_TRAINER_OPT_%s", name);
    char *capital =
        kf__arena_printf(&self->tree->arena, "KUBEFLOW_TRAINER_OPT_%s", name);
    bool lost =
        text.status != KF_OK || shown == NULL || as_is == NULL || capital == NULL;
    kf__buf_finish(&text);
    if (lost)
        return kf__nomem();
    for (char *at = capital; *at != '\0'; at++)
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    KF__TRY(set_env(self, as_is, shown));
    return set_env(self, capital, shown);
}

/* ---- the command ---- */

static kf_status add_words(
    const source *self, const char *field, const char **argv, size_t *count)
{
    const kf_value *list = kf_value_get(self->container, field);
    if (list != NULL && !kf__is(list, KF_KIND_LIST))
        return kf__fail(KF_EDOCUMENT, self->where, "%s must be a list of texts", field);
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const char *text = kf_value_string(kf_value_at(list, i));
        if (text == NULL || strlen(text) != kf_value_length(kf_value_at(list, i)))
            return kf__fail(
                KF_EDOCUMENT, self->where, "%s must be a list of texts", field);
        KF__TRY(expand(self, text, &argv[*count]));
        (*count)++;
    }
    return KF_OK;
}

static kf_status make_argv(const source *self, kf_trial_command *out)
{
    size_t count = 0;
    size_t most = kf_value_length(kf_value_get(self->container, "command")) +
                  kf_value_length(kf_value_get(self->container, "args"));
    const char **argv = kf__arena_alloc(&self->tree->arena, (most + 1) * sizeof *argv);
    if (argv == NULL)
        return kf__nomem();
    if (kf_value_length(kf_value_get(self->container, "command")) == 0)
        return cannot(self->where,
            "it has no command, and what the image runs by itself is not known here",
            NULL);
    KF__TRY(add_words(self, "command", argv, &count));
    KF__TRY(add_words(self, "args", argv, &count));
    out->argv = argv;
    return KF_OK;
}

static kf_status make_env(const source *self, kf_trial_command *out)
{
    const char **env =
        kf__arena_alloc(&self->tree->arena, (self->env.count + 1) * sizeof *env);
    if (env == NULL)
        return kf__nomem();
    for (size_t i = 0; i < self->env.count; i++) {
        env[i] = kf__arena_printf(&self->tree->arena, "%s=%s", self->env.entries[i].key,
            (const char *)self->env.entries[i].value);
        if (env[i] == NULL)
            return kf__nomem();
    }
    out->env = env;
    return KF_OK;
}

/* ---- pods ---- */

static kf_status pick_container(source *self, const kf_value *pod)
{
    const kf_value *list = kf_value_get(pod, "containers");
    const char *primary =
        word(kf_experiment_template(self->experiment), "primaryContainerName");
    if (kf_value_length(kf_value_get(pod, "initContainers")) > 0)
        return cannot(self->where, "its pod has init containers", NULL);
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), "name"), primary))
            self->container = kf_value_at(list, i);
    if (self->container == NULL && kf_value_length(list) == 1)
        self->container = kf_value_at(list, 0);
    if (self->container == NULL)
        return kf__fail(
            KF_EDOCUMENT, self->where, "the trial has no container '%.100s'", primary);
    return KF_OK;
}

static int64_t number_or(const kf_value *object, const char *name, int64_t otherwise)
{
    const kf_value *value = kf_value_get(object, name);
    return kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE)
               ? kf_value_int(value)
               : otherwise;
}

static kf_status from_job(source *self, const kf_value *spec, kf_trial_command *out)
{
    const kf_value *pod = kf_value_get(kf_value_get(spec, "template"), "spec");
    self->where = "spec.template.spec";
    if (number_or(spec, "parallelism", 1) > 1 || number_or(spec, "completions", 1) > 1)
        return cannot(self->where, "the Job runs several pods", NULL);
    out->deadline_s = number_or(
        spec, "activeDeadlineSeconds", number_or(pod, "activeDeadlineSeconds", 0));
    out->retries = number_or(spec, "backoffLimit", 6);
    return pick_container(self, pod);
}

static kf_status from_training_job(
    source *self, const kf_value *spec, const char *replicas, kf_trial_command *out)
{
    const kf_value *specs = kf_value_get(spec, replicas);
    const kf_value *policy = kf_value_get(spec, "runPolicy");
    const kf_value *chosen = NULL;
    int64_t pods = 0;
    self->where = "spec";
    for (size_t i = 0; i < kf_value_length(specs); i++) {
        int64_t count = number_or(kf_value_at(specs, i), "replicas", 1);
        pods += count;
        if (count == 1)
            chosen = kf_value_at(specs, i);
    }
    if (pods != 1 || chosen == NULL)
        return cannot(
            self->where, "it runs on several pods: expected one replica", NULL);
    out->deadline_s = number_or(policy, "activeDeadlineSeconds", 0);
    out->retries = number_or(policy, "backoffLimit", 0);
    KF__TRY(
        pick_container(self, kf_value_get(kf_value_get(chosen, "template"), "spec")));
    if (strcmp(replicas, "pytorchReplicaSpecs") != 0)
        return KF_OK;
    KF__TRY(set_env(self, "MASTER_ADDR", "localhost"));
    KF__TRY(set_env(self, "MASTER_PORT", "23456"));
    KF__TRY(set_env(self, "WORLD_SIZE", "1"));
    return set_env(self, "RANK", "0");
}

static kf_status from_train_job(source *self, const kf_value *spec)
{
    self->where = "spec.trainer";
    self->container = kf_value_get(spec, "trainer");
    if (number_or(self->container, "numNodes", 1) > 1)
        return cannot(self->where, "the TrainJob runs on several nodes", NULL);
    return KF_OK;
}

static kf_status find_container(
    source *self, const kf_value *trial, kf_trial_command *out)
{
    static const struct {
        const char *kind;
        const char *replicas;
    } training[] = {{"PyTorchJob", "pytorchReplicaSpecs"}, {"TFJob", "tfReplicaSpecs"},
        {"XGBoostJob", "xgbReplicaSpecs"}, {"MPIJob", "mpiReplicaSpecs"}};
    const char *kind = word(trial, "kind");
    const kf_value *spec = kf_value_get(trial, "spec");
    self->where = "spec";
    if (strcmp(kind, "Job") == 0)
        return from_job(self, spec, out);
    if (strcmp(kind, "TrainJob") == 0)
        return from_train_job(self, spec);
    for (size_t i = 0; i < sizeof training / sizeof *training; i++)
        if (strcmp(kind, training[i].kind) == 0)
            return from_training_job(self, spec, training[i].replicas, out);
    return cannot("kind", "it is no Job, training job or TrainJob but a ", kind);
}

static kf_status make(
    source *self, const kf_value *trial, const kf_value *params, kf_trial_command *out)
{
    KF__TRY(find_container(self, trial, out));
    for (size_t i = 0; self->experiment->is_job && i < kf_value_length(params); i++)
        KF__TRY(add_parameter(self, kf_value_key(params, i), kf_value_at(params, i)));
    KF__TRY(add_variables(self));
    KF__TRY(make_argv(self, out));
    KF__TRY(make_env(self, out));
    const char *folder = kf__given(self->container, "workingDir");
    const char *image = kf__given(self->container, "image");
    out->folder = folder == NULL ? NULL : kf__arena_strdup(&self->tree->arena, folder);
    out->image = image == NULL ? NULL : kf__arena_strdup(&self->tree->arena, image);
    bool lost = (folder != NULL && out->folder == NULL) ||
                (image != NULL && out->image == NULL);
    return lost ? kf__nomem() : KF_OK;
}

kf_status kf__trial_command(const kf_experiment *experiment, const kf_value *trial,
    const char *trial_name, const kf_value *params, kf_trial_command *out)
{
    kf_trial_command made = {0};
    source self = {
        .experiment = experiment, .trial_name = trial_name, .tree = &made.tree};
    kf_status status = make(&self, trial, params, &made);
    kf__map_finish(&self.env);
    if (status == KF_OK)
        *out = made;
    else
        kf__trial_command_finish(&made);
    return status;
}

void kf__trial_command_finish(kf_trial_command *command)
{
    kf__tree_finish(&command->tree);
    command->argv = NULL;
    command->env = NULL;
}
