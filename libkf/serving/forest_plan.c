/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/forest_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { MOST_COLUMNS = UINT16_MAX };

void kf__plan_free(kf_forest_plan *plan)
{
    if (plan == NULL)
        return;
    kf__vec_finish(&plan->sources);
    kf__vec_finish(&plan->steps);
    kf__free(plan->thresholds);
    kf__free(plan->nodes);
    kf__free(plan->rows);
    kf__free(plan->trees);
    kf__free(plan->floats);
    kf__free(plan);
}

/* ---- sources ---- */

/* Sources while they are gathered: a list for each feature. */
typedef struct gathering {
    kf_forest *forest;
    kf_forest_plan *plan;
    uint32_t *heads;  /* Of each feature: a source + 1; 0: none. */
    uint32_t *source; /* Of each node. */
    KF__VEC(uint32_t) next;
    double *sorted; /* Thresholds of all sources, one source after the other. */
} gathering;

static bool is_set(const kf_forest_node *node)
{
    return node->split >= KF_SPLIT_SET;
}

static kf_status add_source(
    gathering *all, const kf_forest_node *node, uint32_t next, uint32_t *out)
{
    kf_plan_source made = {.feature = node->feature,
        .split = node->split,
        .missing = node->missing,
        .default_left = node->default_left,
        .set = is_set(node) ? node->index : 0};
    KF__TRY(kf__vec_push(&all->plan->sources, made));
    KF__TRY(kf__vec_push(&all->next, next));
    *out = (uint32_t)all->plan->sources.count;
    return KF_OK;
}

/* Sets are of one node each; else there are few sources of a feature. */
static kf_status find_source(gathering *all, const kf_forest_node *node, uint32_t *out)
{
    const kf_plan_source *items = all->plan->sources.items;
    uint32_t *head = &all->heads[node->feature], at = is_set(node) ? 0 : *head;
    while (at != 0 && (items[at - 1].split != node->split ||
                          items[at - 1].missing != node->missing))
        at = all->next.items[at - 1];
    if (at == 0)
        KF__TRY(add_source(all, node, is_set(node) ? 0 : *head, &at));
    if (!is_set(node) && all->plan->sources.count == at)
        *head = at;
    all->plan->sources.items[at - 1].count += !is_set(node);
    *out = at - 1;
    return KF_OK;
}

static kf_status gather(gathering *all)
{
    const kf_forest *forest = all->forest;
    for (size_t i = 0; i < forest->nodes.count; i++)
        if (forest->nodes.items[i].left >= 0 &&
            all->plan->sources.count <= MOST_COLUMNS)
            KF__TRY(find_source(all, &forest->nodes.items[i], &all->source[i]));
    return KF_OK;
}

