/* SPDX-License-Identifier: Apache-2.0 */
/* Searching from C, the twin of examples/python/ask_and_tell.py: how to descend into Rosenbrock's
 * valley. Trials that do worse than the others are stopped early; the study is kept in the store,
 * and goes on there with more trials.
 *     cc ask_and_tell.c -o ask_and_tell $(pkg-config --cflags --libs libkf) && ./ask_and_tell 40 */
#include <kf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
enum { STEPS = 200, REPORTS = 10 };

static double number(const kf_trial *trial, const char *name)
{
    return kf_value_double(kf_value_get(trial->params, name)); /* 0 where it has none. */
}

/* Gradient descent with the trial's parameters; it reports on the way, and may be stopped. */
static kf_status descend(kf_study *study, int64_t id)
{
    const kf_trial *trial = kf_study_trial(study, id);
    double rate = number(trial, "rate"), momentum = number(trial, "momentum");
    double x = -1.2, y = 1, vx = 0, vy = 0, loss = INFINITY;
    for (int step = 1; step <= STEPS; step++) {
        double slope = y - x * x;
        vx = momentum * vx - rate * (-400 * x * slope - 2 * (1 - x));
        vy = momentum * vy - rate * (200 * slope);
        x += vx;
        y += vy;
        loss = 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x);
        bool stop = false;
        if (!isfinite(loss))
            return kf_study_tell_state(study, id, KF_TRIAL_FAILED, "it diverged");
        if (step % (STEPS / REPORTS) == 0 && kf_study_report(study, id, step, loss, &stop))
            return kf_last_error()->code;
        if (stop)
            return kf_study_tell_state(study, id, KF_TRIAL_EARLY_STOPPED, NULL);
    }
    return kf_study_tell(study, id, loss);
}

static kf_status make_space(kf_space **out)
{
    kf_value *methods = NULL, *heavy = NULL;
    kf_status status = kf_space_new(out);
    if (!status)
        status = kf_value_parse("[\"plain\", \"heavy\"]", 18, &methods);
    if (!status)
        status = kf_value_parse("[\"heavy\"]", 9, &heavy);
    if (!status)
        status = kf_space_add_double(*out, "rate", 1e-6, 1e-1, 0, KF_LOG_UNIFORM);
    if (!status)
        status = kf_space_add_categorical(*out, "method", methods);
    if (!status)
        status = kf_space_add_double(*out, "momentum", 0.1, 0.99, 0, KF_UNIFORM);
    if (!status) /* Only a heavy ball has momentum. */
        status = kf_space_set_condition(*out, "momentum", "method", heavy);
    kf_value_free(methods);
    kf_value_free(heavy);
    return status;
}

int main(int argc, char **argv)
{
    const char *const objective = "loss";
    int trials = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 40, counts[6] = {0};
    kf_store *store = NULL;
    kf_space *space = NULL;
    kf_study *study = NULL;
    kf_value *importance = NULL;
    int failed = kf_store_open(NULL, &store) || make_space(&space) ||
        kf_study_new(space, KF_OPTIONS(kf_study_options, .objectives = &objective,
            .objective_count = 1, .algorithm = "tpe", .early_stopping = "medianstop", .seed = 1,
            .store = store, .name = "valley"), &study);
    while (!failed && kf_study_trial_count(study) < (size_t)trials) {
        int64_t id;
        failed = kf_study_ask(study, &id) || descend(study, id);
    }
    if (failed || kf_study_importance(study, &importance)) {
        fprintf(stderr, "%s\n", kf_last_error()->message);
        return 1;
    }
    for (int64_t i = 0; i < trials; i++)
        counts[kf_study_trial(study, i)->state]++;
    const kf_trial *best = kf_study_best(study);
    printf("%d trials: %d went to the end, %d were stopped early, %d diverged\n", trials,
        counts[KF_TRIAL_SUCCEEDED], counts[KF_TRIAL_EARLY_STOPPED], counts[KF_TRIAL_FAILED]);
    printf("the best is trial %lld: %s, loss %.3f\n", (long long)best->number,
        kf_value_string(kf_value_get(best->params, "method")), best->values[0]);
    for (size_t i = 0; i < kf_value_length(importance); i++)
        printf("  %-8s matters by %2.0f %%\n", kf_value_key(importance, i),
            100 * kf_value_double(kf_value_at(importance, i)));
    kf_value_free(importance);
    kf_study_free(study);
    kf_space_free(space);
    kf_store_free(store);
    return 0;
}
