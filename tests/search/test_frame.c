/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "base/mem.h"
#include "search/frame.h"

static kf_space *space;
static kf_frame *frame;
static double scratch[4 * 12];

/* x and y are continuous, n is ordered, c categorical. */
static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 0, 9, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "y", 0, 1, 0, KF_UNIFORM));
    add_categorical(space, "c", "[1, 2, 3]");
    ck_ok(kf__frame_new(space, &frame));
}

static void teardown(void)
{
    kf__frame_free(frame);
    kf_space_free(space);
}

START_TEST(whole_space)
{
    double point[] = {0.2, 0.55, 0.9, 2}, model[4];
    kf__frame_in(frame, point, model);
    for (int k = 0; k < 4; k++)
        ck_assert_double_eq_tol(model[k], point[k], 1e-15);
}
END_TEST

static void set_box(void)
{
    frame->middle[0] = 0.4;
    frame->width[0] = 0.2;
    frame->middle[1] = 0.55;
    frame->width[1] = 0.3;
    frame->middle[2] = 0.7;
    frame->width[2] = 0.2;
}

START_TEST(box)
{
    double point[] = {0.5, 0.85, 0.65, 1}, model[4], back[] = {-1, -1, -1, -1};
    set_box();
    kf__frame_in(frame, point, model);
    ck_assert_double_eq_tol(model[0], 1, 1e-14);
    ck_assert_double_eq_tol(model[1], 1.5, 1e-14);
    ck_assert_double_eq_tol(model[2], 0.25, 1e-14);
    ck_assert_double_eq(model[3], 1);
    kf__frame_out(frame, model, back);
    ck_assert_double_eq_tol(back[0], 0.5, 1e-14);
    ck_assert_double_eq(back[1], -1); /* Not turned, so not touched. */
    ck_assert_double_eq_tol(back[2], 0.65, 1e-14);
    ck_assert_double_eq(back[3], -1);
    model[0] = 9;
    kf__frame_out(frame, model, back);
    ck_assert_double_eq(back[0], 1); /* Not outside of the space. */
}
END_TEST

/* (x + y)² steep, (x - y)² a 25th as steep: sides along the diagonals, 1 to 5. */
static void turn(void)
{
    double hessian[16] = {0};
    hessian[0] = hessian[10] = 26;
    hessian[2] = hessian[8] = 24;
    hessian[1] = hessian[4] = 5; /* Of n there is nothing to turn. */
    kf__frame_turn(frame, hessian, scratch);
}

START_TEST(turned)
{
    set_box();
    turn();
    double long_side[] = {0.4 + 0.1 / sqrt(2), 0.55, 0.7 - 0.1 / sqrt(2), 0};
    double short_side[] = {0.4 + 0.02 / sqrt(2), 0.55, 0.7 + 0.02 / sqrt(2), 0};
    double model[4];
    const double *sides[] = {long_side, short_side};
    for (int s = 0; s < 2; s++) {
        kf__frame_in(frame, sides[s], model);
        double x = fabs(model[0] - 0.5), y = fabs(model[2] - 0.5);
        ck_assert_double_eq_tol(fmax(x, y), 0.5, 1e-12); /* In the middle of a face. */
        ck_assert_double_eq_tol(fmin(x, y), 0, 1e-12);
        ck_assert_double_eq_tol(model[1], 0.5, 1e-12);
        double back[4];
        kf__frame_out(frame, model, back);
        ck_assert_double_eq_tol(back[0], sides[s][0], 1e-12);
        ck_assert_double_eq_tol(back[2], sides[s][2], 1e-12);
    }
}
END_TEST

/* A box that is turned once is a tenth as wide as it is long, at least. */
START_TEST(narrowest)
{
    double hessian[16] = {[0] = 1e6, [10] = 1}, model[4];
    kf__frame_turn(frame, hessian, scratch);
    kf__frame_in(frame, (double[]){0.55, 0.5, 1, 0}, model);
    ck_assert_double_eq_tol(fabs(model[0] - 0.5), 0.5, 1e-12);
    ck_assert_double_eq_tol(fabs(model[2] - 0.5), 0.5, 1e-12);
    double nothing[16] = {0}, nan[16] = {NAN}, before = frame->shape[0];
    kf__frame_turn(frame, nothing, scratch);
    kf__frame_turn(frame, nan, scratch);
    ck_assert_double_eq(frame->shape[0], before);
}
END_TEST

/* Of x² + 3 y (in the space), by coordinates of the model and back. */
START_TEST(slopes)
{
    set_box();
    turn();
    double model[] = {0.3, 0.5, 0.8, 0}, point[] = {0, 0.55, 0, 0}, gradient[4] = {0};
    const double h = 1e-6;
    kf__frame_out(frame, model, point);
    /* By coordinates of the model that know of no edge. */
    for (int k = 0; k < 4; k += 2)
        for (int l = 0; l < 4; l += 2)
            gradient[k] +=
                (l == 0 ? 2 * point[0] : 3) * frame->width[l] * frame->shape[l * 4 + k];
    double expected[] = {gradient[0], gradient[2]};
    kf__frame_slope(frame, point, gradient);
    ck_assert_double_eq_tol(gradient[0], expected[0], 1e-12);
    ck_assert_double_eq_tol(gradient[2], expected[1], 1e-12);
    for (int k = 0; k < 4; k += 2) {
        double value[2];
        for (int side = 0; side < 2; side++) {
            double at = model[k], moved[4];
            model[k] = at + (side == 0 ? -h : h);
            kf__frame_out(frame, model, moved);
            value[side] = moved[0] * moved[0] + 3 * moved[2];
            model[k] = at;
        }
        ck_assert_double_eq_tol(gradient[k], (value[1] - value[0]) / (2 * h), 1e-8);
    }
}
END_TEST

/* On the edge of the space y does not move: a step along either side moves x alone. */
START_TEST(slopes_on_the_edge)
{
    turn();
    double gradient[] = {1, 0, 2, 0}, point[] = {0.5, 0.55, 1, 0};
    double by_x = frame->inverse[0] * 1 + frame->inverse[8] * 2;
    kf__frame_slope(frame, point, gradient);
    ck_assert_double_eq_tol(gradient[0], frame->shape[0] * by_x, 1e-12);
    ck_assert_double_eq_tol(gradient[2], frame->shape[2] * by_x, 1e-12);
}
END_TEST

/* What may not be there is never turned. */
START_TEST(conditions)
{
    kf_frame *other;
    ck_ok(kf_space_add_double(space, "z", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "z", "c", "[2]");
    ck_ok(kf__frame_new(space, &other));
    for (int k = 0; k < 5; k++)
        ck_assert(!other->turned[k]);
    double point[] = {0.2, 0.55, 0.9, 2, NAN}, model[5];
    kf__frame_in(other, point, model);
    ck_assert_double_eq_tol(model[0], 0.2, 1e-15);
    ck_assert_double_eq(model[4], KF__FRAME_INACTIVE);
    kf__frame_free(other);
}
END_TEST

static kf_status make(void)
{
    kf_frame *made = NULL;
    kf_status status = kf__frame_new(space, &made);
    if (status == KF_OK)
        kf__frame_free(made);
    return status;
}

START_TEST(no_memory)
{
    ck_survives_nomem(make());
}
END_TEST

KF_TEST_MAIN_WITH("frame", setup, teardown, whole_space, box, turned, narrowest, slopes,
    slopes_on_the_edge, conditions, no_memory)
