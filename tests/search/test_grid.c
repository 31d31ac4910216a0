/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

#include "base/mem.h"
#include "search/grid.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
}

static kf_grid *new_grid(void)
{
    kf_grid *grid = NULL;
    ck_ok(kf__grid_new(space, &grid));
    return grid;
}

START_TEST(digits)
{
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0.5, KF_UNIFORM));
    add_categorical(space, "kind", "[\"a\", \"b\"]");
    kf_grid *grid = new_grid();
    ck_assert_uint_eq(grid->total, 6);
    static const double known[6][2] = {
        {1 / 6.0, 0}, {0.5, 0}, {5 / 6.0, 0}, {1 / 6.0, 1}, {0.5, 1}, {5 / 6.0, 1}};
    for (uint64_t i = 0; i < 6; i++) {
        double point[2];
        kf__grid_point(grid, i, point);
        ck_assert_double_eq_tol(point[0], known[i][0], 1e-12);
        ck_assert_double_eq(point[1], known[i][1]);
        ck_assert_uint_eq(kf__grid_number(grid, point), i);
    }
    kf__grid_free(grid);
}
END_TEST

/* Two below one choice, one of them a choice itself with an integer below: of "b" there
 * are (1 + 3) × 2 combinations, of "c" 1 + 3, of "a" one; times 2 of what is free. */
START_TEST(conditions)
{
    add_categorical(space, "top", "[\"a\", \"b\", \"c\"]");
    add_categorical(space, "middle", "[\"p\", \"q\"]");
    ck_ok(kf_space_add_int(space, "free", 1, 2, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "low", 1, 3, 0, KF_LOG_UNIFORM));
    ck_ok(kf_space_add_int(space, "beside", 1, 2, 0, KF_UNIFORM));
    add_condition(space, "middle", "top", "[\"b\", \"c\"]");
    add_condition(space, "low", "middle", "[\"q\"]");
    add_condition(space, "beside", "top", "[\"b\"]");
    kf_grid *grid = new_grid();
    ck_assert_uint_eq(grid->total, 2 * (1 + (1 + 3) * 2 + (1 + 3)));
    double points[26][5];
    for (uint64_t i = 0; i < grid->total; i++) {
        kf__grid_point(grid, i, points[i]);
        ck_assert(isnan(points[i][1]) == (points[i][0] == 0));
        ck_assert(isnan(points[i][3]) == !(points[i][1] == 1));
        ck_assert(isnan(points[i][4]) == (points[i][0] != 1));
        ck_assert_uint_eq(kf__grid_number(grid, points[i]), i);
        for (uint64_t k = 0; k < i; k++) {
            bool same = true;
            for (int axis = 0; axis < 5; axis++)
                same = same && (points[i][axis] == points[k][axis] ||
                                   (isnan(points[i][axis]) && isnan(points[k][axis])));
            ck_assert(!same);
        }
    }
    kf__grid_free(grid);
}
END_TEST

START_TEST(refuses)
{
    kf_grid *grid;
    char name[] = "a";
    for (int i = 0; i < 2; i++, name[0]++)
        ck_ok(kf_space_add_int(space, name, 1, (int64_t)1 << 31, 0, KF_UNIFORM));
    ck_ok(kf__grid_new(space, &grid));
    ck_assert(grid->total == (uint64_t)1 << 62);
    double point[2];
    kf__grid_point(grid, grid->total - 1, point);
    ck_assert_uint_eq(kf__grid_number(grid, point), grid->total - 1);
    kf__grid_free(grid);
    ck_ok(kf_space_add_int(space, name, 1, 2, 0, KF_UNIFORM));
    ck_fails(kf__grid_new(space, &grid), KF_ELIMIT, "2^62");
    ck_ok(kf_space_add_double(space, "free", 0, 1, 0, KF_UNIFORM));
    ck_fails(kf__grid_new(space, &grid), KF_EUNSUPPORTED, "step for 'free'");
}
END_TEST

static kf_status make(void)
{
    kf_grid *grid = NULL;
    kf_status status = kf__grid_new(space, &grid);
    kf__grid_free(grid);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    add_categorical(space, "kind", "[\"a\", \"b\"]");
    ck_ok(kf_space_add_int(space, "n", 1, 3, 0, KF_UNIFORM));
    add_condition(space, "n", "kind", "[\"b\"]");
    ck_survives_nomem(make());
}
END_TEST

KF_TEST_MAIN_WITH(
    "grid", setup, teardown, digits, conditions, refuses, survives_lack_of_memory)
