/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms and early stoppers that libkf has, by name, and their settings. */
#ifndef KF_SEARCH_SAMPLER_H
#define KF_SEARCH_SAMPLER_H

#include <kf/search.h>

#include "base/value.h"

/* Settings as they hold: those given, of the type declared, and defaults. */
typedef struct kf_settings {
    kf_tree tree;
    kf_value *values;
} kf_settings;

/* Whether a trial should stop, from what the others reported. */
typedef struct kf_stopper {
    const char *name;
    const kf_setting *settings;
    size_t setting_count;
    bool (*should_stop)(kf_ask *ask, const kf_trial *trial);
} kf_stopper;

/* KF_ENOENT with the nearest name. */
kf_status kf__sampler_find(const char *name, const kf_sampler **out);
kf_status kf__stopper_find(const char *name, const kf_stopper **out);
/* Text that reads as a number or boolean will do for one, as Katib's settings are all
 * text. KF_ENOENT, KF_ETYPE, KF_EINVAL, KF_EMISSING: `owner` names the algorithm.
 * All findings go to `report`; without one (NULL) the first is the error. */
kf_status kf__settings_read(const char *owner, const kf_setting *known, size_t count,
    const kf_value *given, kf_report *report, kf_settings *out);
void kf__settings_finish(kf_settings *settings);

/* One per file sampler_*.c and stopper_*.c. */
extern const kf_sampler kf__sampler_asha;
extern const kf_sampler kf__sampler_auto;
extern const kf_sampler kf__sampler_bayes;
extern const kf_sampler kf__sampler_bohb;
extern const kf_sampler kf__sampler_cmaes;
extern const kf_sampler kf__sampler_darts;
extern const kf_sampler kf__sampler_enas;
extern const kf_sampler kf__sampler_grid;
extern const kf_sampler kf__sampler_hyperband;
extern const kf_sampler kf__sampler_multivariate_tpe;
extern const kf_sampler kf__sampler_pbt;
extern const kf_sampler kf__sampler_random;
extern const kf_sampler kf__sampler_sobol;
extern const kf_sampler kf__sampler_tpe;
extern const kf_stopper kf__stopper_median;

#endif
