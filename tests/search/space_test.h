/* SPDX-License-Identifier: Apache-2.0 */
/* Values written as JSON, for tests of spaces and studies. */
#ifndef KF_SPACE_TEST_H
#define KF_SPACE_TEST_H

#include "json_test.h"

#include "search/space.h"

static inline kf_space *new_space(void)
{
    kf_space *space = NULL;
    ck_ok(kf_space_new(&space));
    return space;
}

static inline void add_categorical(kf_space *space, const char *name, const char *list)
{
    kf_value *values = json(list);
    ck_ok(kf_space_add_categorical(space, name, values));
    kf_value_free(values);
}

static inline void add_discrete(kf_space *space, const char *name, const char *list)
{
    kf_value *values = json(list);
    ck_ok(kf_space_add_discrete(space, name, values));
    kf_value_free(values);
}

static inline void add_condition(
    kf_space *space, const char *name, const char *parent, const char *list)
{
    kf_value *values = json(list);
    ck_ok(kf_space_set_condition(space, name, parent, values));
    kf_value_free(values);
}

#endif
