/* SPDX-License-Identifier: Apache-2.0 */
/* Katib's `tpe`, an axis at a time, and `multivariate-tpe`, all axes at once. */
#include "base/error.h"
#include "base/mem.h"
#include "search/pareto.h"
#include "search/past.h"
#include "search/sobol.h"
#include "search/tpe.h"

typedef struct tpe_state {
    kf_tpe *tpe;
    kf_sobol *first; /* Points to begin with; NULL: random ones. */
} tpe_state;

static void end(void *closed)
{
    tpe_state *state = closed;
    kf__tpe_free(state->tpe);
    kf__sobol_free(state->first);
    kf__free(state);
}

static kf_status open(kf_ask *question, void *payload, void **opened)
{
    tpe_state *state = kf__calloc(1, sizeof *state);
    if (state == NULL)
        return kf__nomem();
    size_t axes = kf_ask_axis_count(question);
    kf_status status = kf__tpe_new(question->study, &state->tpe);
    if (status == KF_OK && axes <= KF__SOBOL_AXES)
        status = kf__sobol_new(axes, true, question->study->seed, &state->first);
    if (status == KF_OK)
        *opened = state;
    else
        end(state);
    return status;
}

/* Until enough trials have a value. */
static kf_status begin(kf_ask *question, const tpe_state *state, double *point)
{
    if (state->first != NULL)
        kf__past_spread(question, state->first, point);
    return KF_OK;
}

static kf_status ask(
    kf_ask *question, tpe_state *state, const kf_tpe_rule *rule, double *point)
{
    size_t count;
    KF__TRY(kf__tpe_update(state->tpe));
    const size_t *ranked = kf__tpe_ranked(state->tpe, &count);
    int64_t startup = kf__ask_int(question, "n_startup_trials");
    if (count == 0 || (int64_t)count < startup)
        return begin(question, state, point);
    if (kf_ask_objective_count(question) == 1)
        return kf__tpe_point(state->tpe, question, rule, ranked, count, point);
    size_t *scalar;
    KF__TRY(kf__scalar_ranking(question, &scalar, &count));
    kf_status status = kf__tpe_point(state->tpe, question, rule, scalar, count, point);
    kf__free(scalar);
    return status;
}

static kf_status ask_each(kf_ask *question, void *state, double *point)
{
    kf_tpe_rule rule = {.share = kf__ask_double(question, "gamma"),
        .power = 0.8,
        .most = 100,
        .candidates = kf__ask_int(question, "n_EI_candidates"),
        .prior = kf__ask_double(question, "prior_weight"),
        .breadth = 0.7,
        .sharpness = 1.1};
    return ask(question, state, &rule, point);
}

static kf_status ask_jointly(kf_ask *question, void *state, double *point)
{
    kf_tpe_rule rule = {.joint = true,
        .share = 0.15,
        .power = 1,
        .most = 100,
        .candidates = kf__ask_int(question, "n_ei_candidates"),
        .prior = 1,
        .breadth = 1,
        .sharpness = 1.2};
    return ask(question, state, &rule, point);
}

static const kf_setting tpe_settings[] = {
    {.name = "gamma",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.25",
        .greatest = 1,
        .open = true},
    {.name = "prior_weight",
        .kind = KF_KIND_DOUBLE,
        .fallback = "1.0",
        .greatest = 0x1p53,
        .open = true},
    {.name = "n_EI_candidates",
        .kind = KF_KIND_INT,
        .fallback = "24",
        .least = 1,
        .greatest = 0x1p53},
    {.name = "n_startup_trials",
        .kind = KF_KIND_INT,
        .fallback = "10",
        .greatest = 0x1p53},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

static const kf_setting multivariate_settings[] = {
    {.name = "n_startup_trials",
        .kind = KF_KIND_INT,
        .fallback = "10",
        .greatest = 0x1p53},
    {.name = "n_ei_candidates",
        .kind = KF_KIND_INT,
        .fallback = "24",
        .greatest = 0x1p53},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

const kf_sampler kf__sampler_tpe = {
    .size = sizeof(kf_sampler),
    .name = "tpe",
    .settings = tpe_settings,
    .setting_count = sizeof tpe_settings / sizeof *tpe_settings,
    .open = open,
    .ask = ask_each,
    .close = end,
};

const kf_sampler kf__sampler_multivariate_tpe = {
    .size = sizeof(kf_sampler),
    .name = "multivariate-tpe",
    .settings = multivariate_settings,
    .setting_count = sizeof multivariate_settings / sizeof *multivariate_settings,
    .open = open,
    .ask = ask_jointly,
    .close = end,
};
