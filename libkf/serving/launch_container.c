/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/mem.h"
#include "serving/launch.h"
#include "serving/service.h"

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

/* An annotation of the component's own ("libkf/class.transformer"), or of the service. */
static const char *annotation(const kf_launch *launch, const char *name)
{
    char own[128];
    (void)snprintf(
        own, sizeof own, "%s.%s", name, kf__role_name(launch->component->role));
    const char *text = kf_service_annotation(launch->service, own);
    return text != NULL ? text : kf_service_annotation(launch->service, name);
}

static kf_status refuse(const kf_launch *launch, kf_launch_failure *failure)
{
    failure->reason = "InvalidPredictorSpec";
    return kf__fail(KF_EUNSUPPORTED, launch->revision,
        "a custom container runs on this machine only if that is allowed "
        "(host_commands; kf serve --host-commands)");
}

static kf_status refuse_image(const kf_launch *launch, kf_launch_failure *failure)
{
    const char *image = kf__get_text(launch->component->container, "image");
    failure->reason = "InvalidPredictorSpec";
    return kf__fail(KF_EMISSING, launch->revision,
        "the container says no command, and its image (%s) does not run here: expected "
        "command, or an annotation: libkf/class with \"file.py:Class\", or "
        "libkf/host-command with what is to run in its place, as \"python model.py\"",
        image != NULL ? image : "none");
}

static kf_status launch_what(const kf_launch *launch, kf_tree *tree, kf_value *what,
    kf_launched *out, kf_launch_failure *failure)
{
    char *path = NULL;
    kf_value *places = NULL;
    KF__TRY(kf__launch_fetch(launch, tree, &places, &path, &out->lease));
    if (places != NULL)
        kf__put(tree, what, "mounts", places);
    kf_status status = kf__launch_workers(launch, tree, what, path, out, failure);
    kf__free(path);
    return status;
}

kf_status kf__launch_container(
    const kf_launch *launch, kf_launched *out, kf_launch_failure *failure)
{
    const char *class = annotation(launch, "libkf/class");
    const char *command = annotation(launch, "libkf/host-command");
    kf_tree tree = KF__TREE_INIT;
    kf_value *what = kf__tree_struct(&tree);
    kf_value *words = command_of(&tree, launch->component->container);
    kf_status status;
    if (class != NULL)
        kf__put_text(&tree, what, "class", class);
    else if (command != NULL)
        kf__put_text(&tree, what, "command", command);
    else
        kf__put(&tree, what, "command", words);
    if (!launch->host_commands)
        status = refuse(launch, failure);
    else if (class == NULL && command == NULL &&
             kf_value_get(launch->component->container, "command") == NULL)
        status = refuse_image(launch, failure);
    else
        status = launch_what(launch, &tree, what, out, failure);
    kf__tree_finish(&tree);
    return status;
}
