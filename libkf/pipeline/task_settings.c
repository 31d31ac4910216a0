/* SPDX-License-Identifier: Apache-2.0 */
/* What a task has beyond its arguments (KFP: the methods of PipelineTask). */
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "pipeline/pipeline.h"
#include "pipeline/platform.h"
#include "pipeline/resource.h"

/* ---- finding the place ---- */

static kf_status find_task(kf_pipeline *pipeline, kf_task_id id, kf_task **out)
{
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_task(pipeline, id));
    *out = &pipeline->tasks.items[id];
    return KF_OK;
}

static kf_status find_settings(kf_pipeline *pipeline, kf_task_id id, kf_settings **out)
{
    kf_task *task = NULL;
    KF__TRY(find_task(pipeline, id, &task));
    if (task->settings == NULL) {
        task->settings = kf__arena_alloc(&pipeline->tree.arena, sizeof *task->settings);
        if (task->settings == NULL)
            return KF_ENOMEM;
    }
    *out = task->settings;
    return KF_OK;
}

/* KFP: _ensure_container_spec_exists. */
static kf_status check_container(kf_pipeline *pipeline, kf_task_id id, const char *what)
{
    kf_task *task = NULL;
    KF__TRY(find_task(pipeline, id, &task));
    if (kf__task_body(pipeline, task)->kind == KF__COMPONENT_CONTAINER)
        return KF_OK;
    return kf__fail(KF_ESTATE, NULL,
        "%s can be set on a task that runs a container, and \"%s\" is %s", what,
        task->name,
        kf__task_body(pipeline, task)->kind == KF__COMPONENT_GRAPH ? "a pipeline"
                                                                   : "an importer");
}

/* Text that may embed channels: checked and copied. */
static kf_status take_text(kf_pipeline *pipeline, kf_task_id task, const char *what,
    const char *text, const char **out)
{
    KF__TRY(kf__component_check_text(what, text));
    KF__TRY(kf__text_check(pipeline, task, what, text));
    const char *copy = kf__pipeline_keep(pipeline, text);
    KF__TRY(kf__pipeline_settle(pipeline));
    *out = copy;
    return KF_OK;
}

/* ---- order ---- */

static kf_status add_after(
    kf_pipeline *pipeline, kf_task *task, kf_task_id upstream, kf_group_id group)
{
    if (task->exit_of != KF__NONE)
        return kf__fail(KF_EINVAL, NULL,
            "the exit task \"%s\" must not run after another task", task->name);
    kf_after *after = kf__arena_alloc(&pipeline->tree.arena, sizeof *after);
    if (after == NULL)
        return KF_ENOMEM;
    *after = (kf_after){.next = task->after, .task = upstream, .group = group};
    task->after = after;
    return KF_OK;
}

/* KFP: a task may wait for what is in a loop or in branches, which end in any case, but
 * not for what a condition or an exit handler holds. */
static kf_status check_waitable(
    const kf_pipeline *pipeline, const kf_task *task, const kf_task *upstream)
{
    if (upstream->exit_of != KF__NONE)
        return kf__fail(KF_ESCOPE, NULL,
            "task \"%s\" cannot run after the exit task \"%s\", which runs after "
            "everything else",
            task->name, upstream->name);
    kf_group_id common = kf__group_common(pipeline, upstream->group, task->group);
    kf_group_id barrier = kf__group_below(pipeline, common, upstream->group);
    if (barrier == KF__NONE)
        return KF_OK;
    const kf_group *group = &pipeline->groups.items[barrier];
    if (group->kind == KF__GROUP_LOOP || group->kind == KF__GROUP_BRANCHES)
        return KF_OK;
    return kf__fail(KF_ESCOPE, NULL,
        "task \"%s\" cannot run after task \"%s\", which is in the %s \"%s\" that "
        "\"%s\" is not in",
        task->name, upstream->name, kf__group_noun(group->kind), group->name,
        task->name);
}

kf_status kf_pipeline_after(kf_pipeline *pipeline, kf_task_id task, kf_task_id upstream)
{
    kf_task *waiting = NULL, *first = NULL;
    KF__REQUIRE(pipeline != NULL);
    KF__TRY(find_task(pipeline, task, &waiting));
    KF__TRY(find_task(pipeline, upstream, &first));
    if (task == upstream)
        return kf__fail(
            KF_ECYCLE, NULL, "task \"%s\" cannot run after itself", waiting->name);
    KF__TRY(check_waitable(pipeline, waiting, first));
    return add_after(pipeline, waiting, upstream, KF__NONE);
}

