/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/categories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

kf_categories *kf__categories_new(bool refuses)
{
    kf_categories *categories = kf__calloc(1, sizeof *categories);
    if (categories != NULL)
        categories->refuses = refuses;
    return categories;
}

void kf__categories_free(kf_categories *categories)
{
    if (categories == NULL)
        return;
    for (size_t i = 0; i < categories->lists.count; i++) {
        kf_category_list *list = &categories->lists.items[i];
        for (size_t j = 0; j < list->items.count; j++)
            kf__free(list->items.items[j].text);
        kf__vec_finish(&list->items);
        kf__vec_finish(&list->order);
    }
    kf__vec_finish(&categories->lists);
    kf__free(categories);
}

kf_status kf__categories_next(kf_categories *categories)
{
    const kf_category_list none = {{0}, {0}};
    return kf__vec_push(&categories->lists, none);
}

kf_status kf__categories_add(kf_categories *categories, size_t feature,
    const char *text, size_t length, double number)
{
    kf_category category = {.length = length, .number = number};
    if (text != NULL && (category.text = kf__strndup(text, length)) == NULL)
        return KF_ENOMEM;
    kf_status status = kf__vec_push(&categories->lists.items[feature].items, category);
    if (status != KF_OK)
        kf__free(category.text);
    return status;
}

/* ---- finding ---- */

static int compare(const char *text, size_t length, const kf_category *other)
{
    size_t common = length < other->length ? length : other->length;
    int order = memcmp(text, other->text, common);
    return order != 0 ? order : (length > other->length) - (length < other->length);
}

static int by_text(const void *a, const void *b, void *items)
{
    const kf_category *all = items;
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    int order = compare(all[first].text, all[first].length, &all[second]);
    return order != 0 ? order : (first > second) - (first < second);
}

kf_status kf__categories_seal(kf_categories *categories)
{
    for (size_t i = 0; i < categories->lists.count; i++) {
        kf_category_list *list = &categories->lists.items[i];
        for (size_t j = 0; j < list->items.count; j++)
            if (list->items.items[j].text != NULL)
                KF__TRY(kf__vec_push(&list->order, (uint32_t)j));
        if (list->order.count > 1)
            qsort_r(list->order.items, list->order.count, sizeof *list->order.items,
                by_text, list->items.items);
    }
    return KF_OK;
}

static const char *next_text(const void *state, size_t index)
{
    const kf_category_list *list = state;
    return index < list->order.count ? list->items.items[list->order.items[index]].text
                                     : NULL;
}

static kf_status refuse(const kf_category_list *list, const char *text, size_t length)
{
    char name[64];
    size_t shown = length < sizeof name - 1 ? length : sizeof name - 1;
    memcpy(name, text, shown);
    name[shown] = '\0';
    const char *nearest = shown == length ? kf__nearest(name, next_text, list) : NULL;
    return kf__fail(KF_EINVAL, NULL,
        "'%s' is no category that the model was trained with%s%.100s%s; null stands "
        "for "
        "no value",
        name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?" : "");
}

kf_status kf__categories_code(const kf_categories *categories, size_t feature,
    const char *text, size_t length, double *out)
{
    const kf_category_list *list =
        categories != NULL && feature < categories->lists.count
            ? &categories->lists.items[feature]
            : NULL;
    *out = NAN;
    if (list == NULL || list->items.count == 0)
        return kf__fail(KF_ETYPE, NULL,
            "expected a number, not a text: the model tells no categories of it");
    size_t low = 0, high = list->order.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t code = list->order.items[middle];
        int order = compare(text, length, &list->items.items[code]);
        if (order == 0) {
            *out = code;
            return KF_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return categories->refuses ? refuse(list, text, length) : KF_OK;
}
