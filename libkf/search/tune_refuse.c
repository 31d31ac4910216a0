/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments whose trials cannot run on this machine are not begun. */
#include "base/error.h"
#include "search/template.h"
#include "search/trial_collect.h"

static kf_status refuse_commands(void)
{
    return kf__fail(KF_EUNSUPPORTED, "spec.trialTemplate",
        "the trials are containers, which libkf does not run: allow their commands to "
        "run on this machine (kf tune --host-commands, or kf_tune_options.containers = "
        "KF_CONTAINERS_HOST), or run the experiment on a cluster");
}

/* Something for each parameter that the template refers to. */
static kf_value *sample(const kf_experiment *experiment, kf_tree *tree)
{
    kf_value *params = kf__tree_struct(tree);
    const kf_value *list =
        kf_value_get(kf_experiment_template(experiment), "trialParameters");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const char *reference = kf__get_text(kf_value_at(list, i), "reference");
        if (reference != NULL)
            kf__put_text(tree, params, reference, "1");
    }
    return params;
}

static kf_status try_template(const kf_experiment *experiment)
{
    kf_tree tree = KF__TREE_INIT;
    kf_trial_command command = {0};
    kf_value *object = NULL;
    kf_value *params = sample(experiment, &tree);
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf__template_render(experiment, "trial", params, &tree, &object);
    if (status == KF_OK)
        status = kf__trial_command(experiment, object, "trial", params, &command);
    if (status == KF_OK)
        kf__trial_command_finish(&command);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf__tune_refuse(const kf_tune *tune)
{
    if (tune->pipeline != NULL)
        return KF_OK;
    if (tune->options.containers != KF_CONTAINERS_HOST)
        return refuse_commands();
    KF__TRY(kf__collector_check(tune->experiment));
    return try_template(tune->experiment);
}
