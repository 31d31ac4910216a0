/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: the body of forest_kernels.c, once for each set of instructions. Needs
 * KF__ISA(name), a name of its own; KF__ISA_BYTES, of a register; and KF__ISA_TARGET. The
 * numbers are the same with all of them. */

typedef int8_t KF__ISA(ranks) __attribute__((vector_size(KF__ISA_BYTES)));
typedef uint8_t KF__ISA(leaves) __attribute__((vector_size(KF__ISA_BYTES)));

KF__ISA_TARGET static void KF__ISA(climb)(
    const kf_plan_step *steps, size_t count, const int8_t *columns, uint8_t *leaves)
{
    enum { PARTS = KF__PLAN_ROWS / KF__ISA_BYTES };
    KF__ISA(leaves) slots[KF__PLAN_SLOTS][PARTS];
    memset(slots[0], 0, sizeof slots[0]);
    for (const kf_plan_step *step = steps; step < steps + count; step++) {
        const KF__ISA(ranks) *column =
            (const KF__ISA(ranks) *)(columns + (size_t)step->column * KF__PLAN_ROWS);
        KF__ISA(ranks) rank = (KF__ISA(ranks)){0} + step->rank;
        KF__ISA(leaves) skip = (KF__ISA(leaves)){0} + step->skip;
        for (int i = 0; i < PARTS; i++) {
            KF__ISA(leaves) past = (KF__ISA(leaves))(column[i] > rank);
            KF__ISA(leaves) left = slots[step->left][i];
            KF__ISA(leaves) right = slots[step->right][i] + skip;
            slots[step->out][i] = left ^ ((left ^ right) & past);
        }
    }
    memcpy(leaves, slots[count > 0], KF__PLAN_ROWS);
}

/* By halving, all rows together: what a comparison decides is added, not jumped at. */
#define KF__DEFINE_RANK(name, type)                                                    \
    KF__ISA_TARGET static void KF__ISA(name)(const type *restrict thresholds,          \
        uint32_t size, const type *restrict numbers, uint32_t *restrict ranks)         \
    {                                                                                  \
        for (int i = 0; i < KF__PLAN_ROWS; i++)                                        \
            ranks[i] = 0;                                                              \
        for (uint32_t half = size / 2; half > 0; half /= 2)                            \
            for (int i = 0; i < KF__PLAN_ROWS; i++)                                    \
                ranks[i] +=                                                            \
                    half & -(uint32_t)(thresholds[ranks[i] + half - 1] <= numbers[i]); \
        for (int i = 0; i < KF__PLAN_ROWS; i++)                                        \
            ranks[i] += (uint32_t)(thresholds[ranks[i]] <= numbers[i]);                \
    }
KF__DEFINE_RANK(rank_floats, float)
KF__DEFINE_RANK(rank_doubles, double)
#undef KF__DEFINE_RANK

/* The numbers of one row, each among thresholds of its own, together. */
#define KF__DEFINE_SEARCH(name, type)                                                  \
    KF__ISA_TARGET static void KF__ISA(name)(const type *restrict thresholds,          \
        const type *restrict numbers, uint32_t *restrict at,                           \
        uint32_t *restrict halves, size_t count, uint32_t steps)                       \
    {                                                                                  \
        for (uint32_t step = 0; step < steps; step++)                                  \
            for (size_t i = 0; i < count; i++) {                                       \
                at[i] += halves[i] &                                                   \
                         -(uint32_t)(thresholds[at[i] + halves[i]] <= numbers[i]);     \
                halves[i] /= 2;                                                        \
            }                                                                          \
        for (size_t i = 0; i < count; i++)                                             \
            at[i] += (uint32_t)(thresholds[at[i] + 1] <= numbers[i]);                  \
    }
KF__DEFINE_SEARCH(search_floats, float)
KF__DEFINE_SEARCH(search_doubles, double)
#undef KF__DEFINE_SEARCH

KF__ISA_TARGET static void KF__ISA(put)(
    const uint32_t *restrict ranks, int32_t base, int8_t *restrict column)
{
    for (int i = 0; i < KF__PLAN_ROWS; i++) {
        int32_t rank = (int32_t)ranks[i] - base;
        rank = rank < 0 ? 0 : rank;
        rank = rank > KF__PLAN_CHUNK ? KF__PLAN_CHUNK : rank;
        column[i] = (int8_t)(rank - 128);
    }
}

static const kf_plan_kernels KF__ISA(kernels) = {
    .climb = KF__ISA(climb),
    .rank_floats = KF__ISA(rank_floats),
    .rank_doubles = KF__ISA(rank_doubles),
    .search_floats = KF__ISA(search_floats),
    .search_doubles = KF__ISA(search_doubles),
    .put = KF__ISA(put),
};

#undef KF__ISA
#undef KF__ISA_BYTES
#undef KF__ISA_TARGET
