/* SPDX-License-Identifier: Apache-2.0 */
/* Bayesian optimisation with Katib's settings. There, they are those of scikit-optimize:
 *  - base_estimator: whatever it is, the model is a Gaussian process;
 *  - acq_func: EIps and PIps are EI and PI, as nothing is known of how long trials take;
 *    gp_hedge takes one of EI, LCB and PI, more often what has led to good trials;
 *  - acq_optimizer: lbfgs and auto improve points by descent, sampling compares many. */
#include "search/bayes.h"

#include <string.h>

#include "base/error.h"
#include "base/value.h"
#include "search/past.h"

#define FUNCTIONS 3
#define LCB_KAPPA 1.96

static const char *const names[FUNCTIONS] = {"EI", "LCB", "PI"};
static const kf_gain gains[FUNCTIONS] = {KF__GAIN_EI, KF__GAIN_LCB, KF__GAIN_PI};

static int function_of(const char *name)
{
    for (int i = 0; i < FUNCTIONS; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return i;
    return -1;
}

/* How good trials by each function were on average: the share of others that were no
 * better. */
static void judge(const kf_bayes *bayes, double *merit)
{
    double counts[FUNCTIONS] = {0};
    for (int f = 0; f < FUNCTIONS; f++)
        merit[f] = 0.5; /* One trial that is neither good nor bad. */
    for (size_t i = 0; i < bayes->known; i++) {
        const char *name =
            kf_value_string(kf_value_get(bayes->trials[i]->attributes, "acq_func"));
        int function = name == NULL ? -1 : function_of(name);
        if (function < 0)
            continue;
        size_t beaten = 0;
        for (size_t j = 0; j < bayes->known; j++)
            beaten += bayes->losses[j] >= bayes->losses[i];
        merit[function] += (double)beaten / (double)bayes->known;
        counts[function]++;
    }
    for (int f = 0; f < FUNCTIONS; f++)
        merit[f] /= counts[f] + 1;
}

/* By chance: e times as often for a tenth of merit more. */
static kf_status hedge(const kf_bayes *bayes, int *out)
{
    double weights[FUNCTIONS], sum = 0;
    judge(bayes, weights);
    for (int f = 0; f < FUNCTIONS; f++)
        sum += weights[f] = exp(10 * weights[f]);
    double drawn = kf_ask_uniform(bayes->ask) * sum;
    int function = 0;
    while (function < FUNCTIONS - 1 && drawn >= weights[function])
        drawn -= weights[function++];
    *out = function;
    kf_value *note = kf__tree_string(bayes->ask->tree, names[function]);
    return note == NULL ? kf__nomem() : kf_ask_note(bayes->ask, "acq_func", note);
}

static kf_status ask_model(const kf_bayes *bayes, double *point)
{
    const char *optimizer =
        kf_value_string(kf_ask_setting(bayes->ask, "acq_optimizer"));
    int function = function_of(kf_value_string(kf_ask_setting(bayes->ask, "acq_func")));
    if (function < 0)
        KF__TRY(hedge(bayes, &function));
    kf_bayes_plan plan = {.gain = gains[function],
        .kappa = LCB_KAPPA,
        .sampling = strcmp(optimizer, "sampling") == 0};
    return kf__bayes_global(bayes, &plan, point);
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    kf_bayes bayes;
    KF__TRY(kf__bayes_start(question, &bayes));
    size_t initial = (size_t)kf__ask_int(question, "n_initial_points");
    bool too_few = bayes.known < 2 || bayes.known + bayes.pending < initial;
    kf_status status =
        too_few ? kf__bayes_initial(&bayes, point) : ask_model(&bayes, point);
    kf__bayes_finish(&bayes);
    return status;
}

static const kf_setting settings[] = {
    {.name = "base_estimator",
        .kind = KF_KIND_STRING,
        .fallback = "\"GP\"",
        .choices = "GP|RF|ET|GBRT"},
    {.name = "n_initial_points",
        .kind = KF_KIND_INT,
        .fallback = "10",
        .least = 0,
        .greatest = INFINITY},
    {.name = "acq_func",
        .kind = KF_KIND_STRING,
        .fallback = "\"gp_hedge\"",
        .choices = "gp_hedge|LCB|EI|PI|EIps|PIps"},
    {.name = "acq_optimizer",
        .kind = KF_KIND_STRING,
        .fallback = "\"auto\"",
        .choices = "auto|sampling|lbfgs"},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

const kf_sampler kf__sampler_bayes = {
    .size = sizeof(kf_sampler),
    .name = "bayesianoptimization",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .ask = ask,
};
