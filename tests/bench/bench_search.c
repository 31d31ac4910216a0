/* SPDX-License-Identifier: Apache-2.0 */
/* bench_search ALGORITHM TRIALS [known]: the cost of one ask when a study of five parameters
 * has that many trials, asked and told, or known from elsewhere; prints JSON: the median
 * of some asks in ms, peak resident memory in MB. */
#include "bench.h"

#define AXES 5
#define ASKS 51

/* A bowl, not aligned with the axes. */
static double loss(const double *point)
{
    double sum = 0;
    for (int i = 0; i < AXES; i++) {
        double x = point[i] - 0.3 + 0.5 * (point[(i + 1) % AXES] - 0.6);
        sum += x * x * (i + 1);
    }
    return sum;
}

static kf_status make(const char *algorithm, kf_study **out)
{
    static const char *const names[AXES] = {"a", "b", "c", "d", "e"};
    kf_space *space;
    kf_status status = kf_space_new(&space);
    if (status != KF_OK)
        return status;
    for (int i = 0; status == KF_OK && i < AXES; i++)
        status = kf_space_add_double(space, names[i], 0, 1, 0, KF_UNIFORM);
    if (status == KF_OK)
        status = kf_study_new(space,
            KF_OPTIONS(kf_study_options, .algorithm = algorithm, .seed = 1), out);
    kf_space_free(space);
    return status;
}

static kf_status ask(kf_study *study, double *ms)
{
    int64_t number;
    double start = bench_now();
    kf_status status = kf_study_ask(study, &number);
    *ms = (bench_now() - start) * 1000;
    if (status == KF_OK)
        status =
            kf_study_tell(study, number, loss(kf_study_trial(study, number)->point));
    return status;
}

/* The trials of a random search, added to the study. */
static kf_status know(kf_study *study, int count)
{
    kf_study *random = NULL;
    double ms;
    kf_status status = make("random", &random);
    for (int i = 0; status == KF_OK && i < count; i++) {
        status = ask(random, &ms);
        const kf_trial *trial = kf_study_trial(random, i);
        if (status == KF_OK)
            status =
                kf_study_add(study, trial->params, trial->state, trial->values, NULL);
    }
    kf_study_free(random);
    return status;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const char *algorithm = argc > 1 ? argv[1] : "random";
    int count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 100;
    bool known = argc > 3;
    double ms[ASKS] = {0};
    kf_study *study = NULL;
    kf_status status = make(algorithm, &study);
    if (status == KF_OK && known)
        status = know(study, count);
    for (int i = 0; status == KF_OK && !known && i < count; i++)
        status = ask(study, &ms[0]);
    for (int i = 0; status == KF_OK && i < ASKS; i++)
        status = ask(study, &ms[i]);
    qsort(ms, ASKS, sizeof *ms, compare);
    if (status == KF_OK)
        printf("{\"ms\": %.5f, \"peak_mb\": %.1f}\n", ms[ASKS / 2], bench_peak_mb());
    kf_study_free(study);
    return bench_end(status);
}
