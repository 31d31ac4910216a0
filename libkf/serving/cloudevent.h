/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of V1 that come as CloudEvents are answered by them. */
#ifndef KF_SERVING_CLOUDEVENT_H
#define KF_SERVING_CLOUDEVENT_H

#include "serving/call.h"

/* What the environment says of the answers: CE_TYPE, CE_SOURCE, CE_MERGE. */
typedef struct kf_event_options {
    char *type; /* Owned, as the source. */
    char *source;
    bool merge; /* The attributes of the request are those of the answer. */
} kf_event_options;
kf_status kf__event_options_read(const char *model, kf_event_options *out);
void kf__event_options_finish(kf_event_options *options);

typedef enum kf_event_form {
    KF_EVENT_NONE,
    KF_EVENT_BINARY,    /* Attributes are headers. */
    KF_EVENT_STRUCTURED /* The body is the event, its data the request. */
} kf_event_form;
/* By the headers alone. */
kf_event_form kf__event_form(const kf_call *call);
/* KF_EINVAL: a version of the specification that KServe does not take. */
kf_status kf__event_check(const kf_call *call);
/* Make an event of the reply, whose body is its data. KF_ENOMEM. */
kf_status kf__event_answer(
    kf_call *call, kf_event_form form, const kf_event_options *options);

#endif
