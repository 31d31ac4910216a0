/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the host program as tasks, on the worker's own thread. */
#include <dlfcn.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "pipeline/component.h"
#include "pipeline/type.h"
#include "run/artifact.h"
#include "run/bundle.h"
#include "run/executor.h"

struct kf_call {
    kf_job *job;
    int64_t deadline_ns; /* 0: none. */
    kf_value *values;    /* Output parameters. */
    kf_value *artifacts; /* Output artifacts, by name. */
    bool folders;
    kf_buf failure;
};

struct kf_executor {
    const kf_run_options *options;
};

static bool accepts(const kf_value *container)
{
    return kf__equals_text(kf_value_get(container, "image"), KF__CALL_IMAGE);
}

static kf_status create(
    const kf_run_options *options, const char *home, kf_executor **out)
{
    (void)home;
    kf_executor *executor = kf__calloc(1, sizeof *executor);
    if (!executor)
        return KF_ENOMEM;
    executor->options = options;
    *out = executor;
    return KF_OK;
}

static void destroy(kf_executor *executor)
{
    kf__free(executor);
}

static const char *function_name(const kf_value *container)
{
    const kf_value *command = kf_value_get(container, "command");
    const char *name = kf_value_string(kf_value_at(command, 2));
    return name ? name : "";
}

static const char *registered_name(const void *state, size_t index)
{
    const kf_run_options *options = state;
    return index < options->function_count ? options->functions[index].name : NULL;
}

static const kf_function *find_function(const kf_run_options *options, const char *name)
{
    for (size_t i = 0; i < options->function_count; i++)
        if (strcmp(options->functions[i].name, name) == 0)
            return &options->functions[i];
    return NULL;
}

/* The program or library that holds the function: when it is built anew, what was
 * cached does not hold any more. */
static kf_status identify(
    const kf_value *container, const kf_run_options *options, kf_buf *out)
{
    const kf_function *function = find_function(options, function_name(container));
    Dl_info info;
    void *address;
    if (!function)
        return KF_OK;
    memcpy(&address, &function->function, sizeof address);
    if (dladdr(address, &info) && info.dli_fname && info.dli_fname[0] == '/')
        KF__TRY(kf__file_stamp(info.dli_fname, out));
    return out->length ? KF_OK : kf__file_stamp("/proc/self/exe", out);
}

static bool is_readable(int descriptor)
{
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    return descriptor >= 0 && poll(&wait, 1, 0) > 0;
}

static bool is_late(const kf_call *call)
{
    return call->deadline_ns && kf__monotonic_ns() >= call->deadline_ns;
}

static kf_status judge(kf_call *call, int result)
{
    kf_job *job = call->job;
    if (result == 0)
        return KF_OK;
    job->exit_code = result;
    if (is_readable(job->cancel_fd))
        return kf__fail(KF_ECANCELED, NULL, "the run was canceled");
    if (is_late(call))
        return kf__fail(
            KF_ETIMEOUT, NULL, "the task did not end within %g seconds", job->timeout);
    if (call->failure.length)
        kf__buf_puts(&job->message, kf__buf_text(&call->failure));
    else
        kf__buf_printf(&job->message, "the function '%s' returned %d",
            function_name(job->container), result);
    return KF_EFAILED;
}

static kf_status execute(kf_executor *self, kf_job *job)
{
    const char *name = function_name(job->container);
    const kf_function *function = find_function(self->options, name);
    if (!function) {
        const char *nearest = kf__nearest(name, registered_name, self->options);
        return kf__fail(KF_ENOENT, job->task,
            "the program that runs the pipeline has no function '%s'%s%s%s; give it in "
            "kf_run_options.functions",
            name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
            nearest ? "'?" : "");
    }
    kf_call call = {.job = job};
    if (job->timeout > 0)
        call.deadline_ns = kf__monotonic_ns() + (int64_t)(job->timeout * 1e9);
    job->executor_output = kf__tree_struct(job->tree);
    call.values = kf__put_struct(job->tree, job->executor_output, "parameterValues");
    call.artifacts = kf__put_struct(job->tree, job->executor_output, "artifacts");
    KF__TRY(kf__tree_status(job->tree));
    kf_status status = judge(&call, function->function(&call, function->payload));
    kf__buf_finish(&call.failure);
    return status == KF_OK ? kf__tree_status(job->tree) : status;
}

const kf_executor_class kf__executor_call = {
    .name = "call",
    .lazy = true,
    .accepts = accepts,
    .create = create,
    .execute = execute,
    .destroy = destroy,
    .identify = identify,
};

/* ---- what a function sees ---- */

static const kf_value *member(const kf_call *call, const char *group, const char *kind)
{
    return kf_value_get(kf_value_get(call->job->executor_input, group), kind);
}

