/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks of a row's numbers among the thresholds that the forest compares them with. */
#include <math.h>
#include <string.h>

#include "serving/forest_plan.h"

/* Numbers of one feature for the rows of a block, or of many features for one row. */
typedef struct block {
    union {
        float narrow[KF__PLAN_ROWS];
        double wide[KF__PLAN_ROWS];
    } numbers;
    uint32_t ranks[KF__PLAN_ROWS];
    bool missing[KF__PLAN_ROWS];
} block;

static bool is_narrow(const kf_forest *forest)
{
    return forest->input == KF_DATATYPE_FP32;
}

static bool is_missing(double number, kf_missing missing)
{
    if (missing == KF_MISSING_NONE)
        return false;
    return isnan(number) ||
           (missing == KF_MISSING_ZERO && fabs(number) <= (double)1e-35f);
}

static double number_at(const kf_forest *forest, const block *of, size_t i)
{
    return is_narrow(forest) ? (double)of->numbers.narrow[i] : of->numbers.wide[i];
}

/* ---- a block ---- */

/* Whether any is missing, or NaN that counts as 0, which it is made. */
#define KF__DEFINE_TAKE(name, type, member)                                            \
    static bool name(block *of, const type *column, size_t stride, size_t count,       \
        kf_missing missing)                                                            \
    {                                                                                  \
        type *numbers = of->numbers.member;                                            \
        const type nearly_zero = missing == KF_MISSING_ZERO ? (type)1e-35f : -1;       \
        bool any = false;                                                              \
        for (size_t i = 0; i < count; i++) {                                           \
            type number = column[i * stride];                                          \
            numbers[i] = number;                                                       \
            any |= !(number > nearly_zero) & !(number < -nearly_zero);                 \
        }                                                                              \
        if (!any)                                                                      \
            return false;                                                              \
        for (size_t i = 0; i < count; i++) {                                           \
            of->missing[i] = is_missing((double)numbers[i], missing);                  \
            if (missing == KF_MISSING_NONE && numbers[i] != numbers[i])                \
                numbers[i] = 0;                                                        \
        }                                                                              \
        return true;                                                                   \
    }
KF__DEFINE_TAKE(take_floats, float, narrow)
KF__DEFINE_TAKE(take_doubles, double, wide)

static bool take(const kf_forest *forest, const kf_plan_source *source,
    const void *rows, size_t count, block *of)
{
    size_t stride = forest->features;
    kf_missing missing = (kf_missing)source->missing;
    return is_narrow(forest) ? take_floats(of, (const float *)rows + source->feature,
                                   stride, count, missing)
                             : take_doubles(of, (const double *)rows + source->feature,
                                   stride, count, missing);
}

static void put_ranks(const kf_forest *forest, const kf_plan_source *source, block *of,
    bool any, size_t count, int8_t *columns)
{
    const kf_forest_plan *plan = forest->plan;
    const void *all = plan->thresholds;
    if (is_narrow(forest))
        plan->kernels->rank_floats((const float *)all + source->first, source->size,
            of->numbers.narrow, of->ranks);
    else
        plan->kernels->rank_doubles((const double *)all + source->first, source->size,
            of->numbers.wide, of->ranks);
    for (uint32_t chunk = 0; chunk < source->chunks; chunk++) {
        int8_t *left = columns + (source->column + chunk * 2) * (size_t)KF__PLAN_ROWS;
        int8_t *right = left + KF__PLAN_ROWS;
        plan->kernels->put(of->ranks, (int32_t)(chunk * KF__PLAN_CHUNK), left);
        memcpy(right, left, KF__PLAN_ROWS);
        for (size_t i = 0; any && i < count; i++)
            if (of->missing[i]) {
                left[i] = INT8_MIN;
                right[i] = INT8_MAX;
            }
    }
}

/* 1 is past the rank of the node that the set is of: to the right. */
static int8_t member(
    const kf_forest *forest, const kf_plan_source *source, double number)
{
    kf_forest_node node = {.index = source->set,
        .split = source->split,
        .default_left = source->default_left};
    return kf__forest_goes_left(forest, &node, number) ? INT8_MIN : INT8_MIN + 1;
}

void kf__plan_rank(
    const kf_forest *forest, const void *rows, size_t count, int8_t *columns)
{
    const kf_forest_plan *plan = forest->plan;
    block of;
    memset(&of, 0, sizeof of);
    memset(columns, INT8_MIN, KF__PLAN_ROWS);
    for (size_t i = 0; i < plan->sources.count; i++) {
        const kf_plan_source *source = &plan->sources.items[i];
        bool any = take(forest, source, rows, count, &of);
        int8_t *column = columns + source->column * (size_t)KF__PLAN_ROWS;
        if (source->size > 0)
            put_ranks(forest, source, &of, any, count, columns);
        else
            for (size_t j = 0; j < count; j++)
                column[j] = member(forest, source, number_at(forest, &of, j));
    }
}

/* ---- a row ---- */

static void put_row(
    const kf_plan_source *source, uint32_t rank, bool missing, int8_t *columns)
{
    int8_t *column = columns + source->column;
    for (uint32_t chunk = 0; chunk < source->chunks; chunk++, column += 2) {
        int32_t own = (int32_t)rank - (int32_t)(chunk * KF__PLAN_CHUNK);
        own = own < 0 ? 0 : own > KF__PLAN_CHUNK ? KF__PLAN_CHUNK : own;
        column[0] = missing ? INT8_MIN : (int8_t)(own - 128);
        column[1] = missing ? INT8_MAX : (int8_t)(own - 128);
    }
}

static double row_number(const kf_forest *forest, const void *row, size_t feature)
{
    return is_narrow(forest) ? (double)((const float *)row)[feature]
                             : ((const double *)row)[feature];
}

/* Some sources, at most KF__PLAN_ROWS. */
static void rank_some(const kf_forest *forest, const void *row,
    const kf_plan_source *sources, size_t count, int8_t *columns)
{
    const kf_forest_plan *plan = forest->plan;
    uint32_t halves[KF__PLAN_ROWS];
    block of;
    for (size_t i = 0; i < count; i++) {
        const kf_plan_source *source = &sources[i];
        double number = row_number(forest, row, source->feature);
        of.missing[i] = is_missing(number, (kf_missing)source->missing);
        if (source->missing == KF_MISSING_NONE && isnan(number))
            number = 0;
        if (is_narrow(forest))
            of.numbers.narrow[i] = (float)number;
        else
            of.numbers.wide[i] = number;
        of.ranks[i] = source->first - 1;
        halves[i] = source->size / 2;
    }
    if (is_narrow(forest))
        plan->kernels->search_floats(plan->thresholds, of.numbers.narrow, of.ranks,
            halves, count, plan->halvings);
    else
        plan->kernels->search_doubles(
            plan->thresholds, of.numbers.wide, of.ranks, halves, count, plan->halvings);
    for (size_t i = 0; i < count; i++)
        if (sources[i].size > 0)
            put_row(&sources[i], of.ranks[i] + 1 - sources[i].first, of.missing[i],
                columns);
        else
            columns[sources[i].column] =
                member(forest, &sources[i], number_at(forest, &of, i));
}

void kf__plan_rank_row(const kf_forest *forest, const void *row, int8_t *columns)
{
    const kf_forest_plan *plan = forest->plan;
    columns[0] = INT8_MIN;
    for (size_t i = 0; i < plan->sources.count; i += KF__PLAN_ROWS) {
        size_t left = plan->sources.count - i;
        rank_some(forest, row, &plan->sources.items[i],
            left < KF__PLAN_ROWS ? left : KF__PLAN_ROWS, columns);
    }
}
