/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
    kf_log_sink sink;
    kf_log_level minimum;
    void *payload;
} target;

void kf_set_log_sink(kf_log_sink sink, kf_log_level minimum, void *payload)
{
    target.sink = sink;
    target.minimum = minimum;
    target.payload = payload;
}

void kf__log(kf_log_level level, const char *format, ...)
{
    if (target.sink == NULL || level < target.minimum)
        return;
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length >= 0)
        target.sink(level, line, target.payload);
}

const char *kf_version(void)
{
    return KF_VERSION;
}
