/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/error.h"
#include "search/cmaes_state.h"

#define WARM_SHARE 0.1 /* Of known trials, those that a search begins from. */
#define WARM_DEVIATION 0.1

/* ---- trials that have ended ---- */

int kf__cmaes_compare(const void *a, const void *b)
{
    const kf_cmaes_member *x = a, *y = b;
    int64_t before = x->entry->trial.order, after = y->entry->trial.order;
    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (before > after) - (before < after);
}

static kf_cmaes_member member_of(const kf_entry *entry)
{
    double loss = kf__trial_loss(&entry->trial);
    return (kf_cmaes_member){isnan(loss) ? (double)INFINITY : loss, entry};
}

kf_status kf__cmaes_look_at(kf_cmaes *cmaes, int64_t from, int64_t to)
{
    const kf_entry **ended = kf__calloc((size_t)(to - from) + 1, sizeof(kf_entry *));
    if (ended == NULL)
        return kf__nomem();
    size_t before = cmaes->waiting.count;
    kf_status status = KF_OK;
    for (size_t i = 0; i < cmaes->study->entries.count; i++) {
        const kf_entry *entry = cmaes->study->entries.items[i];
        if (entry->trial.order >= from && entry->trial.order < to)
            ended[entry->trial.order - from] = entry;
    }
    for (int64_t i = 0; status == KF_OK && i < to - from; i++)
        if (ended[i] != NULL && ended[i]->trial.state != KF_TRIAL_KILLED)
            status = kf__vec_push(&cmaes->waiting, member_of(ended[i]));
    kf__free(ended);
    if (status == KF_OK)
        cmaes->looked_at = to;
    else
        cmaes->waiting.count = before;
    return status;
}

void kf__cmaes_numbers(const kf_cmaes *cmaes, const kf_entry *entry, double *numbers)
{
    const kf_value *drawn =
        cmaes->has_cells ? kf_value_get(entry->attributes, "drawn") : NULL;
    for (size_t i = 0; i < cmaes->numbers; i++) {
        double known = entry->point[cmaes->number_axes[i]];
        const kf_value *number = kf_value_at(drawn, i);
        numbers[i] = number == NULL || isnan(known) ? known : kf_value_double(number);
    }
}

/* ---- beginning ---- */

/* Mean and covariance of the best known trials (Nomura et al., "Warm starting CMA-ES",
 * 2021). Few of them give the mean alone. */
static kf_status begin_warm(kf_cmaes *cmaes, const kf_cmaes_member *known, size_t count)
{
    size_t n = cmaes->numbers, top = (size_t)ceil(WARM_SHARE * (double)count);
    double *mean = kf__calloc(n * (n + 2), sizeof *mean);
    if (mean == NULL)
        return kf__nomem();
    double *numbers = mean + n, *covariance = numbers + n;
    bool few = count < 2 * cmaes->options.size;
    for (size_t k = 0; k < top; k++) {
        kf__cmaes_numbers(cmaes, known[k].entry, numbers);
        for (size_t i = 0; i < n; i++)
            mean[i] += (isnan(numbers[i]) ? 0.5 : numbers[i]) / (double)top;
    }
    for (size_t k = 0; k < top; k++) {
        kf__cmaes_numbers(cmaes, known[k].entry, numbers);
        for (size_t i = 0; i < n * n; i++) {
            double x = numbers[i / n] - mean[i / n], y = numbers[i % n] - mean[i % n];
            covariance[i] += isnan(x * y) ? 0 : x * y / (double)top;
        }
    }
    double sigma = cmaes->options.sigma, scale = 0;
    for (size_t i = 0; i < n; i++) {
        covariance[i * n + i] += WARM_DEVIATION * WARM_DEVIATION;
        scale += covariance[i * n + i] / (double)n;
    }
    for (size_t i = 0; i < n * n; i++)
        covariance[i] /= scale;
    kf_status status = kf__cmaes_begin(cmaes, cmaes->options.size, mean,
        few ? sigma : fmin(sigma, sqrt(scale)), few ? NULL : covariance);
    kf__free(mean);
    return status;
}

kf_status kf__cmaes_begin_somewhere(kf_cmaes *cmaes, size_t size, double sigma)
{
    kf_random random =
        kf__random(cmaes->study->seed, KF__RESTART_STREAM - 2 * (uint64_t)cmaes->count);
    double *mean = kf__calloc(cmaes->numbers, sizeof *mean);
    if (mean == NULL)
        return kf__nomem();
    for (size_t i = 0; i < cmaes->numbers; i++)
        mean[i] = cmaes->count == 0 ? 0.5 : kf__random_uniform(&random);
    kf_status status = kf__cmaes_begin(cmaes, size, mean, sigma, NULL);
    kf__free(mean);
    return status;
}

/* How many trials had ended when the first one of ours was asked for; it notes that. */
static int64_t count_known(const kf_cmaes *cmaes)
{
    for (size_t i = 0; i < cmaes->study->entries.count; i++) {
        const kf_entry *entry = cmaes->study->entries.items[i];
        if (!entry->trial.foreign)
            return kf_value_int(kf_value_get(entry->attributes, "known"));
    }
    return cmaes->study->ended;
}

kf_status kf__cmaes_begin_first(kf_cmaes *cmaes)
{
    int64_t known = count_known(cmaes);
    cmaes->waiting.count = 0;
    KF__TRY(kf__cmaes_look_at(cmaes, 0, known));
    size_t count = 0;
    for (size_t i = 0; i < cmaes->waiting.count; i++)
        if (isfinite(cmaes->waiting.items[i].loss))
            cmaes->waiting.items[count++] = cmaes->waiting.items[i];
    cmaes->waiting.count = 0;
    if (count > 0) {
        qsort(cmaes->waiting.items, count, sizeof(kf_cmaes_member), kf__cmaes_compare);
        KF__TRY(begin_warm(cmaes, cmaes->waiting.items, count));
    } else {
        KF__TRY(kf__cmaes_begin_somewhere(
            cmaes, cmaes->options.size, cmaes->options.sigma));
    }
    cmaes->known = known;
    cmaes->has_begun = true;
    return KF_OK;
}
