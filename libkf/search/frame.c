/* SPDX-License-Identifier: Apache-2.0 */
#include "search/frame.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "search/eigen.h"

#define NARROWEST 0.1 /* Of a box that is turned once, beside its longest side. */

#define MOST_TURNED 40 /* With more axes it would take too many points. */

/* Whether no axis is to be turned. */
static bool is_fixed(const kf_space *space)
{
    if (kf_space_count(space) > MOST_TURNED)
        return true;
    for (size_t k = 0; k < kf_space_count(space); k++)
        if (kf_space_axis(space, k)->parent >= 0)
            return true;
    return false;
}

kf_status kf__frame_new(const kf_space *space, kf_frame **out)
{
    size_t axes = kf_space_count(space);
    bool fixed = is_fixed(space);
    size_t square = fixed ? 0 : axes * axes;
    kf_frame *frame = kf__calloc(1, sizeof *frame);
    if (frame == NULL)
        return kf__nomem();
    frame->axes = axes;
    frame->middle = kf__calloc(4 * axes + 2 * square, sizeof(double));
    frame->categorical = kf__calloc(2 * axes, sizeof(bool));
    if (frame->middle == NULL || frame->categorical == NULL) {
        kf__frame_free(frame);
        return kf__nomem();
    }
    frame->turned = frame->categorical + axes;
    frame->width = frame->middle + axes;
    frame->spare = frame->width + axes;
    frame->shape = frame->spare + 2 * axes;
    frame->inverse = frame->shape + square;
    for (size_t k = 0; k < axes; k++) {
        kf_axis_kind kind = kf_space_axis(space, k)->kind;
        frame->categorical[k] = kind == KF_AXIS_CATEGORICAL;
        frame->turned[k] = kind == KF_AXIS_CONTINUOUS && !fixed;
        frame->middle[k] = 0.5;
        frame->width[k] = 1;
        if (!fixed)
            frame->shape[k * axes + k] = frame->inverse[k * axes + k] = 1;
    }
    *out = frame;
    return KF_OK;
}

void kf__frame_free(kf_frame *frame)
{
    if (frame == NULL)
        return;
    kf__free(frame->middle);
    kf__free(frame->categorical);
    kf__free(frame);
}

void kf__frame_in(kf_frame *frame, const double *point, double *model)
{
    size_t axes = frame->axes;
    double *off = frame->spare;
    for (size_t k = 0; k < axes; k++)
        off[k] = (point[k] - frame->middle[k]) / frame->width[k];
    for (size_t k = 0; k < axes; k++) {
        if (isnan(point[k])) {
            model[k] =
                frame->categorical[k] ? KF__FRAME_INACTIVE_LEVEL : KF__FRAME_INACTIVE;
        } else if (frame->turned[k] && frame->is_turned) {
            double sum = 0;
            for (size_t l = 0; l < axes; l++)
                if (frame->turned[l])
                    sum += frame->inverse[k * axes + l] * off[l];
            model[k] = sum + 0.5;
        } else {
            model[k] = frame->categorical[k] ? point[k] : off[k] + 0.5;
        }
    }
}

void kf__frame_out(kf_frame *frame, const double *model, double *point)
{
    size_t axes = frame->axes;
    for (size_t k = 0; k < axes; k++) {
        double sum = frame->is_turned ? 0 : model[k] - 0.5;
        if (!frame->turned[k])
            continue;
        for (size_t l = 0; l < axes && frame->is_turned; l++)
            if (frame->turned[l])
                sum += frame->shape[k * axes + l] * (model[l] - 0.5);
        point[k] = fmin(fmax(frame->middle[k] + frame->width[k] * sum, 0), 1);
    }
}

/* Back to coordinates of the space, where those on the edge do not move, and forth. */
void kf__frame_slope(kf_frame *frame, const double *point, double *gradient)
{
    size_t axes = frame->axes;
    double *outside = frame->spare;
    for (size_t l = 0; l < axes; l++) {
        outside[l] = 0;
        if (!frame->turned[l] || point[l] <= 0 || point[l] >= 1)
            continue;
        for (size_t k = 0; k < axes; k++)
            if (frame->turned[k])
                outside[l] += frame->inverse[k * axes + l] * gradient[k];
    }
    for (size_t k = 0; k < axes; k++) {
        if (!frame->turned[k])
            continue;
        gradient[k] = 0;
        for (size_t l = 0; l < axes; l++)
            gradient[k] += frame->shape[l * axes + k] * outside[l];
    }
}

