/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "search/cmaes.h"
#include "search/past.h"

static kf_restarts restarts_of(const kf_ask *question)
{
    const kf_value *strategy = kf_ask_setting(question, "restart_strategy");
    return kf__equals_text(strategy, "ipop")    ? KF__RESTARTS_IPOP
           : kf__equals_text(strategy, "bipop") ? KF__RESTARTS_BIPOP
                                                : KF__RESTARTS_NONE;
}

static kf_status open(kf_ask *question, void *payload, void **state)
{
    kf_cmaes_options options = {.sigma = fmin(kf__ask_double(question, "sigma"), 1),
        .size = (size_t)kf__ask_int(question, "popsize"),
        .restarts = restarts_of(question)};
    kf_cmaes *cmaes;
    if (kf_ask_objective_count(question) > 1)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "cmaes searches for one objective, and the study has %zu",
            kf_ask_objective_count(question));
    KF__TRY(kf__cmaes_new(question->study, &options, &cmaes));
    *state = cmaes;
    return KF_OK;
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    return kf__cmaes_ask(state, question, point);
}

static void end(void *state)
{
    kf__cmaes_free(state);
}

static const kf_setting settings[] = {
    {.name = "sigma",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.16666666666666666",
        .greatest = 0x1p53,
        .open = true},
    {.name = "restart_strategy",
        .kind = KF_KIND_STRING,
        .fallback = "\"none\"",
        .choices = "none|ipop|bipop"},
    {.name = "popsize", .kind = KF_KIND_INT, .least = 4, .greatest = 10000},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

const kf_sampler kf__sampler_cmaes = {
    .size = sizeof(kf_sampler),
    .name = "cmaes",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .open = open,
    .ask = ask,
    .close = end,
};
