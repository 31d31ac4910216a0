/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "search/normal.h"
#include "search/random.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
}

START_TEST(continuous)
{
    ck_ok(kf_space_add_double(space, "x", -2, 6, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "rate", 1e-4, 1, 0, KF_LOG_UNIFORM));
    ck_assert_double_eq(kf__space_number(space, 0, 0), -2);
    ck_assert_double_eq(kf__space_number(space, 0, 0.25), 0);
    ck_assert_double_eq(kf__space_number(space, 0, 1), 6);
    ck_assert_double_eq_tol(kf__space_number(space, 1, 0.25), 1e-3, 1e-15);
    ck_assert_double_eq_tol(kf__space_number(space, 1, 0), 1e-4, 1e-18);
    ck_assert_double_eq_tol(kf__space_number(space, 1, 1), 1, 1e-15);
}
END_TEST

/* Katib's normal: mean (min + max) / 2, deviation a sixth of the range, here truncated. */
START_TEST(normal)
{
    ck_ok(kf_space_add_double(space, "x", -3, 3, 0, KF_NORMAL));
    ck_ok(kf_space_add_double(space, "y", 1, exp(6), 0, KF_LOG_NORMAL));
    double inside = kf__normal_cdf(3) - kf__normal_cdf(-3);
    for (double z = -3; z <= 3; z += 0.5) {
        double u = (kf__normal_cdf(z) - kf__normal_cdf(-3)) / inside;
        ck_assert_double_eq_tol(kf__space_number(space, 0, u), z, 1e-12);
        ck_assert_double_eq_tol(log(kf__space_number(space, 1, u)), z + 3, 1e-12);
    }
}
END_TEST

/* Every value of an ordered axis has its share of the coordinates. */
START_TEST(ordered)
{
    ck_ok(kf_space_add_int(space, "n", 1, 4, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "w", 1, 4, 0, KF_LOG_UNIFORM));
    add_discrete(space, "b", "[64, \"16\", 32]");
    double low, high;
    for (int64_t level = 0; level < 4; level++) {
        double middle = kf__space_level_coordinate(space, 0, level);
        ck_assert_double_eq_tol(middle, ((double)level + 0.5) / 4, 1e-15);
        ck_assert_double_eq(kf__space_number(space, 0, middle), (double)level + 1);
        middle = kf__space_level_coordinate(space, 1, level);
        kf__space_cell(space, 1, middle, &low, &high);
        double edge = level == 0 ? 0.5 : (double)level + 0.5;
        ck_assert_double_eq_tol(low, (log(edge) - log(0.5)) / log(9), 1e-14);
        ck_assert_double_eq_tol(
            high, (log((double)level + 1.5) - log(0.5)) / log(9), 1e-14);
        ck_assert_int_eq(kf__space_level(space, 1, low + 1e-9), level);
        ck_assert_int_eq(kf__space_level(space, 1, high - 1e-9), level);
    }
    ck_assert_double_eq(kf__space_number(space, 2, 0.1), 16);
    ck_assert_double_eq(kf__space_number(space, 2, 0.5), 32);
    ck_assert_double_eq(kf__space_number(space, 2, 0.99), 64);
    ck_assert_double_eq(kf__space_snap(space, 2, 0.4), 0.5);
}
END_TEST

START_TEST(steps_as_people_write_them)
{
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0.1, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "y", 0.05, 0.5, 0.2, KF_UNIFORM));
    static const double tenths[] = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};
    for (int64_t i = 0; i < 11; i++)
        ck_assert(kf__space_number(space, 0, kf__space_level_coordinate(space, 0, i)) ==
                  tenths[i]);
    ck_assert_int_eq(kf_space_axis(space, 1)->levels, 3);
    ck_assert(kf__space_number(space, 1, 1) == 0.45);
}
END_TEST

static double coordinate_of(size_t index, const char *text)
{
    double out;
    kf_value *value = json(text);
    ck_ok(kf__space_coordinate(space, index, value, &out));
    kf_value_free(value);
    return out;
}

static void refused(size_t index, const char *text, kf_status status, const char *why)
{
    double out;
    kf_value *value = json(text);
    ck_fails(kf__space_coordinate(space, index, value, &out), status, why);
    kf_value_free(value);
}

