/* SPDX-License-Identifier: Apache-2.0 */
#include "search/lbfgs.h"

#include <math.h>
#include <string.h>

#include "search/linalg.h"

#define PAIRS 8

/* The work memory: rows of `count`. */
typedef struct work {
    const kf_lbfgs *options;
    double *gradient, *trial, *trial_gradient, *direction;
    double *steps, *changes; /* PAIRS rows each, in a ring. */
    double curvature[PAIRS]; /* step · change of each pair. */
    int used, next;
    int evaluations;
} work;

size_t kf__lbfgs_memory(size_t count)
{
    return (4 + 2 * PAIRS) * count;
}

static double project(const kf_lbfgs *options, size_t i, double x)
{
    return fmin(fmax(x, options->low[i]), options->high[i]);
}

/* Whether a variable is at a bound that the gradient pushes it against. */
static bool is_held(const work *at, const double *x, size_t i)
{
    return (x[i] <= at->options->low[i] && at->gradient[i] > 0) ||
           (x[i] >= at->options->high[i] && at->gradient[i] < 0);
}

static double free_slope(const work *at, const double *x)
{
    double most = 0;
    for (size_t i = 0; i < at->options->count; i++)
        if (!is_held(at, x, i))
            most = fmax(most, fabs(at->gradient[i]));
    return most;
}

/* The two loops of Nocedal (1980), over the variables that are free. */
static void set_direction(work *at, const double *x)
{
    size_t count = at->options->count;
    double *d = at->direction, factors[PAIRS];
    for (size_t i = 0; i < count; i++)
        d[i] = is_held(at, x, i) ? 0 : -at->gradient[i];
    for (int k = 1; k <= at->used; k++) {
        int pair = (at->next - k + PAIRS) % PAIRS;
        factors[pair] =
            kf__dot(at->steps + (size_t)pair * count, d, count) / at->curvature[pair];
        kf__axpy(-factors[pair], at->changes + (size_t)pair * count, d, count);
    }
    if (at->used > 0) {
        int pair = (at->next - 1 + PAIRS) % PAIRS;
        const double *change = at->changes + (size_t)pair * count;
        double scale = at->curvature[pair] / kf__dot(change, change, count);
        for (size_t i = 0; i < count; i++)
            d[i] *= scale;
    }
    for (int k = at->used; k >= 1; k--) {
        int pair = (at->next - k + PAIRS) % PAIRS;
        double factor =
            kf__dot(at->changes + (size_t)pair * count, d, count) / at->curvature[pair];
        kf__axpy(factors[pair] - factor, at->steps + (size_t)pair * count, d, count);
    }
    for (size_t i = 0; i < count; i++)
        if (is_held(at, x, i))
            d[i] = 0;
}

static void remember(work *at, const double *x)
{
    size_t count = at->options->count;
    double *step = at->steps + (size_t)at->next * count;
    double *change = at->changes + (size_t)at->next * count;
    for (size_t i = 0; i < count; i++) {
        step[i] = at->trial[i] - x[i];
        change[i] = at->trial_gradient[i] - at->gradient[i];
    }
    double curvature = kf__dot(step, change, count);
    if (!(curvature > 1e-12 * kf__dot(change, change, count)))
        return;
    at->curvature[at->next] = curvature;
    at->next = (at->next + 1) % PAIRS;
    at->used += at->used < PAIRS;
}

/* A point along the projected direction that is better by enough (Armijo); false: none
 * within the evaluations left. */
static bool search_line(
    work *at, kf_smooth function, void *context, const double *x, double *value)
{
    const kf_lbfgs *options = at->options;
    double length = 1;
    if (at->used == 0) {
        double size = sqrt(kf__dot(at->direction, at->direction, options->count));
        length = fmin(1, 0.1 / size); /* Nothing is known of the scale yet. */
    }
    while (at->evaluations < options->most_evaluations && length > 1e-12) {
        double slope = 0;
        for (size_t i = 0; i < options->count; i++) {
            at->trial[i] = project(options, i, x[i] + length * at->direction[i]);
            slope += at->gradient[i] * (at->trial[i] - x[i]);
        }
        double found = function(context, at->trial, at->trial_gradient);
        at->evaluations++;
        if (slope < 0 && found <= *value + 1e-4 * slope) {
            *value = found;
            return true;
        }
        /* The lowest point of the parabola, kept within a range. */
        double bend = found - *value - slope;
        double shrink = isfinite(bend) && bend > 0 ? -slope / (2 * bend) : 0.1;
        length *= fmin(fmax(shrink, 0.1), 0.5);
    }
    return false;
}

double kf__lbfgs(const kf_lbfgs *options, kf_smooth function, void *context, double *x)
{
    size_t count = options->count;
    double *memory = options->memory;
    work at = {.options = options,
        .gradient = memory,
        .trial = memory + count,
        .trial_gradient = memory + 2 * count,
        .direction = memory + 3 * count,
        .steps = memory + 4 * count,
        .changes = memory + (4 + PAIRS) * count};
    for (size_t i = 0; i < count; i++)
        x[i] = project(options, i, x[i]);
    double value = function(context, x, at.gradient);
    at.evaluations = 1;
    while (at.evaluations < options->most_evaluations && isfinite(value) &&
           free_slope(&at, x) > options->tolerance) {
        double before = value;
        set_direction(&at, x);
        if (!search_line(&at, function, context, x, &value)) {
            if (at.used == 0)
                break;
            at.used = 0; /* The memory misleads: begin anew. */
            continue;
        }
        remember(&at, x);
        memcpy(x, at.trial, count * sizeof *x);
        memcpy(at.gradient, at.trial_gradient, count * sizeof *x);
        if (before - value <= 1e-11 * (1 + fabs(value)))
            break;
    }
    return value;
}
