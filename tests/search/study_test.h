/* SPDX-License-Identifier: Apache-2.0 */
/* A study of the space that a test sets up, with settings written as JSON. */
#ifndef KF_STUDY_TEST_H
#define KF_STUDY_TEST_H

#include "space_test.h"

#include <math.h>

#include "search/study.h"

static inline kf_status open_study(
    kf_space *space, const char *algorithm, const char *settings, kf_study **out)
{
    kf_value *given = json(settings);
    kf_status status = kf_study_new(space,
        KF_OPTIONS(
            kf_study_options, .algorithm = algorithm, .settings = given, .seed = 7),
        out);
    kf_value_free(given);
    return status;
}

static inline kf_study *new_study(
    kf_space *space, const char *algorithm, const char *settings)
{
    kf_study *study = NULL;
    ck_ok(open_study(space, algorithm, settings, &study));
    return study;
}

static inline int64_t ask(kf_study *study)
{
    int64_t number = -1;
    ck_ok(kf_study_ask(study, &number));
    return number;
}

static inline double number_of(kf_study *study, int64_t number, const char *name)
{
    return kf_value_double(kf_value_get(kf_study_trial(study, number)->params, name));
}

static inline int64_t note_of(kf_study *study, int64_t number, const char *name)
{
    const kf_value *value =
        kf_value_get(kf_study_trial(study, number)->attributes, name);
    return value == NULL ? -1 : kf_value_int(value);
}

#endif
