/* SPDX-License-Identifier: Apache-2.0 */
/* Mixtures of kernels, the densities that TPE compares. A kernel is a product over the
 * axes: a normal distribution truncated to [0, 1], or a choice among levels, or uniform
 * where it has no coordinate. */
#ifndef KF_SEARCH_PARZEN_H
#define KF_SEARCH_PARZEN_H

#include <kf/ext/sampler.h>

/* Arrays by axis, and within an axis by kernel. */
typedef struct kf_parzen {
    size_t axes, kernels;
    double *mean; /* Of numbers; the level of choices; NAN: unknown. */
    double *scale; /* Of numbers 1 / (sigma √2), 0: uniform; of choices the logarithm of
                    * the probability of the level. */
    double *rest; /* Of numbers the logarithm of the normaliser, 0 once it is part of
                    * `base`; of choices that of the probability of each other level. */
    bool *is_choice;
    bool *is_folded;
    double *base;       /* Logarithm of the weight, by kernel. */
    double *cumulative; /* Weights up to a kernel; the last one is 1. */
    double *scratch;
    void *memory;
} kf_parzen;

kf_status kf__parzen_start(size_t axes, size_t kernels, kf_parzen *out);
void kf__parzen_finish(kf_parzen *parzen);
/* Weights need not add up to 1. */
void kf__parzen_weigh(kf_parzen *parzen, const double *weights);

/* Every kernel needs one of these per axis. */
void kf__parzen_number(
    kf_parzen *parzen, size_t axis, size_t kernel, double mean, double sigma);
void kf__parzen_choice(kf_parzen *parzen, size_t axis, size_t kernel, double level,
    double hit, double miss);
void kf__parzen_unknown(kf_parzen *parzen, size_t axis, size_t kernel, int64_t levels);
/* The kernel is not among those of this axis: its density there is 0. */
void kf__parzen_leave_out(
    kf_parzen *parzen, size_t axis, size_t kernel, int64_t levels);
bool kf__parzen_is_left_out(const kf_parzen *parzen, size_t axis, size_t kernel);
/* Let an axis of numbers be part of every density from now on, which is faster. */
void kf__parzen_fold(kf_parzen *parzen, size_t axis);

/* The logarithm of the density of a point over the axes from `first` to before `last`;
 * NaN coordinates are left out. */
double kf__parzen_log(
    const kf_parzen *parzen, size_t first, size_t last, const double *point);
/* A kernel by its weight. */
size_t kf__parzen_pick(const kf_parzen *parzen, double uniform);
/* A coordinate of a kernel, from a number in [0, 1). */
double kf__parzen_draw(const kf_parzen *parzen, size_t axis, size_t kernel,
    int64_t levels, double uniform);

#endif
