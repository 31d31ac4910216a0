/* SPDX-License-Identifier: Apache-2.0 */
/* Environment variables of a task's process. */
#include "run/executor.h"

#include "base/error.h"

static kf_status put_own(const kf_job *job, const kf_value *entry, kf_value *variables)
{
    const char *name = kf__get_text(entry, "name");
    const char *value = kf__get_text(entry, "value");
    kf_buf text = KF__BUF_INIT;
    kf_status status =
        kf__placeholders_expand(&job->placeholders, value ? value : "", &text);
    if (status == KF_OK)
        status = text.status;
    if (status == KF_OK)
        kf__put(job->tree, variables, name ? name : "",
            kf__tree_string_n(job->tree, kf__buf_text(&text), text.length));
    kf__buf_finish(&text);
    return status == KF_OK ? kf__tree_status(job->tree) : status;
}

/* A trial's name, and where it reports to. */
static void put_trial(const kf_job *job, kf_value *variables)
{
    kf__put_text(job->tree, variables, "KATIB_TRIAL_NAME", job->options->trial);
    kf__put_ref(job->tree, variables, "KF_TRIAL_METRICS",
        kf__tree_printf(job->tree, "%s/" KF__METRICS_FILE, job->folder));
}

kf_status kf__job_environment(const kf_job *job, kf_value **out)
{
    const kf_value *env = kf_value_get(job->container, "env");
    const kf_value *given = job->options ? job->options->environment : NULL;
    *out = given ? kf__tree_copy(job->tree, given) : kf__tree_struct(job->tree);
    if (job->options && job->options->trial)
        put_trial(job, *out);
    KF__TRY(kf__tree_status(job->tree));
    for (size_t i = 0; i < kf_value_length(env); i++)
        KF__TRY(put_own(job, kf_value_at(env, i), *out));
    return KF_OK;
}
