/* SPDX-License-Identifier: Apache-2.0 */
/* The categories that a model was trained with: texts, or numbers, that stand for the
 * codes 0, 1, … of a feature. */
#ifndef KF_SERVING_CATEGORIES_H
#define KF_SERVING_CATEGORIES_H

#include <kf/base.h>

#include "base/vec.h"

typedef struct kf_category {
    char *text; /* NULL: a number. */
    size_t length;
    double number;
} kf_category;

typedef struct kf_category_list {
    KF__VEC(kf_category) items; /* By code. */
    KF__VEC(uint32_t) order;    /* Codes of texts, by text. */
} kf_category_list;

typedef struct kf_categories {
    KF__VEC(kf_category_list) lists; /* By feature; empty: it has none. */
    bool refuses; /* A text that is none of them; else it is missing. */
} kf_categories;

kf_categories *kf__categories_new(bool refuses); /* NULL: out of memory. */
void kf__categories_free(kf_categories *categories);
/* The next feature, of no categories yet. KF_ENOMEM, as those that follow. */
kf_status kf__categories_next(kf_categories *categories);
/* The next category of a feature; text NULL: a number. */
kf_status kf__categories_add(kf_categories *categories, size_t feature,
    const char *text, size_t length, double number);
/* No more of them: texts can be found. */
kf_status kf__categories_seal(kf_categories *categories);

/* What stands for a text. `categories` NULL: the model has none. NaN: it is missing.
 * KF_ETYPE: the feature has no categories; KF_EINVAL: the text is none of them. */
kf_status kf__categories_code(const kf_categories *categories, size_t feature,
    const char *text, size_t length, double *out);

#endif
