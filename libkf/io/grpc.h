/* SPDX-License-Identifier: Apache-2.0 */
/* What gRPC puts into HTTP/2: statuses, times, messages. */
#ifndef KF_IO_GRPC_H
#define KF_IO_GRPC_H

#include "base/buf.h"

typedef enum kf_grpc_status {
    KF__GRPC_OK = 0,
    KF__GRPC_CANCELLED = 1,
    KF__GRPC_UNKNOWN = 2,
    KF__GRPC_INVALID_ARGUMENT = 3,
    KF__GRPC_DEADLINE_EXCEEDED = 4,
    KF__GRPC_NOT_FOUND = 5,
    KF__GRPC_ALREADY_EXISTS = 6,
    KF__GRPC_PERMISSION_DENIED = 7,
    KF__GRPC_RESOURCE_EXHAUSTED = 8,
    KF__GRPC_FAILED_PRECONDITION = 9,
    KF__GRPC_ABORTED = 10,
    KF__GRPC_OUT_OF_RANGE = 11,
    KF__GRPC_UNIMPLEMENTED = 12,
    KF__GRPC_INTERNAL = 13,
    KF__GRPC_UNAVAILABLE = 14,
    KF__GRPC_DATA_LOSS = 15,
    KF__GRPC_UNAUTHENTICATED = 16
} kf_grpc_status;

/* A message on the wire: whether it is compressed, its length in 4 bytes, big endian;
 * then itself. */
enum { KF__GRPC_PREFIX = 5 };
void kf__grpc_write_prefix(char to[KF__GRPC_PREFIX], size_t length);
size_t kf__grpc_read_prefix(const char from[KF__GRPC_PREFIX], bool *is_compressed);

/* "100m": 100 milliseconds. False: it is no time. Times of more than a century are one.
 */
bool kf__grpc_read_timeout(const char *text, int64_t *out_ns);
/* grpc-message: what is no printable ASCII, and '%', as "%E2%82%AC". */
void kf__grpc_put_message(kf_buf *out, const char *text);
/* "application/grpc", also with a "+proto" or parameters behind it. */
bool kf__grpc_is_content_type(const char *text);

#endif
