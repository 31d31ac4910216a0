/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "io/file.h"
#include "run/artifact.h"
#include "run/attempt.h"

static const kf_executor_class *const classes[KF__EXECUTORS] = {
    &kf__executor_call, &kf__executor_python, &kf__executor_process};

static int choose(const kf_value *container)
{
    for (int i = 0; i < KF__EXECUTORS; i++)
        if (classes[i] && classes[i]->accepts(container))
            return i;
    return -1;
}

const kf_executor_class *kf__executor_of(const kf_value *container)
{
    int chosen = choose(container);
    return chosen < 0 ? NULL : classes[chosen];
}

static kf_status executor_at(kf_engine *engine, int index, kf_executor **out)
{
    kf_status status = KF_OK;
    kf__mutex_lock(&engine->reader_mutex);
    if (!engine->executors[index])
        status = classes[index]->create(
            engine->options, engine->home, &engine->executors[index]);
    *out = engine->executors[index];
    kf__mutex_unlock(&engine->reader_mutex);
    return status;
}

void kf__engine_end_executors(kf_engine *engine)
{
    for (int i = 0; i < KF__EXECUTORS; i++)
        if (engine->executors[i])
            classes[i]->destroy(engine->executors[i]);
    memset(engine->executors, 0, sizeof engine->executors);
}

static kf_status make_output_folders(const kf_job *job, bool bare)
{
    const kf_value *outputs = kf_value_get(job->executor_input, "outputs");
    const kf_value *artifacts = kf_value_get(outputs, "artifacts");
    KF__TRY(kf__make_parent_folders(job->output_file));
    if (!bare && kf_value_get(outputs, "parameters")) {
        char *folder = kf__join_path(job->folder, "outputs");
        kf_status status = folder ? kf__make_folders(folder) : KF_ENOMEM;
        kf__free(folder);
        KF__TRY(status);
    }
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const kf_value *list = kf_value_get(kf_value_at(artifacts, i), "artifacts");
        KF__TRY(kf__make_parent_folders(kf__get_text(kf_value_at(list, 0), "uri")));
    }
    return KF_OK;
}

kf_status kf__job_make_folders(const kf_job *job)
{
    KF__TRY(kf__make_folders(job->folder));
    return make_output_folders(job, false);
}

static kf_status write_input(const kf_job *job)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, job->executor_input, KF_JSON_INDENTED);
    kf_status status = text.status;
    if (status == KF_OK)
        status =
            kf__append_file(job->executor_input_path, kf__buf_text(&text), text.length);
    kf__buf_finish(&text);
    return status;
}

static kf_status prepare_files(const kf_job *job, bool bare)
{
    KF__TRY(kf__make_folders(job->folder));
    KF__TRY(make_output_folders(job, bare));
    return bare ? KF_OK : write_input(job);
}

/* A new attempt finds nothing of the one before. */
static kf_status clear_outputs(const kf_attempt *attempt)
{
    if (attempt->node->attempt == 1)
        return KF_OK;
    const char *root = attempt->engine->root_folder;
    return kf__remove_tree_below(root, attempt->artifact_folder + strlen(root) + 1);
}

static void explain_missing_files(kf_attempt *attempt, kf_buf *message)
{
    const kf_value *artifacts = attempt->node->inputs->artifacts;
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const kf_value *first = kf_value_at(kf_value_at(artifacts, i), 0);
        const char *uri = kf__get_text(first, "uri");
        const char *path = kf__artifact_path(first);
        if (path && kf__file_exists(path))
            continue;
        kf__buf_printf(message,
            path ? "; note that the file of the input '%s' is not there: %s"
                 : "; note that the input '%s' is not on this machine: %s",
            kf_value_key(artifacts, i), uri ? uri : "");
    }
}

static kf_status execute_job(kf_attempt *attempt, kf_job *job, int chosen)
{
    kf_executor *executor = NULL;
    KF__TRY(clear_outputs(attempt));
    if (!classes[chosen]->lazy) {
        job->logged = true;
        KF__TRY(prepare_files(job, classes[chosen]->bare));
        job->placeholders.variables =
            kf__node_variables(attempt->engine, attempt->node, &attempt->tree);
        KF__TRY(kf__tree_status(&attempt->tree));
    }
    KF__TRY(executor_at(attempt->engine, chosen, &executor));
    return classes[chosen]->execute(executor, job);
}

static void keep_error(kf_attempt *attempt, kf_job *job, kf_status status)
{
    kf_buf text = KF__BUF_INIT;
    if (job->message.length)
        kf__buf_puts(&text, kf__buf_text(&job->message));
    else if (kf_last_error()->code == status)
        kf__buf_puts(&text, kf_last_error()->message);
    else
        kf__buf_puts(&text, kf_status_name(status));
    if (status == KF_EFAILED)
        explain_missing_files(attempt, &text);
    kf__free(attempt->error);
    attempt->error = kf__strdup(kf__buf_text(&text));
    kf__buf_finish(&text);
}

kf_status kf__attempt_execute(kf_attempt *attempt)
{
    kf_engine *engine = attempt->engine;
    const kf_plan_component *component = attempt->node->task->component;
    bool exits = attempt->node->scope->exits || attempt->node->task->exit_task;
    int chosen = choose(component->container);
    if (chosen < 0)
        return kf__fail(KF_EUNSUPPORTED, attempt->node->task->name,
            "no executor of this machine takes the container");
    kf_job job = {
        .run = engine->run_id,
        .task = attempt->path,
        .attempt = attempt->node->attempt,
        .container = component->container,
        .component = component->spec,
        .executor_input = attempt->executor_input,
        .placeholders = {.executor_input = attempt->executor_input},
        .folder = attempt->folder,
        .log_path = attempt->log_path,
        .output_file = attempt->output_file,
        .executor_input_path = kf__arena_printf(
            &attempt->tree.arena, "%s/executor_input.json", attempt->folder),
        .workspace = engine->workspace,
        .timeout = component->timeout,
        .cancel_fd = exits ? engine->exit_cancel_fd : engine->cancel_fd,
        .options = engine->options,
        .home = engine->home,
        .tree = &attempt->tree,
    };
    if (!job.executor_input_path)
        return KF_ENOMEM;
    kf_status status = execute_job(attempt, &job, chosen);
    attempt->exit_code = job.exit_code;
    attempt->logged = job.logged;
    if (status == KF_OK)
        status = kf__attempt_collect(attempt, job.executor_output);
    if (status != KF_OK)
        keep_error(attempt, &job, status);
    kf__buf_finish(&job.message);
    return status;
}
