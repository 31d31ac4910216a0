/* SPDX-License-Identifier: Apache-2.0 */
#include "search/past.h"

#include "base/error.h"

size_t kf__past_own(const kf_ask *ask)
{
    size_t own = 0;
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++)
        own += !kf_ask_trial(ask, i)->foreign;
    return own;
}

void kf__past_spread(const kf_ask *ask, const kf_sobol *sobol, double *point)
{
    kf__sobol_point(sobol, (uint32_t)kf__past_own(ask), point);
    for (size_t i = 0; i < kf_ask_axis_count(ask); i++) {
        const kf_axis *axis = kf_ask_axis(ask, i);
        if (axis->kind == KF_AXIS_CATEGORICAL)
            point[i] = floor(point[i] * (double)axis->levels);
    }
}

kf_status kf__note_int(kf_ask *ask, const char *name, int64_t number)
{
    kf_value *value;
    KF__TRY(kf_value_new_int(number, &value));
    kf_status status = kf_ask_note(ask, name, value);
    kf_value_free(value);
    return status;
}

int64_t kf__noted_int(const kf_trial *trial, const char *name)
{
    const kf_value *value = kf_value_get(trial->attributes, name);
    return value == NULL ? -1 : kf_value_int(value);
}

double kf__ask_double(const kf_ask *ask, const char *name)
{
    return kf_value_double(kf_ask_setting(ask, name));
}

int64_t kf__ask_int(const kf_ask *ask, const char *name)
{
    return kf_value_int(kf_ask_setting(ask, name));
}
