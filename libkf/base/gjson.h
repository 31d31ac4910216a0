/* SPDX-License-Identifier: Apache-2.0 */
/* Paths into JSON as tidwall/gjson has them, of which Katib's conditions use a part:
 * names (with \ before what has a meaning, * and ? for any), numbers of items, "#",
 * queries "#(name==value)" and "#(…)#", "|" beside ".", "[a,b]" and "@this". */
#ifndef KF_BASE_GJSON_H
#define KF_BASE_GJSON_H

#include "base/value.h"

/* KF_EPARSE with the column; KF_EUNSUPPORTED for what GJSON has beyond that. */
kf_status kf__gjson_check(const char *path);
/* NULL: there is nothing. The result is of the tree or of the value. */
kf_status kf__gjson_get(
    const char *path, const kf_value *value, kf_tree *tree, const kf_value **out);
/* As Katib takes it: an object, or a list that is not empty. `match` (may be NULL):
 * the object, or the first item. */
kf_status kf__gjson_holds(const char *path, const kf_value *value, kf_tree *tree,
    bool *holds, const kf_value **match);

#endif