/* The least number that is past a threshold; NaN: none is. */
static double threshold_of(const kf_forest *forest, const kf_forest_node *node)
{
    double threshold = node->threshold + 0.0; /* No -0. */
    bool at_most = node->split == KF_SPLIT_AT_MOST;
    if (at_most && threshold == INFINITY)
        return NAN;
    if (forest->input != KF_DATATYPE_FP32)
        return at_most ? nextafter(threshold, INFINITY) : threshold;
    float near = (float)threshold;
    if ((double)near < threshold || (at_most && (double)near == threshold))
        near = nextafterf(near, INFINITY);
    return (double)near;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

/* Each source's thresholds in order, without doubles. */
static void sort_thresholds(gathering *all)
{
    kf_forest_plan *plan = all->plan;
    const kf_forest *forest = all->forest;
    uint32_t first = 0;
    for (size_t i = 0; i < plan->sources.count; i++) {
        kf_plan_source *source = &plan->sources.items[i];
        source->first = first;
        first += source->count;
        source->count = 0;
    }
    for (size_t i = 0; i < forest->nodes.count; i++) {
        const kf_forest_node *node = &forest->nodes.items[i];
        if (node->left < 0 || is_set(node))
            continue;
        kf_plan_source *source = &plan->sources.items[all->source[i]];
        all->sorted[source->first + source->count++] = threshold_of(forest, node);
    }
    for (size_t i = 0; i < plan->sources.count; i++) {
        kf_plan_source *source = &plan->sources.items[i];
        double *from = &all->sorted[source->first];
        uint32_t kept = 0;
        qsort(from, source->count, sizeof *from, compare);
        for (uint32_t j = 0; j < source->count; j++)
            if (kept == 0 || compare(&from[kept - 1], &from[j]) != 0)
                from[kept++] = from[j];
        source->count = kept;
    }
}

/* Powers of two of thresholds, and where the columns are. */
static size_t lay_out(kf_forest_plan *plan)
{
    size_t size = 0, columns = 1;
    for (size_t i = 0; i < plan->sources.count; i++) {
        kf_plan_source *source = &plan->sources.items[i];
        source->size = 0;
        if (source->count > 0)
            for (source->size = 1; source->size < source->count;)
                source->size *= 2;
        size += source->size;
        source->chunks = source->count == 0
                             ? 1
                             : (source->count + KF__PLAN_CHUNK - 1) / KF__PLAN_CHUNK;
        source->column = (uint32_t)columns;
        columns += source->size > 0 ? source->chunks * 2 : 1;
        while (source->size >> plan->halvings > 1)
            plan->halvings++;
    }
    plan->columns = columns;
    return size;
}

static kf_status keep_thresholds(gathering *all, size_t size)
{
    kf_forest_plan *plan = all->plan;
    bool narrow = all->forest->input == KF_DATATYPE_FP32;
    size_t first = 1;
    plan->thresholds = kf__calloc(size + 2, narrow ? sizeof(float) : sizeof(double));
    if (plan->thresholds == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < plan->sources.count; i++) {
        kf_plan_source *source = &plan->sources.items[i];
        for (uint32_t j = 0; j < source->size; j++) {
            double threshold = j < source->count ? all->sorted[source->first + j] : NAN;
            if (narrow)
                ((float *)plan->thresholds)[first + j] = (float)threshold;
            else
                ((double *)plan->thresholds)[first + j] = threshold;
        }
        first += source->size;
    }
    return KF_OK;
}

/* ---- nodes ---- */

static uint32_t index_of(const double *sorted, uint32_t count, double threshold)
{
    uint32_t low = 0, high = count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(&sorted[middle], &threshold) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void make_node(const gathering *all, size_t i, kf_plan_node *out)
{
    const kf_forest_node *node = &all->forest->nodes.items[i];
    if (node->left < 0) {
        *out = (kf_plan_node){.left = (uint32_t)i, .rank = INT8_MAX};
        all->plan->rows[i] = node->index;
        return;
    }
    const kf_plan_source *source = &all->plan->sources.items[all->source[i]];
    uint32_t index = source->count == 0
                         ? 0
                         : index_of(&all->sorted[source->first], source->count,
                               threshold_of(all->forest, node));
    uint32_t column = source->column + index / KF__PLAN_CHUNK * 2;
    if (source->size > 0 && !node->default_left)
        column++;
    *out = (kf_plan_node){.left = (uint32_t)node->left,
        .column = (uint16_t)column,
        .rank = (int8_t)((int)(index % KF__PLAN_CHUNK) - 128)};
}

static kf_status make_nodes(const gathering *all)
{
    const kf_forest *forest = all->forest;
    kf_forest_plan *plan = all->plan;
    size_t count = forest->nodes.count;
    plan->nodes = kf__calloc(count + 1, sizeof *plan->nodes);
    plan->rows = kf__calloc(count + 1, sizeof *plan->rows);
    if (plan->nodes == NULL || plan->rows == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        make_node(all, i, &plan->nodes[i]);
    return KF_OK;
}

static kf_status keep_floats(const kf_forest *forest, kf_forest_plan *plan)
{
    if (forest->sum != KF_DATATYPE_FP32)
        return KF_OK;
    plan->floats = kf__calloc(forest->values.count + 1, sizeof *plan->floats);
    if (plan->floats == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < forest->values.count; i++)
        plan->floats[i] = (float)forest->values.items[i];
    return KF_OK;
}

/* ---- all of it ---- */

/* Where the thresholds are in the end, rather than while they were sorted. */
static void settle(kf_forest_plan *plan)
{
    uint32_t first = 1;
    for (size_t i = 0; i < plan->sources.count; i++) {
        plan->sources.items[i].first = first;
        first += plan->sources.items[i].size;
    }
}

static kf_status make(gathering *all)
{
    kf_forest *forest = all->forest;
    all->heads = kf__calloc(forest->features + 1, sizeof *all->heads);
    all->source = kf__calloc(forest->nodes.count + 1, sizeof *all->source);
    all->sorted = kf__calloc(forest->nodes.count + 1, sizeof *all->sorted);
    if (all->heads == NULL || all->source == NULL || all->sorted == NULL)
        return KF_ENOMEM;
    KF__TRY(gather(all));
    all->plan->columns = all->plan->sources.count;
    if (all->plan->columns > MOST_COLUMNS)
        return KF_OK;
    sort_thresholds(all);
    size_t size = lay_out(all->plan);
    if (all->plan->columns > MOST_COLUMNS)
        return KF_OK;
    KF__TRY(keep_thresholds(all, size));
    KF__TRY(make_nodes(all));
    settle(all->plan);
    KF__TRY(kf__plan_steps(forest, all->plan));
    return keep_floats(forest, all->plan);
}

kf_status kf__plan_new(kf_forest *forest, kf_forest_plan **out)
{
    gathering all = {.forest = forest};
    kf_forest_plan *plan = kf__calloc(1, sizeof *plan);
    if (plan == NULL)
        return KF_ENOMEM;
    all.plan = plan;
    plan->kernels = kf__plan_kernels(false);
    kf_status status = make(&all);
    kf__free(all.heads);
    kf__free(all.source);
    kf__free(all.sorted);
    kf__vec_finish(&all.next);
    if (status != KF_OK || plan->columns > MOST_COLUMNS) {
        kf__plan_free(plan);
        plan = NULL;
    }
    *out = plan;
    return status;
}
