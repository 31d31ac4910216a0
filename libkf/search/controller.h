/* SPDX-License-Identifier: Apache-2.0 */
/* The controller of ENAS (Pham et al., "Efficient neural architecture search via parameter
 * sharing", ICML 2018): a recurrent network that writes an architecture layer by layer,
 * an operation and the earlier layers that are skipped to. */
#ifndef KF_SEARCH_CONTROLLER_H
#define KF_SEARCH_CONTROLLER_H

#include "search/random.h"

#include <kf/base.h>

typedef struct kf_controller_shape {
    int layers, operations, hidden;
    double temperature, tanh_const; /* 0: none. */
    double skip_target;
} kf_controller_shape;

typedef struct kf_controller kf_controller;

/* An architecture: per layer the operation, and a bit per layer before it. */
typedef struct kf_architecture {
    int *operations; /* layers */
    bool *skips;     /* layers × layers: whether layer i takes layer j < i. */
} kf_architecture;

/* What the network says of an architecture. */
typedef struct kf_controller_score {
    double log_probability;
    double entropy;
    double skip_penalty; /* Kullback and Leibler's, from skip_target. */
} kf_controller_score;

/* Weights are drawn uniformly from ±0.01. */
kf_status kf__controller_new(
    const kf_controller_shape *shape, kf_random *random, kf_controller **out);
void kf__controller_free(kf_controller *controller);
/* Write an architecture. */
kf_controller_score kf__controller_sample(
    kf_controller *controller, kf_random *random, kf_architecture *out);
kf_controller_score kf__controller_score_of(
    kf_controller *controller, const kf_architecture *architecture);
/* The gradient of advantage × -log_probability + skip_weight × skip_penalty, into the
 * controller, and one step of Adam. */
void kf__controller_train(kf_controller *controller,
    const kf_architecture *architecture, double advantage, double skip_weight,
    double learning_rate);
/* For tests: all weights, and the gradient that the last step was made with. */
double *kf__controller_weights(kf_controller *controller, size_t *count);
const double *kf__controller_gradient(const kf_controller *controller);

#endif
