/* SPDX-License-Identifier: Apache-2.0 */
/* What the parameters of a request say about its explanation. */
#ifndef KF_SERVING_EXPLAIN_ASKED_H
#define KF_SERVING_EXPLAIN_ASKED_H

#include <kf/model.h>

typedef struct kf_explain_asked {
    kf_explain_options options; /* Its texts are those of the parameters. */
    bool interactions;
    double *background; /* What the options point to. */
} kf_explain_asked;

/* `given`: a struct, or NULL. KF_EINVAL with the place ("parameters.method"), KF_ENOMEM;
 * out is to be finished all the same. */
kf_status kf__explain_asked_read(
    const kf_value *given, size_t features, kf_explain_asked *out);
void kf__explain_asked_finish(kf_explain_asked *asked);

#endif
