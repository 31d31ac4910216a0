/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/controller.h"

static int operations[4];
static bool skips[16];
static const kf_architecture architecture = {operations, skips};

static kf_controller *new_controller(
    double temperature, double tanh_const, double spread)
{
    const kf_controller_shape shape = {4, 3, 5, temperature, tanh_const, 0.4};
    kf_random random = kf__random(3, 0);
    kf_controller *controller;
    size_t count;
    ck_ok(kf__controller_new(&shape, &random, &controller));
    double *weights = kf__controller_weights(controller, &count);
    for (size_t i = 0; i < count; i++)
        weights[i] = spread * kf__random_normal(&random);
    return controller;
}

static double loss(kf_controller *controller, double advantage, double skip_weight)
{
    kf_controller_score score = kf__controller_score_of(controller, &architecture);
    return -advantage * score.log_probability + skip_weight * score.skip_penalty;
}

/* Against differences of the loss. */
static void check_gradient(double temperature, double tanh_const)
{
    const double advantage = 0.7, skip_weight = 0.8, width = 1e-5;
    kf_controller *controller = new_controller(temperature, tanh_const, 0.5);
    kf_random random = kf__random(5, 0);
    size_t count;
    double *weights = kf__controller_weights(controller, &count);
    kf_architecture drawn = architecture;
    (void)kf__controller_sample(controller, &random, &drawn);
    kf__controller_train(controller, &architecture, advantage, skip_weight, 0);
    for (size_t i = 0; i < count; i++) {
        double weight = weights[i];
        weights[i] = weight + width;
        double above = loss(controller, advantage, skip_weight);
        weights[i] = weight - width;
        double below = loss(controller, advantage, skip_weight);
        weights[i] = weight;
        ck_assert_double_eq_tol(kf__controller_gradient(controller)[i],
            (above - below) / (2 * width), 1e-7);
    }
    kf__controller_free(controller);
}

START_TEST(gradient)
{
    check_gradient(5, 2.25);
    check_gradient(0, 0);
    check_gradient(0, 1.5);
}
END_TEST

/* The probabilities of all architectures add up to 1, and the score of a sample is what
 * it was drawn with. */
START_TEST(probabilities)
{
    const kf_controller_shape shape = {2, 3, 4, 1, 0, 0.4};
    kf_random random = kf__random(1, 0);
    kf_controller *controller;
    ck_ok(kf__controller_new(&shape, &random, &controller));
    double sum = 0;
    for (int i = 0; i < 18; i++) {
        operations[0] = i % 3;
        operations[1] = i / 3 % 3;
        skips[2] = i / 9;
        sum += exp(kf__controller_score_of(controller, &architecture).log_probability);
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    kf_architecture drawn = architecture;
    kf_controller_score a = kf__controller_sample(controller, &random, &drawn);
    kf_controller_score b = kf__controller_score_of(controller, &architecture);
    ck_assert_double_eq(a.log_probability, b.log_probability);
    ck_assert_double_eq(a.entropy, b.entropy);
    kf__controller_free(controller);
}
END_TEST

/* Rewarded for an operation in every layer, it comes to write that. */
START_TEST(learns)
{
    kf_controller *controller = new_controller(5, 2.25, 0.01);
    kf_random random = kf__random(9, 0);
    kf_architecture drawn = architecture;
    for (int i = 0; i < 600; i++) {
        (void)kf__controller_sample(controller, &random, &drawn);
        double reward = 0;
        for (int layer = 0; layer < 4; layer++)
            reward += operations[layer] == 1;
        kf__controller_train(controller, &architecture, reward - 2, 0, 0.005);
    }
    int right = 0;
    for (int i = 0; i < 50; i++) {
        (void)kf__controller_sample(controller, &random, &drawn);
        for (int layer = 0; layer < 4; layer++)
            right += operations[layer] == 1;
    }
    ck_assert_int_gt(right, 120); /* Of 200; by chance 67. */
    kf__controller_free(controller);
}
END_TEST

KF_TEST_MAIN("controller", gradient, probabilities, learns)