START_TEST(from_values)
{
    ck_ok(kf_space_add_double(space, "x", 0, 10, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 2, 8, 2, KF_UNIFORM));
    add_categorical(space, "c", "[\"a\", true, null]");
    ck_assert_double_eq_tol(coordinate_of(0, "2.5"), 0.25, 1e-15);
    ck_assert_double_eq_tol(coordinate_of(0, "\"2.5\""), 0.25, 1e-15);
    ck_assert_double_eq_tol(coordinate_of(1, "4"), 0.375, 1e-15);
    ck_assert_double_eq(coordinate_of(2, "null"), 2);
    refused(0, "11", KF_EINVAL, "from 0 to 10");
    refused(0, "\"one\"", KF_ETYPE, "number");
    refused(1, "3", KF_EINVAL, "multiple of 2");
    refused(1, "2.5", KF_EINVAL, "integer");
    refused(2, "\"b\"", KF_EINVAL, "[\"a\", true, null]");
}
END_TEST

/* What a coordinate stands for stands for that coordinate, on every kind of axis. */
START_TEST(there_and_back)
{
    ck_ok(kf_space_add_double(space, "a", -1, 5, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "b", 1e-6, 10, 0, KF_LOG_UNIFORM));
    ck_ok(kf_space_add_double(space, "c", -1, 5, 0, KF_NORMAL));
    ck_ok(kf_space_add_double(space, "d", 1e-6, 10, 0, KF_LOG_NORMAL));
    ck_ok(kf_space_add_double(space, "e", 0.5, 7, 0.25, KF_LOG_NORMAL));
    ck_ok(kf_space_add_int(space, "f", -5, 50, 3, KF_NORMAL));
    ck_ok(kf_space_add_int(space, "g", 1, 1000000, 0, KF_LOG_UNIFORM));
    add_discrete(space, "h", "[0.1, 0.2, 7]");
    add_categorical(space, "i", "[\"x\", \"y\", \"z\"]");
    ck_ok(kf_space_add_double(space, "j", 3, 3, 0, KF_LOG_UNIFORM));
    kf_random random = kf__random(5, 0);
    for (size_t axis = 0; axis < kf_space_count(space); axis++) {
        for (int i = 0; i < 200; i++) {
            kf_tree tree = KF__TREE_INIT;
            double back, u = kf__random_uniform(&random);
            if (kf_space_axis(space, axis)->kind == KF_AXIS_CATEGORICAL)
                u = floor(u * 3);
            double snapped = kf__space_snap(space, axis, u);
            kf_value *value = kf__space_value(space, axis, snapped, &tree);
            ck_ok(kf__space_coordinate(space, axis, value, &back));
            ck_assert_double_eq_tol(back, snapped, 1e-9);
            kf__tree_finish(&tree);
        }
    }
}
END_TEST

static void point_fails(
    const char *params, bool whole, kf_status status, const char *message)
{
    double point[3];
    kf_value *value = json(params);
    ck_fails(kf__space_point(space, value, whole, point), status, message);
    kf_value_free(value);
}

START_TEST(points)
{
    add_categorical(space, "model", "[\"tree\", \"net\"]");
    ck_ok(kf_space_add_int(space, "depth", 1, 9, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "rate", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "depth", "model", "[\"tree\"]");
    double point[3];
    kf_value *params = json("{\"model\": \"net\", \"rate\": 0.5}");
    ck_ok(kf__space_point(space, params, true, point));
    ck_assert_double_eq(point[0], 1);
    ck_assert(isnan(point[1]));
    ck_assert_double_eq(point[2], 0.5);
    kf_tree tree = KF__TREE_INIT;
    ck_assert(kf_value_equal(kf__space_params(space, point, &tree), params));
    kf__tree_finish(&tree);
    kf_value_free(params);
    params = json("{\"depth\": 9}");
    ck_ok(kf__space_point(space, params, false, point));
    ck_assert(isnan(point[0]) && isnan(point[2]));
    ck_assert_double_eq_tol(point[1], 8.5 / 9, 1e-15);
    kf_value_free(params);
    point_fails("{\"ratte\": 1}", false, KF_ENOENT, "did you mean 'rate'?");
    point_fails("{\"model\": \"tree\", \"rate\": 1}", true, KF_EMISSING, "'depth'");
    point_fails("{\"model\": \"net\", \"rate\": 1, \"depth\": 2}", true, KF_EINVAL,
        "no parameter where 'model'");
}
END_TEST

KF_TEST_MAIN_WITH("space_value", setup, teardown, continuous, normal, ordered,
    steps_as_people_write_them, from_values, there_and_back, points)
