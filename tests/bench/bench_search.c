/* SPDX-License-Identifier: Apache-2.0 */
/* What an ask costs: bench_search ALGORITHM TRIALS [AXES [ASKS]] prints, as JSON,
 * milliseconds of the processor for one ask at so many trials, and the peak of memory. */
#include "bench.h"

#define MOST_AXES 64
#define MOST_ASKS 1000

static void check(kf_status status)
{
    if (status == KF_OK)
        return;
    fprintf(stderr, "%s\n", kf_last_error()->message);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Rotated and bent a little, so that it is no work of a few trials to solve it. */
static double loss_of(const kf_trial *trial, int axes)
{
    double sum = 0;
    for (int k = 0; k + 1 < axes; k++) {
        double x = trial->point[k] - 0.3, y = trial->point[k + 1] - 0.4;
        sum += 100 * (y - x * x) * (y - x * x) + x * x;
    }
    return sum;
}

static kf_study *new_study(const char *algorithm, int axes)
{
    kf_space *space;
    kf_study *study;
    check(kf_space_new(&space));
    for (int k = 0; k < axes; k++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", k);
        check(kf_space_add_double(space, name, 0, 1, 0, KF_UNIFORM));
    }
    kf_study_options options = {
        .size = sizeof options, .algorithm = algorithm, .seed = 1};
    check(kf_study_new(space, &options, &study));
    kf_space_free(space);
    return study;
}

/* Trials known from elsewhere: points of a random search about the best one. */
static void fill(kf_study *study, int axes, int trials)
{
    uint64_t state = 1;
    for (int i = 0; i < trials; i++) {
        kf_value *params;
        kf_trial trial = {0};
        double point[MOST_AXES];
        check(kf_value_new(KF_KIND_STRUCT, &params));
        for (int k = 0; k < axes; k++) {
            char name[16];
            state = state * 6364136223846793005u + 1442695040888963407u;
            double uniform = (double)(state >> 11) * 0x1p-53;
            point[k] = i % 2 == 0 ? uniform : 0.3 + 0.1 * uniform;
            snprintf(name, sizeof name, "x%d", k);
            check(kf_value_set_double(params, name, point[k]));
        }
        trial.point = point;
        double loss = loss_of(&trial, axes);
        check(kf_study_add(study, params, KF_TRIAL_SUCCEEDED, &loss, NULL));
        kf_value_free(params);
    }
}

static int number_of(int argc, char **argv, int at, int fallback, int most)
{
    long number = argc > at ? strtol(argv[at], NULL, 10) : fallback;
    return (int)(number < 1 ? 1 : number > most ? most : number);
}

int main(int argc, char **argv)
{
    const char *algorithm = argc > 1 ? argv[1] : "auto";
    int trials = number_of(argc, argv, 2, 100, 1000000);
    int axes = number_of(argc, argv, 3, 5, MOST_AXES);
    int asks = number_of(argc, argv, 4, 20, MOST_ASKS);
    double times[MOST_ASKS];
    kf_study *study = new_study(algorithm, axes);
    fill(study, axes, trials);
    for (int i = 0; i < asks; i++) {
        int64_t number;
        double started = now();
        check(kf_study_ask(study, &number));
        times[i] = now() - started;
        check(
            kf_study_tell(study, number, loss_of(kf_study_trial(study, number), axes)));
    }
    double sum = 0;
    for (int i = 0; i < asks; i++)
        sum += times[i];
    qsort(times, (size_t)asks, sizeof *times, ascending);
    printf("{\"mean_ms\": %.4f, \"median_ms\": %.4f, \"largest_ms\": %.4f, "
           "\"peak_mb\": %.1f}\n",
        sum / asks, times[asks / 2], times[asks - 1], bench_peak_mb());
    kf_study_free(study);
    return 0;
}