/* ---- turning ---- */

/* shape becomes shape × vectors × lengths, inverse the inverse of that. */
static void apply(
    kf_frame *frame, const double *vectors, const double *lengths, double *scratch)
{
    size_t axes = frame->axes;
    for (size_t i = 0; i < axes; i++)
        for (size_t j = 0; j < axes; j++) {
            double sum = 0;
            for (size_t k = 0; k < axes; k++)
                sum += frame->shape[i * axes + k] * vectors[k * axes + j];
            scratch[i * axes + j] = sum * lengths[j];
        }
    memcpy(frame->shape, scratch, axes * axes * sizeof *scratch);
    for (size_t i = 0; i < axes; i++)
        for (size_t j = 0; j < axes; j++) {
            double sum = 0;
            for (size_t k = 0; k < axes; k++)
                sum += vectors[k * axes + i] * frame->inverse[k * axes + j];
            scratch[i * axes + j] = sum / lengths[i];
        }
    memcpy(frame->inverse, scratch, axes * axes * sizeof *scratch);
}

/* So that the longest of the turned sides is as long as a side of the box. */
static void normalise(kf_frame *frame)
{
    size_t axes = frame->axes;
    double most = 0;
    for (size_t j = 0; j < axes; j++) {
        double square = 0;
        for (size_t i = 0; i < axes && frame->turned[j]; i++)
            square += frame->shape[i * axes + j] * frame->shape[i * axes + j];
        most = fmax(most, sqrt(square));
    }
    for (size_t i = 0; i < axes * axes; i++) {
        if (!frame->turned[i / axes])
            continue;
        frame->shape[i] /= most;
        frame->inverse[i] *= most;
    }
}

/* The part of a matrix for turned axes, alone; how many there are. */
static size_t gather(const kf_frame *frame, const double *matrix, double *out)
{
    size_t axes = frame->axes, count = 0, at = 0;
    for (size_t i = 0; i < axes; i++) {
        count += frame->turned[i];
        for (size_t j = 0; j < axes; j++)
            if (frame->turned[i] && frame->turned[j])
                out[at++] = matrix[i * axes + j];
    }
    return count;
}

/* The same back to where it is from; 1 and 0 for axes that stay. */
static void scatter(const kf_frame *frame, const double *part, double *matrix)
{
    size_t axes = frame->axes, at = 0;
    for (size_t i = 0; i < axes; i++)
        for (size_t j = 0; j < axes; j++)
            matrix[i * axes + j] =
                frame->turned[i] && frame->turned[j] ? part[at++] : (double)(i == j);
}

/* Sides are as long as a step that changes the function as much as any other. */
static void set_lengths(const kf_frame *frame, const double *values, double *lengths)
{
    double most = 0;
    size_t at = 0;
    for (size_t k = 0; k < frame->axes; k++)
        if (frame->turned[k])
            most = fmax(most, fabs(values[at++]));
    at = 0;
    for (size_t k = 0; k < frame->axes; k++) {
        lengths[k] = 1;
        if (frame->turned[k])
            lengths[k] =
                1 / sqrt(fmax(fabs(values[at++]) / most, NARROWEST * NARROWEST));
    }
}

static bool is_usable(const double *matrix, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count * count; i++)
        sum += fabs(matrix[i]);
    return sum > 0 && isfinite(sum);
}

void kf__frame_turn(kf_frame *frame, double *hessian, double *scratch)
{
    size_t axes = frame->axes;
    double *part = scratch, *vectors = part + axes * axes;
    double *values = vectors + axes * axes, *lengths = values + axes;
    size_t count = gather(frame, hessian, part);
    if (!is_usable(part, count))
        return;
    frame->is_turned = true;
    kf__eigen(count, part, vectors, values, lengths);
    scatter(frame, vectors, hessian);
    set_lengths(frame, values, lengths);
    apply(frame, hessian, lengths, scratch);
    normalise(frame);
}