kf_status kf_pipeline_after_group(
    kf_pipeline *pipeline, kf_task_id task, kf_group_id upstream)
{
    kf_task *waiting = NULL;
    KF__REQUIRE(pipeline != NULL);
    KF__TRY(find_task(pipeline, task, &waiting));
    KF__REQUIRE(kf__pipeline_has_group(pipeline, upstream));
    const kf_group *group = &pipeline->groups.items[upstream];
    if (group->kind != KF__GROUP_EXIT)
        return kf__fail(KF_EINVAL, NULL,
            "a task can run after another task or an exit handler, and \"%s\" is "
            "neither",
            group->name);
    if (kf__group_holds(pipeline, upstream, waiting->group))
        return kf__fail(KF_ECYCLE, NULL,
            "task \"%s\" cannot run after the exit handler \"%s\" that it is in",
            waiting->name, group->name);
    return add_after(pipeline, waiting, KF__NONE, upstream);
}

/* ---- names, caching, retries ---- */

kf_status kf_pipeline_set_display_name(
    kf_pipeline *pipeline, kf_task_id task, const char *name)
{
    kf_settings *settings = NULL;
    KF__REQUIRE(pipeline != NULL && name != NULL);
    KF__TRY(find_settings(pipeline, task, &settings));
    KF__TRY(kf__component_check_text("the display name of a task", name));
    const char *copy = kf__pipeline_keep(pipeline, name);
    KF__TRY(kf__pipeline_settle(pipeline));
    settings->display_name = copy;
    return KF_OK;
}

kf_status kf_pipeline_set_caching(
    kf_pipeline *pipeline, kf_task_id task, bool enable, const char *cache_key)
{
    kf_settings *settings = NULL;
    KF__REQUIRE(pipeline != NULL);
    if (cache_key != NULL)
        KF__TRY(kf__component_check_text("the cache key of a task", cache_key));
    KF__TRY(find_settings(pipeline, task, &settings));
    const char *copy = kf__pipeline_keep(pipeline, cache_key);
    KF__TRY(kf__pipeline_settle(pipeline));
    settings->caching_is_off = !enable;
    settings->cache_key = copy;
    return KF_OK;
}

/* What protobuf's Duration can hold. */
#define LONGEST_SECONDS 315576000000.0

static bool is_duration(double seconds)
{
    return seconds >= 0 && seconds <= LONGEST_SECONDS;
}

kf_status kf_pipeline_set_retry(
    kf_pipeline *pipeline, kf_task_id task, const kf_retry *retry)
{
    kf_settings *settings = NULL;
    KF__REQUIRE(pipeline != NULL && retry != NULL);
    KF__TAKE_OPTIONS(kf_retry, known, retry);
    KF__TRY(find_settings(pipeline, task, &settings));
    if (known.max_retries < 0)
        return kf__fail(KF_EINVAL, NULL,
            "a task can be retried 0 times or more, and this would be %d",
            known.max_retries);
    if (!is_duration(known.backoff_seconds) ||
        !is_duration(known.backoff_max_seconds) ||
        !(known.backoff_factor >= 0 && known.backoff_factor <= LONGEST_SECONDS))
        return kf__fail(
            KF_EINVAL, NULL, "the backoff of a retry cannot be negative or endless");
    settings->has_retry = true;
    settings->retry = known;
    return KF_OK;
}

/* ---- the container ---- */

static kf_value *find_env(const kf_value *env, const char *name)
{
    for (size_t i = 0; i < kf_value_length(env); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(env, i), "name"), name))
            return kf__at(env, i);
    return NULL;
}

kf_status kf_pipeline_set_env(
    kf_pipeline *pipeline, kf_task_id task, const char *name, const char *value)
{
    kf_settings *settings = NULL;
    const char *copy = NULL;
    KF__REQUIRE(pipeline != NULL && name != NULL && value != NULL);
    KF__TRY(check_container(pipeline, task, "an environment variable"));
    KF__TRY(find_settings(pipeline, task, &settings));
    KF__TRY(kf__component_check_text("the name of an environment variable", name));
    if (*name == '\0' || strchr(name, '=') != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" cannot name an environment variable: expected text without \"=\"",
            name);
    KF__TRY(take_text(pipeline, task, "the environment", value, &copy));
    kf_tree *tree = &pipeline->tree;
    kf_value *text = kf__tree_string_ref(tree, copy);
    kf_value *variable = find_env(settings->env, name);
    KF__TRY(kf__pipeline_settle(pipeline));
    if (variable != NULL) {
        kf__put_ref(tree, variable, "value", text);
        return KF_OK;
    }
    kf_value *env = settings->env != NULL ? settings->env : kf__tree_list(tree);
    variable = kf__tree_struct(tree);
    kf__put_text(tree, variable, "name", name);
    kf__put_ref(tree, variable, "value", text);
    kf__push(tree, env, variable);
    KF__TRY(kf__pipeline_settle(pipeline));
    settings->env = env;
    return KF_OK;
}

kf_status kf_pipeline_set_image(
    kf_pipeline *pipeline, kf_task_id task, const char *image)
{
    kf_settings *settings = NULL;
    KF__REQUIRE(pipeline != NULL && image != NULL);
    KF__TRY(check_container(pipeline, task, "an image"));
    KF__TRY(find_settings(pipeline, task, &settings));
    if (*image == '\0')
        return kf__fail(
            KF_EINVAL, NULL, "the image of a container cannot be empty text");
    return take_text(pipeline, task, "the image", image, &settings->image);
}

