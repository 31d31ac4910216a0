/* SPDX-License-Identifier: Apache-2.0 */
/* Going through JSON text without building anything: for bodies of requests and files of
 * models, of which most is numbers. The caller says what it expects next; strings and
 * skipped values are checked as strictly as kf_value_parse does, and going deeper than
 * KF__LIMIT_DEPTH fails. After a failure everything fails; kf__scan_fail tells the first
 * fault. */
#ifndef KF_BASE_SCAN_H
#define KF_BASE_SCAN_H

#include "base/buf.h"

typedef struct kf_scan {
    const char *text;
    const char *at;
    const char *end;
    const char *fault; /* What was expected where `at` is; NULL: all is well. */
    kf_status status;  /* KF_EPARSE, KF_ELIMIT or KF_ENOMEM once something failed. */
    int depth;
    bool more; /* The list or object just entered has had an item. */
} kf_scan;

void kf__scan_start(kf_scan *scan, const char *text, size_t length);
/* The next character that is no white space, not taken; '\0' at the end. */
char kf__scan_peek(kf_scan *scan);
bool kf__scan_end(kf_scan *scan); /* Nothing follows; else it fails. */

/* Into a list or object: false if the next value is none (it fails). Then _item or _name
 * before each value, which are false at the closing bracket, and at a failure:
 *     if (kf__scan_list(scan)) while (kf__scan_item(scan)) ... */
bool kf__scan_list(kf_scan *scan);
bool kf__scan_item(kf_scan *scan);
bool kf__scan_object(kf_scan *scan);
/* The name is of the text itself where it has no escape, else of `scratch`. */
bool kf__scan_name(kf_scan *scan, const char **name, size_t *length, kf_buf *scratch);

bool kf__scan_string(
    kf_scan *scan, const char **string, size_t *length, kf_buf *scratch);
/* The nearest double or float of the number; `constants`: also NaN, Infinity and
 * -Infinity, which JSON does not have and Python writes. */
bool kf__scan_double(kf_scan *scan, bool constants, double *out);
bool kf__scan_float(kf_scan *scan, bool constants, float *out);
/* Of a list, behind kf__scan_item: as many numbers as are written plainly, each with a
 * comma right behind, which is taken too, so that another item follows. */
size_t kf__scan_run(kf_scan *scan, bool floats, double *out, size_t capacity);
bool kf__scan_int64(kf_scan *scan, int64_t *out); /* No fraction, no exponent. */
bool kf__scan_uint64(kf_scan *scan, uint64_t *out);
bool kf__scan_bool(kf_scan *scan, bool *out);
bool kf__scan_null(kf_scan *scan);
/* Over one value of any kind; *from and *length (may be NULL) tell its text. */
bool kf__scan_skip(kf_scan *scan, const char **from, size_t *length);

/* Something else than `expected` stands here; false. The first fault counts. */
bool kf__scan_expected(kf_scan *scan, const char *expected);
/* The failure as the thread's error, with line and column; KF_OK if there is none. */
kf_status kf__scan_status(const kf_scan *scan, const char *where);

#endif
