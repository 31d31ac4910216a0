/* SPDX-License-Identifier: Apache-2.0 */
#include "search/sampler.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

static const kf_sampler *const samplers[] = {
    &kf__sampler_asha,
    &kf__sampler_auto,
    &kf__sampler_bayes,
    &kf__sampler_bohb,
    &kf__sampler_cmaes,
    &kf__sampler_darts,
    &kf__sampler_enas,
    &kf__sampler_grid,
    &kf__sampler_hyperband,
    &kf__sampler_multivariate_tpe,
    &kf__sampler_pbt,
    &kf__sampler_random,
    &kf__sampler_sobol,
    &kf__sampler_tpe,
};

static const kf_stopper *const stoppers[] = {
    &kf__stopper_median,
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

const char *kf_algorithm_name(size_t index)
{
    return index < COUNT(samplers) ? samplers[index]->name : NULL;
}

static const char *next_sampler(const void *state, size_t index)
{
    return kf_algorithm_name(index);
}

static const char *next_stopper(const void *state, size_t index)
{
    return index < COUNT(stoppers) ? stoppers[index]->name : NULL;
}

/* KF_ENOENT: "there is no KIND 'NAME'; did you mean …? Expected one of …". */
static kf_status fail_unknown(
    const char *kind, const char *name, const char *(*next)(const void *, size_t))
{
    kf_buf all = KF__BUF_INIT;
    const char *nearest = kf__nearest(name, next, NULL);
    for (size_t i = 0; next(NULL, i) != NULL; i++) {
        kf__buf_puts(&all, i > 0 ? ", " : "");
        kf__buf_puts(&all, next(NULL, i));
    }
    kf_status status =
        kf__fail(KF_ENOENT, NULL, "there is no %s '%.100s'%s%s%s one of %s", kind, name,
            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "'? Expected" : ": expected", kf__buf_text(&all));
    kf__buf_finish(&all);
    return status;
}

kf_status kf__sampler_find(const char *name, const kf_sampler **out)
{
    for (size_t i = 0; i < COUNT(samplers); i++) {
        if (strcmp(samplers[i]->name, name) == 0) {
            *out = samplers[i];
            return KF_OK;
        }
    }
    return fail_unknown("algorithm", name, next_sampler);
}

kf_status kf__stopper_find(const char *name, const kf_stopper **out)
{
    for (size_t i = 0; i < COUNT(stoppers); i++) {
        if (strcmp(stoppers[i]->name, name) == 0) {
            *out = stoppers[i];
            return KF_OK;
        }
    }
    return fail_unknown("early stopping algorithm", name, next_stopper);
}