const kf_value *kf_call_input(const kf_call *call, const char *name)
{
    return kf_value_get(member(call, "inputs", "parameterValues"), name);
}

const kf_value *kf_call_input_artifact(const kf_call *call, const char *name)
{
    const kf_value *named = kf_value_get(member(call, "inputs", "artifacts"), name);
    const kf_value *declared = kf_value_get(
        kf_value_get(
            kf_value_get(call->job->component, "inputDefinitions"), "artifacts"),
        name);
    if (kf_value_bool(kf_value_get(declared, "isArtifactList")))
        return named;
    return kf_value_at(kf_value_get(named, "artifacts"), 0);
}

const char *kf_call_input_path(const kf_call *call, const char *name)
{
    const kf_value *artifact = kf_call_input_artifact(call, name);
    const kf_value *list = kf_value_get(artifact, "artifacts");
    return kf__artifact_path(list ? kf_value_at(list, 0) : artifact);
}

static const char *output_name(const void *state, size_t index)
{
    return kf_value_key(state, index);
}

static kf_status refuse_output(
    const kf_value *declared, const char *name, const char *what)
{
    const char *nearest = kf__nearest(name, output_name, declared);
    return kf__fail(KF_ENOENT, name, "the component has no output %s '%s'%s%s%s", what,
        name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?" : "");
}

static const kf_value *declared_outputs(const kf_call *call, const char *kind)
{
    return kf_value_get(kf_value_get(call->job->component, "outputDefinitions"), kind);
}

kf_status kf_call_set_output(kf_call *call, const char *name, const kf_value *value)
{
    KF__REQUIRE(call && name && value);
    const kf_value *declared = declared_outputs(call, "parameters");
    const kf_value *spec = kf_value_get(declared, name);
    kf_tree *tree = call->job->tree;
    kf_value *made = NULL;
    if (!spec)
        return refuse_output(declared, name, "parameter");
    kf_type type = kf__type_of_name(kf__get_text(spec, "parameterType"));
    KF__TRY(kf__parameter_convert(tree, type, value, name, call->job->task, &made));
    kf__put(tree, call->values, name, made);
    return kf__tree_status(tree);
}

static const kf_value *provisioned(const kf_call *call, const char *name)
{
    const kf_value *named = kf_value_get(member(call, "outputs", "artifacts"), name);
    return kf_value_at(kf_value_get(named, "artifacts"), 0);
}

const char *kf_call_output_path(kf_call *call, const char *name)
{
    const kf_value *artifact = provisioned(call, name);
    if (!artifact) {
        (void)refuse_output(declared_outputs(call, "artifacts"), name, "artifact");
        return NULL;
    }
    if (!call->folders && kf__job_make_folders(call->job) != KF_OK)
        return NULL;
    call->folders = true;
    return kf__get_text(artifact, "uri");
}

kf_status kf_call_set_metadata(
    kf_call *call, const char *artifact, const char *key, const kf_value *value)
{
    KF__REQUIRE(call && artifact && key && value);
    kf_tree *tree = call->job->tree;
    size_t bad = 0;
    if (!provisioned(call, artifact))
        return refuse_output(declared_outputs(call, "artifacts"), artifact, "artifact");
    if (!kf__utf8_valid(key, strlen(key), &bad))
        return kf__fail(KF_EINVAL, artifact,
            "the key '%s' of metadata is not UTF-8 at byte %zu", key, bad);
    kf_value *named = kf__get(call->artifacts, artifact);
    if (!named) {
        named = kf__put_struct(tree, call->artifacts, artifact);
        kf__push(tree, kf__put_list(tree, named, "artifacts"), kf__tree_struct(tree));
    }
    kf_value *first = kf__at(kf__get(named, "artifacts"), 0);
    kf__put(
        tree, kf__put_struct(tree, first, "metadata"), key, kf__tree_copy(tree, value));
    return kf__tree_status(tree);
}

static void put_message(kf_buf *out, const char *text)
{
    size_t before = out->length;
    kf__buf_puts(out, text != NULL ? text : "");
    if (out->status == KF_OK && out->length > before)
        kf__utf8_mend(out->data + before, out->length - before);
}

void kf_call_log(kf_call *call, const char *text)
{
    kf_buf line = KF__BUF_INIT;
    if (!call->folders && kf__job_make_folders(call->job) != KF_OK)
        return;
    call->folders = call->job->logged = true;
    put_message(&line, text);
    kf__buf_putc(&line, '\n');
    if (line.status == KF_OK)
        (void)kf__append_file(call->job->log_path, kf__buf_text(&line), line.length);
    kf__buf_finish(&line);
}

void kf_call_fail(kf_call *call, const char *message)
{
    kf__buf_truncate(&call->failure, 0);
    put_message(&call->failure, message);
}

bool kf_call_canceled(const kf_call *call)
{
    return is_readable(call->job->cancel_fd) || is_late(call);
}
