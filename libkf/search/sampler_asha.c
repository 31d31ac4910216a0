/* SPDX-License-Identifier: Apache-2.0 */
/* Random configurations that report as they go on; at each rung all but the best
 * 1 / eta stop. */
#include "search/halving.h"

static const kf_setting settings[] = {
    {.name = "eta",
        .kind = KF_KIND_DOUBLE,
        .fallback = "4",
        .least = 2,
        .greatest = INFINITY},
    {.name = "min_resource",
        .kind = KF_KIND_INT,
        .fallback = "1",
        .least = 1,
        .greatest = INFINITY},
    {.name = "min_early_stopping_rate",
        .kind = KF_KIND_INT,
        .fallback = "0",
        .least = 0,
        .greatest = 30},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

static kf_status ask(kf_ask *question, void *state, double *point)
{
    return KF_OK;
}

static bool should_stop(kf_ask *question, void *state, const kf_trial *trial)
{
    double eta = kf_value_double(kf_ask_setting(question, "eta"));
    double rate = kf_value_double(kf_ask_setting(question, "min_early_stopping_rate"));
    double least = kf_value_double(kf_ask_setting(question, "min_resource"));
    kf_rungs rungs = {least * pow(eta, rate), eta};
    return kf__rungs_stop(question, &rungs, trial);
}

const kf_sampler kf__sampler_asha = {
    .size = sizeof(kf_sampler),
    .name = "asha",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .ask = ask,
    .should_stop = should_stop,
};