kf_status kf_pipeline_set_resource(
    kf_pipeline *pipeline, kf_task_id task, kf_resource resource, const char *quantity)
{
    kf_settings *settings = NULL;
    KF__REQUIRE(pipeline != NULL && quantity != NULL);
    KF__REQUIRE(resource >= KF_RESOURCE_CPU_REQUEST && (int)resource < KF__RESOURCES);
    KF__TRY(check_container(pipeline, task, "a resource"));
    KF__TRY(find_settings(pipeline, task, &settings));
    KF__TRY(kf__resource_check(resource, quantity));
    KF__TRY(take_text(
        pipeline, task, "a resource", quantity, &settings->resources[resource]));
    settings->has_resources = true;
    return KF_OK;
}

/* ---- failure upstream ---- */

kf_status kf__task_check_ignoring(const kf_pipeline *pipeline, const kf_task *task)
{
    const kf_component_body *body = kf__task_body(pipeline, task);
    for (size_t i = 0; i < body->inputs.count; i++) {
        const kf_io *io = &body->inputs.items[i];
        const kf_argument *argument = &task->arguments[i];
        if (io->optional || argument->kind != KF__ARGUMENT_CHANNEL)
            continue;
        const kf_channel *channel = &pipeline->channels.items[argument->channel];
        if (channel->owner != NULL)
            return kf__fail(KF_EINVAL, NULL,
                "task \"%s\" ignores upstream failure, and its input \"%s\" is fed by "
                "\"%s\" and has no default for when that fails",
                task->name, io->name, channel->owner);
    }
    return KF_OK;
}

kf_status kf_pipeline_ignore_upstream_failure(kf_pipeline *pipeline, kf_task_id task)
{
    kf_settings *settings = NULL;
    KF__REQUIRE(pipeline != NULL);
    KF__TRY(find_settings(pipeline, task, &settings));
    KF__TRY(kf__task_check_ignoring(pipeline, &pipeline->tasks.items[task]));
    settings->ignores_failure = true;
    return KF_OK;
}

/* ---- platforms ---- */

static kf_status check_platform(
    kf_pipeline *pipeline, kf_task_id id, const char *platform, const kf_value *config)
{
    const kf_task *task = &pipeline->tasks.items[id];
    if (kf__task_body(pipeline, task)->kind == KF__COMPONENT_GRAPH)
        return kf__fail(KF_ESTATE, NULL,
            "what belongs to a platform can be set on single tasks, and \"%s\" is a "
            "pipeline",
            task->name);
    KF__TRY(kf__component_check_text("the name of a platform", platform));
    if (!kf__is(config, KF_KIND_STRUCT))
        return kf__fail(
            KF_ETYPE, NULL, "the configuration for a platform must be a struct");
    if (kf__value_embeds(config))
        return kf__fail(KF_EINVAL, NULL,
            "the configuration of task \"%s\" for \"%s\" embeds a channel in text: "
            "there it must be a reference such as {\"componentInputParameter\": …}, as "
            "the functions of the platform write it",
            task->name, platform);
    return KF_OK;
}

static kf_status set_platform(kf_pipeline *pipeline, kf_task_id task,
    const char *platform, const kf_value *config, bool merge)
{
    kf_settings *settings = NULL;
    KF__REQUIRE(pipeline != NULL && platform != NULL && config != NULL);
    KF__TRY(find_settings(pipeline, task, &settings));
    KF__TRY(check_platform(pipeline, task, platform, config));
    kf_tree *tree = &pipeline->tree;
    const kf_value *earlier =
        merge ? kf_value_get(settings->platforms, platform) : NULL;
    kf_value *changed =
        earlier != NULL ? kf__tree_copy(tree, earlier) : kf__tree_struct(tree);
    kf__merge(tree, changed, config);
    if (settings->platforms == NULL)
        settings->platforms = kf__tree_struct(tree);
    kf__put(tree, settings->platforms, platform, changed);
    return kf__pipeline_settle(pipeline);
}

kf_status kf_pipeline_set_platform_config(kf_pipeline *pipeline, kf_task_id task,
    const char *platform, const kf_value *config)
{
    return set_platform(pipeline, task, platform, config, true);
}

kf_status kf__pipeline_replace_platform_config(kf_pipeline *pipeline, kf_task_id task,
    const char *platform, const kf_value *config)
{
    return set_platform(pipeline, task, platform, config, false);
}

const kf_value *kf_pipeline_platform_config(
    const kf_pipeline *pipeline, kf_task_id task, const char *platform)
{
    if (pipeline == NULL || platform == NULL || !kf__pipeline_has_task(pipeline, task))
        return NULL;
    const kf_settings *settings = pipeline->tasks.items[task].settings;
    return settings != NULL ? kf_value_get(settings->platforms, platform) : NULL;
}
