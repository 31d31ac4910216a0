/* SPDX-License-Identifier: Apache-2.0 */
/* One request and one reply; for io/http_*.c alone. */
#ifndef KF_IO_HTTP_EXCHANGE_H
#define KF_IO_HTTP_EXCHANGE_H

#include "io/http_client.h"

/* Where the body of a reply goes. */
typedef struct kf_http_sink {
    kf_status (*begin)(void *payload, const kf_http_reply *reply); /* NULL: nothing. */
    kf_status (*write)(void *payload, const void *data, size_t length);
    void *payload;
} kf_http_sink;

/* No redirect is followed and nothing is tried twice. *redirect: where the reply leads
 * to, NULL: nowhere; in the arena of the reply's headers. The reply is emptied first;
 * may_pass is set. */
kf_status kf__http_exchange(kf_http_client *client,
    const kf_http_client_request *request, const kf_http_sink *sink,
    kf_http_reply *reply, const char **redirect);

/* The same with redirects. */
kf_status kf__http_follow(kf_http_client *client, const kf_http_client_request *request,
    const kf_http_sink *sink, kf_http_reply *reply);

/* After try number `done` (from 1) that may pass: wait. KF_ECANCELED. */
kf_status kf__http_pause(
    const kf_http_client_request *request, const kf_http_reply *reply, int done);
bool kf__http_canceled(const kf_http_client_request *request);
/* Whether a reply of that status may be another when asked again. */
bool kf__http_status_may_pass(int status);

#endif
