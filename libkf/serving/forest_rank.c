/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks of a row's numbers among the thresholds that the forest compares them with. */
#include <math.h>
#include <string.h>

#include "serving/forest_plan.h"

/* Numbers of one feature, of the rows of a block. */
typedef struct block {
    size_t count;
    union {
        float narrow[KF__PLAN_ROWS];
        double wide[KF__PLAN_ROWS];
    } numbers;
    uint32_t ranks[KF__PLAN_ROWS];
    bool missing[KF__PLAN_ROWS];
    bool any; /* Some are missing. */
} block;

/* How many of the thresholds each number is past, by halving: a comparison that decides
 * nothing but a sum, so that the processor need not guess. */
#define KF__DEFINE_COUNT(name, type, member, past)                                     \
    static void name(block *of, const type *thresholds, uint32_t size)                 \
    {                                                                                  \
        const type *numbers = of->numbers.member;                                      \
        for (size_t i = 0; i < of->count; i++)                                         \
            of->ranks[i] = 0;                                                          \
        for (uint32_t half = size / 2; half > 0; half /= 2)                            \
            for (size_t i = 0; i < of->count; i++) {                                   \
                type threshold = thresholds[of->ranks[i] + half - 1];                  \
                of->ranks[i] += (threshold past numbers[i]) ? half : 0;                \
            }                                                                          \
        for (size_t i = 0; i < of->count; i++)                                         \
            of->ranks[i] += thresholds[of->ranks[i]] past numbers[i];                  \
    }
KF__DEFINE_COUNT(count_less_float, float, narrow, <=)
KF__DEFINE_COUNT(count_at_most_float, float, narrow, <)
KF__DEFINE_COUNT(count_less_double, double, wide, <=)
KF__DEFINE_COUNT(count_at_most_double, double, wide, <)

/* Takes the column of a feature, with what is missing as 0. */
#define KF__DEFINE_TAKE(name, type, member)                                            \
    static void name(block *of, const type *rows, size_t stride, kf_missing missing)   \
    {                                                                                  \
        const type nearly_zero = (type)1e-35f;                                         \
        of->any = false;                                                               \
        for (size_t i = 0; i < of->count; i++) {                                       \
            type number = rows[i * stride];                                            \
            bool is_nan = number != number, gone = is_nan;                             \
            if (missing == KF_MISSING_ZERO)                                            \
                gone |= number >= -nearly_zero && number <= nearly_zero;               \
            else if (missing == KF_MISSING_NONE)                                       \
                gone = false;                                                          \
            of->numbers.member[i] = is_nan ? 0 : number;                               \
            of->missing[i] = gone;                                                     \
            of->any |= gone;                                                           \
        }                                                                              \
    }
KF__DEFINE_TAKE(take_floats, float, narrow)
KF__DEFINE_TAKE(take_doubles, double, wide)

static void take(
    const kf_forest *forest, const kf_plan_source *source, const void *rows, block *of)
{
    kf_missing missing = (kf_missing)source->missing;
    if (forest->input == KF_DATATYPE_FP32)
        take_floats(
            of, (const float *)rows + source->feature, forest->features, missing);
    else
        take_doubles(
            of, (const double *)rows + source->feature, forest->features, missing);
}

static void count(const kf_forest *forest, const kf_plan_source *source, block *of)
{
    const void *all = forest->plan->thresholds;
    bool less = source->split == KF_SPLIT_LESS;
    if (forest->input == KF_DATATYPE_FP32)
        (less ? count_less_float : count_at_most_float)(
            of, (const float *)all + source->first, source->size);
    else
        (less ? count_less_double : count_at_most_double)(
            of, (const double *)all + source->first, source->size);
}

static void put_ranks(const block *of, const kf_plan_source *source, uint32_t column,
    bool left, size_t stride, int8_t *columns)
{
    for (uint32_t chunk = 0; chunk < source->chunks; chunk++) {
        int8_t *to = columns + (column + chunk) * stride;
        int32_t base = (int32_t)(chunk * KF__PLAN_CHUNK);
        for (size_t i = 0; i < of->count; i++) {
            int32_t rank = (int32_t)of->ranks[i] - base;
            rank = rank < 0 ? 0 : rank > KF__PLAN_CHUNK ? KF__PLAN_CHUNK : rank;
            to[i] = (int8_t)(rank - 128);
        }
        for (size_t i = 0; of->any && i < of->count; i++)
            if (of->missing[i])
                to[i] = left ? INT8_MIN : INT8_MAX;
    }
}

/* 1 is past the rank of each node that a set has: to the right. */
static void put_members(const kf_forest *forest, const block *of,
    const kf_plan_source *source, size_t stride, int8_t *columns)
{
    kf_forest_node node = {.index = source->set,
        .split = source->split,
        .missing = KF_MISSING_NAN,
        .default_left = source->lefts};
    int8_t *to = columns + (source->lefts ? source->column : source->rcolumn) * stride;
    for (size_t i = 0; i < of->count; i++) {
        double number = forest->input == KF_DATATYPE_FP32
                            ? (double)of->numbers.narrow[i]
                            : of->numbers.wide[i];
        bool left = of->missing[i] ? source->lefts
                                   : kf__forest_goes_left(forest, &node, number);
        to[i] = left ? INT8_MIN : INT8_MIN + 1;
    }
}

void kf__plan_rank(const kf_forest *forest, const void *rows, size_t row_count,
    size_t stride, int8_t *columns)
{
    const kf_forest_plan *plan = forest->plan;
    block of;
    of.count = row_count;
    memset(columns, INT8_MIN, stride);
    for (size_t i = 0; i < plan->sources.count; i++) {
        const kf_plan_source *source = &plan->sources.items[i];
        take(forest, source, rows, &of);
        if (source->size == 0) {
            put_members(forest, &of, source, stride, columns);
            continue;
        }
        count(forest, source, &of);
        if (source->lefts)
            put_ranks(&of, source, source->column, true, stride, columns);
        if (source->rights)
            put_ranks(&of, source, source->rcolumn, false, stride, columns);
    }
}
