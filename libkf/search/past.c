/* SPDX-License-Identifier: Apache-2.0 */
#include "search/past.h"

size_t kf__past_own(const kf_ask *ask)
{
    size_t own = 0;
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++)
        own += !kf_ask_trial(ask, i)->foreign;
    return own;
}

double kf__ask_double(const kf_ask *ask, const char *name)
{
    return kf_value_double(kf_ask_setting(ask, name));
}

int64_t kf__ask_int(const kf_ask *ask, const char *name)
{
    return kf_value_int(kf_ask_setting(ask, name));
}
