/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a space: parameters as axes, values as coordinates. */
#ifndef KF_SEARCH_SPACE_H
#define KF_SEARCH_SPACE_H

#include <kf/search.h>

#include "base/map.h"
#include "base/value.h"
#include "base/vec.h"

typedef enum kf_parameter_type {
    KF__PARAMETER_DOUBLE = 0,
    KF__PARAMETER_INT = 1,
    KF__PARAMETER_DISCRETE = 2,
    KF__PARAMETER_CATEGORICAL = 3
} kf_parameter_type;

typedef struct kf_parameter {
    kf_axis axis;
    kf_parameter_type type;
    kf_distribution distribution;
    double min, max, step; /* DOUBLE and INT; step 0: continuous. */
    double low, high;      /* Edges of the first and last cell, transformed. */
    kf_value *choices;     /* DISCRETE, in order of their numbers, and CATEGORICAL. */
    bool *allowed;         /* By level of the parent: whether this one is active. */
} kf_parameter;

struct kf_space {
    kf_tree tree;
    KF__VEC(kf_parameter) parameters;
    kf_map names; /* Index by name. */
};

/* Coordinate to value and back, of one parameter. */
kf_value *kf__space_value(
    const kf_space *space, size_t index, double coordinate, kf_tree *tree);
/* The number that a coordinate stands for: of DOUBLE and INT the value, of DISCRETE its
 * number, of CATEGORICAL the level. */
double kf__space_number(const kf_space *space, size_t index, double coordinate);
/* KF_EINVAL and KF_ETYPE say what the parameter may be. Text that reads as a number will
 * do for one. */
kf_status kf__space_coordinate(
    const kf_space *space, size_t index, const kf_value *value, double *out);
/* The coordinate of the value nearest to a number. */
double kf__space_place(const kf_space *space, size_t index, double number);
/* The number that a value is, or reads as. */
double kf__space_given(const kf_value *value);
/* The coordinate that points have: the middle of the cell. */
double kf__space_snap(const kf_space *space, size_t index, double coordinate);
/* The coordinates that stand for the same value, of an ordered axis. */
void kf__space_cell(
    const kf_space *space, size_t index, double coordinate, double *low, double *high);
/* The level of an ordered or categorical coordinate, and the middle of a level. */
int64_t kf__space_level(const kf_space *space, size_t index, double coordinate);
double kf__space_level_coordinate(const kf_space *space, size_t index, int64_t level);
/* Whether the parameter is active in a point whose earlier coordinates are final. */
bool kf__space_is_active(const kf_space *space, size_t index, const double *point);
/* Values by parameter: the active ones. */
kf_value *kf__space_params(const kf_space *space, const double *point, kf_tree *tree);
/* From values to a point; what is not given stays NaN. KF_ENOENT with the nearest name;
 * KF_EINVAL, also for a parameter that is not active; KF_EMISSING if `whole` and an
 * active one is not given. */
kf_status kf__space_point(
    const kf_space *space, const kf_value *params, bool whole, double *point);
/* The index of a parameter; KF_ENOENT with the nearest name. */
kf_status kf__space_find(const kf_space *space, const char *name, size_t *out);

#endif
