/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

#include "base/mem.h"
#include "search/acquire.h"

static kf_space *space;
static kf_study *study;
static kf_gp *gp;
static kf_ask question;
static double low[3] = {0, 0, 0}, high[3] = {1, 1, 3};
static kf_frame *frame;

static double loss_of(const double *point)
{
    double x = point[0] - 0.62, y = point[1] - 0.35;
    return 4 * x * x + 3 * y * y + x * y + (point[2] == 2 ? 0 : 0.5);
}

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 0, 39, 0, KF_UNIFORM));
    add_categorical(space, "c", "[\"a\", \"b\", \"c\", \"d\"]");
    study = new_study(space, "random", "{}");
    ck_ok(kf__frame_new(space, &frame));
    ck_ok(kf__gp_new(3, 40, &gp));
    gp->categorical[2] = true;
    for (int i = 0; i < 36; i++) {
        const double *point = kf_study_trial(study, ask(study))->point;
        kf__gp_add(gp, point, loss_of(point));
    }
    double start[6];
    kf__gp_default(gp, start);
    ck_ok(kf__gp_fit(gp, start, 1, 60));
    ck_assert(kf__gp_condition(gp));
    question = kf__ask_start(study, &study->settings, 1000);
}

static void teardown(void)
{
    kf__gp_free(gp);
    kf__frame_free(frame);
    kf_study_free(study);
    kf_space_free(space);
}

static kf_acquire options_of(kf_gain gain)
{
    return (kf_acquire){.gp = gp,
        .space = space,
        .gain = gain,
        .best = 0.05,
        .kappa = 0,
        .low = low,
        .high = high,
        .frame = frame,
        .candidates = 128,
        .starts = 4,
        .most_evaluations = 50};
}

static double gain_at(const kf_acquire *options, const double *point)
{
    double scratch[4 * 40];
    kf_guess guess = kf__gp_guess(gp, point, scratch, NULL, NULL);
    return kf__gain(options->gain, guess.mean, sqrt(fmax(guess.variance, 1e-24)),
        options->best, options->kappa)
        .value;
}

/* Nothing on a fine grid over all axes is better. */
START_TEST(best_there_is)
{
    static const kf_gain gains[] = {KF__GAIN_EI, KF__GAIN_PI, KF__GAIN_LCB};
    for (size_t g = 0; g < 3; g++) {
        kf_acquire options = options_of(gains[g]);
        double found[3], incumbent[] = {0.5, 0.5125, 0};
        ck_ok(kf__acquire(&options, &question, incumbent, 1, found));
        ck_assert_double_eq(kf_ask_snap(&question, 1, found[1]), found[1]);
        double most = -INFINITY;
        for (int x = 0; x <= 200; x++)
            for (int n = 0; n < 40; n++)
                for (int c = 0; c < 4; c++)
                    most = fmax(most,
                        gain_at(&options, (double[]){x / 200.0, (n + 0.5) / 40, c}));
        ck_assert_double_ge(gain_at(&options, found), most - 1e-3 * fabs(most) - 1e-3);
    }
}
END_TEST

/* The mean is lowest where the function is. */
START_TEST(lowest_mean)
{
    kf_acquire options = options_of(KF__GAIN_LCB);
    double found[3];
    ck_ok(kf__acquire(&options, &question, NULL, 0, found));
    ck_assert_double_eq_tol(found[0], 0.62, 0.05);
    ck_assert_double_eq_tol(found[1], 0.35, 0.06);
    ck_assert_double_eq(found[2], 2);
}
END_TEST

START_TEST(within_the_box)
{
    double part_low[] = {0, 0.7, 0}, part_high[] = {1, 0.9, 3};
    kf_acquire options = options_of(KF__GAIN_EI);
    frame->middle[0] = 0.2; /* The model is of another box, but it is one. */
    frame->width[0] = 0.2;
    options.low = part_low;
    options.high = part_high;
    double found[3];
    ck_ok(kf__acquire(&options, &question, NULL, 0, found));
    ck_assert(found[0] >= 0.1 && found[0] <= 0.3);
    ck_assert(found[1] >= 0.7 && found[1] <= 0.9);
}
END_TEST

/* Comparing many points finds none that is better than descents do. */
START_TEST(sampling)
{
    kf_acquire options = options_of(KF__GAIN_EI);
    double descended[3], sampled[3];
    ck_ok(kf__acquire(&options, &question, NULL, 0, descended));
    options.sampling = true;
    ck_ok(kf__acquire(&options, &question, NULL, 0, sampled));
    ck_assert_double_lt(gain_at(&options, sampled), gain_at(&options, descended));
}
END_TEST

START_TEST(no_memory)
{
    kf_acquire options = options_of(KF__GAIN_EI);
    double found[3], incumbent[] = {0.5, 0.5125, 0};
    ck_survives_nomem(kf__acquire(&options, &question, incumbent, 1, found));
}
END_TEST

KF_TEST_MAIN_WITH("acquire", setup, teardown, best_there_is, lowest_mean,
    within_the_box, sampling, no_memory)
