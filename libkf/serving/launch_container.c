/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "serving/launch.h"

/* What runs in a container of the cluster: here its command, without its image. */
static kf_value *command_of(kf_tree *tree, const kf_value *container)
{
    static const char *const members[] = {"command", "args"};
    kf_value *words = kf__tree_list(tree);
    for (size_t i = 0; i < 2; i++) {
        const kf_value *list = kf_value_get(container, members[i]);
        for (size_t k = 0; k < kf_value_length(list); k++)
            kf__push(tree, words, kf__tree_copy(tree, kf_value_at(list, k)));
    }
    return words;
}

static kf_status refuse(const kf_launch *launch, kf_launch_failure *failure)
{
    failure->reason = "InvalidPredictorSpec";
    return kf__fail(KF_EUNSUPPORTED, launch->revision,
        "a custom container runs on this machine only if that is allowed "
        "(host_commands; kf serve --host-commands)");
}

static kf_status launch_what(const kf_launch *launch, kf_tree *tree, kf_value *what,
    kf_launched *out, kf_launch_failure *failure)
{
    char *path = NULL;
    KF__TRY(kf__launch_fetch(launch, &path));
    kf_status status = kf__launch_workers(launch, tree, what, path, out, failure);
    kf__free(path);
    return status;
}

kf_status kf__launch_container(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure)
{
    const char *class = kf_service_annotation(launch->service, "libkf/class");
    kf_tree tree = KF__TREE_INIT;
    kf_value *what = kf__tree_struct(&tree);
    kf_value *words = command_of(&tree, launch->component->container);
    kf_status status;
    if (class != NULL)
        kf__put_text(&tree, what, "class", class);
    else
        kf__put(&tree, what, "command", words);
    if (!launch->host_commands) {
        status = refuse(launch, failure);
    } else if (class == NULL && kf_value_length(words) == 0) {
        failure->reason = "InvalidPredictorSpec";
        status = kf__fail(KF_EMISSING, launch->revision,
            "the container says no command, and images do not run here: expected "
            "command, or the annotation libkf/class with \"file.py:Class\"");
    } else {
        status = launch_what(launch, &tree, what, out, failure);
    }
    kf__tree_finish(&tree);
    return status;
}
