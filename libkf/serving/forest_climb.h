/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: the body of forest_climb.c, once for each width of registers. Needs
 * KF__CLIMB (a name), KF__CLIMB_BYTES (of a register) and KF__CLIMB_TARGET. */

#define KF__JOIN2(a, b) a##b
#define KF__JOIN(a, b) KF__JOIN2(a, b)
#define KF__SIGNED KF__JOIN(KF__CLIMB, _signed)
#define KF__BYTES KF__JOIN(KF__CLIMB, _bytes)

typedef int8_t KF__SIGNED __attribute__((vector_size(KF__CLIMB_BYTES)));
typedef uint8_t KF__BYTES __attribute__((vector_size(KF__CLIMB_BYTES)));

KF__CLIMB_TARGET static void KF__CLIMB(
    const kf_plan_step *steps, size_t count, const int8_t *columns, uint8_t *leaves)
{
    enum { PARTS = KF__PLAN_ROWS / KF__CLIMB_BYTES };
    KF__BYTES slots[KF__PLAN_SLOTS][PARTS];
    memset(slots[0], 0, sizeof slots[0]);
    for (const kf_plan_step *step = steps; step < steps + count; step++) {
        const KF__SIGNED *column =
            (const KF__SIGNED *)(columns + (size_t)step->column * KF__PLAN_ROWS);
        KF__SIGNED rank = (KF__SIGNED){0} + step->rank;
        KF__BYTES skip = (KF__BYTES){0} + step->skip;
        for (int i = 0; i < PARTS; i++) {
            KF__BYTES past = (KF__BYTES)(column[i] > rank);
            KF__BYTES left = slots[step->left][i];
            KF__BYTES right = slots[step->right][i] + skip;
            slots[step->out][i] = left ^ ((left ^ right) & past);
        }
    }
    memcpy(leaves, slots[count > 0], KF__PLAN_ROWS);
}

#undef KF__CLIMB
#undef KF__CLIMB_BYTES
#undef KF__CLIMB_TARGET
#undef KF__JOIN2
#undef KF__JOIN
#undef KF__SIGNED
#undef KF__BYTES
