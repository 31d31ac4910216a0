/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/error.h"
#include "search/tpe_state.h"

#define FEW 8 /* New keys, put into place one by one. */

kf_status kf__tpe_new(const kf_study *study, kf_tpe **out)
{
    kf_tpe *tpe = kf__calloc(1, sizeof *tpe);
    if (tpe == NULL)
        return kf__nomem();
    tpe->study = study;
    tpe->axes = kf_space_count(study->space);
    tpe->columns = kf__calloc(tpe->axes, sizeof *tpe->columns);
    if (tpe->columns == NULL) {
        kf__free(tpe);
        return kf__nomem();
    }
    *out = tpe;
    return KF_OK;
}

void kf__tpe_free(kf_tpe *tpe)
{
    if (tpe == NULL)
        return;
    for (size_t i = 0; i < tpe->axes; i++)
        kf__vec_finish(&tpe->columns[i]);
    kf__free(tpe->columns);
    kf__vec_finish(&tpe->losses);
    kf__vec_finish(&tpe->ranked);
    kf__vec_finish(&tpe->marks);
    kf__free(tpe);
}

static int compare(const void *a, const void *b)
{
    const kf_tpe_key *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

/* Bring those after `sorted` into their places. */
static void settle(kf_tpe_keys *all, size_t sorted)
{
    if (all->count - sorted > FEW) {
        qsort(all->items, all->count, sizeof *all->items, compare);
        return;
    }
    for (size_t i = sorted; i < all->count; i++) {
        kf_tpe_key moved = all->items[i];
        size_t at = i;
        for (; at > 0 && compare(&all->items[at - 1], &moved) > 0; at--)
            all->items[at] = all->items[at - 1];
        all->items[at] = moved;
    }
}

static kf_tpe_key key_of(const kf_tpe *tpe, size_t axis, size_t trial)
{
    const kf_space *space = tpe->study->space;
    double low = 0, high = 0;
    double at = tpe->study->entries.items[trial]->trial.point[axis];
    if (kf_space_axis(space, axis)->kind == KF_AXIS_ORDERED)
        kf__space_cell(space, axis, at, &low, &high);
    return (kf_tpe_key){at, (high - low) / 2, trial};
}

static kf_status add_points(kf_tpe *tpe, size_t axis)
{
    kf_tpe_keys *column = &tpe->columns[axis];
    size_t sorted = column->count;
    for (size_t i = tpe->marks.count; i < tpe->study->entries.count; i++) {
        kf_tpe_key added = key_of(tpe, axis, i);
        if (isnan(added.at))
            continue;
        if (kf__vec_push(column, added) != KF_OK) {
            column->count = sorted;
            return KF_ENOMEM;
        }
    }
    return KF_OK;
}

static kf_status add_losses(kf_tpe *tpe)
{
    size_t sorted = tpe->losses.count;
    for (size_t i = 0; i < tpe->marks.count; i++) {
        kf_tpe_mark *told = &tpe->marks.items[i];
        double loss = kf__trial_loss(&tpe->study->entries.items[i]->trial);
        if (told->is_told || isnan(loss))
            continue;
        KF__TRY(kf__vec_push(&tpe->losses, ((kf_tpe_key){loss, 0, i})));
        told->is_told = true;
    }
    settle(&tpe->losses, sorted);
    while (tpe->ranked.capacity < tpe->marks.count)
        KF__TRY(kf__vec_grow((void **)&tpe->ranked.items, tpe->ranked.capacity,
            &tpe->ranked.capacity, sizeof *tpe->ranked.items));
    for (size_t i = 0; i < tpe->losses.count; i++)
        tpe->ranked.items[i] = tpe->losses.items[i].trial;
    tpe->ranked.count = tpe->losses.count;
    return KF_OK;
}

/* All columns, or none: after a lack of memory they still belong together. */
static kf_status add_trials(kf_tpe *tpe)
{
    size_t seen = tpe->marks.count;
    kf_status status = KF_OK;
    for (size_t i = 0; status == KF_OK && i < tpe->axes; i++)
        status = add_points(tpe, i);
    while (status == KF_OK && tpe->marks.count < tpe->study->entries.count)
        status = kf__vec_push(&tpe->marks, (kf_tpe_mark){0});
    if (status != KF_OK)
        tpe->marks.count = seen;
    for (size_t i = 0; i < tpe->axes; i++) {
        kf_tpe_keys *column = &tpe->columns[i];
        size_t sorted = column->count;
        while (sorted > 0 && column->items[sorted - 1].trial >= seen)
            sorted--;
        if (status != KF_OK)
            column->count = sorted;
        settle(column, sorted);
    }
    return status;
}

kf_status kf__tpe_update(kf_tpe *tpe)
{
    KF__TRY(add_trials(tpe));
    return add_losses(tpe);
}

const size_t *kf__tpe_ranked(const kf_tpe *tpe, size_t *count)
{
    *count = tpe->ranked.count;
    return tpe->ranked.items;
}
