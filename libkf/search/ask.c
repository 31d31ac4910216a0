/* SPDX-License-Identifier: Apache-2.0 */
/* What a sampler sees. */
#include "search/study.h"

#include "base/error.h"

kf_ask kf__ask_start(const kf_study *study, const kf_settings *settings, int64_t number)
{
    return (kf_ask){.study = study,
        .settings = settings,
        .number = number,
        .random = kf__random(study->seed, (uint64_t)number)};
}

size_t kf_ask_axis_count(const kf_ask *ask)
{
    return kf_space_count(ask->study->space);
}

const kf_axis *kf_ask_axis(const kf_ask *ask, size_t index)
{
    return kf_space_axis(ask->study->space, index);
}

int64_t kf_ask_number(const kf_ask *ask)
{
    return ask->number;
}

size_t kf_ask_trial_count(const kf_ask *ask)
{
    return ask->study->entries.count;
}

const kf_trial *kf_ask_trial(const kf_ask *ask, size_t index)
{
    return index < ask->study->entries.count ? &ask->study->entries.items[index]->trial
                                             : NULL;
}

size_t kf_ask_objective_count(const kf_ask *ask)
{
    return ask->study->objective_count;
}

const kf_value *kf_ask_setting(const kf_ask *ask, const char *name)
{
    return kf_value_get(ask->settings->values, name);
}

double kf_ask_uniform(kf_ask *ask)
{
    return kf__random_uniform(&ask->random);
}

double kf_ask_normal(kf_ask *ask)
{
    return kf__random_normal(&ask->random);
}

int64_t kf_ask_index(kf_ask *ask, int64_t count)
{
    return count <= 1 ? 0 : (int64_t)kf__random_index(&ask->random, (uint64_t)count);
}

double kf_ask_snap(const kf_ask *ask, size_t axis, double coordinate)
{
    return kf__space_snap(ask->study->space, axis, coordinate);
}

kf_status kf_ask_note(kf_ask *ask, const char *name, const kf_value *value)
{
    KF__REQUIRE(ask != NULL && name != NULL && value != NULL && ask->tree != NULL);
    kf__put(ask->tree, ask->attributes, name, kf__tree_copy(ask->tree, value));
    return kf__tree_status(ask->tree);
}

kf_status kf_ask_set(kf_ask *ask, const char *name, const kf_value *value)
{
    KF__REQUIRE(ask != NULL && name != NULL && value != NULL && ask->tree != NULL);
    kf__put(ask->tree, ask->extra, name, kf__tree_copy(ask->tree, value));
    return kf__tree_status(ask->tree);
}

kf_status kf_ask_fail(kf_ask *ask, kf_status status, const char *message)
{
    return kf__fail(status, NULL, "%s", message);
}
