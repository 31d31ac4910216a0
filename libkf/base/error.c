/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 2048, WHERE_BYTES = 1024 };

/* The text is part of the thread's storage, so that setting an error cannot fail
 * itself. */
typedef struct thread_error {
    kf_error error;
    char message[MESSAGE_BYTES];
    char where[WHERE_BYTES];
} thread_error;

static _Thread_local thread_error last = {.error = {.message = "", .where = ""}};

const char *kf_status_name(kf_status status)
{
    static const char *const names[] = {"KF_OK", "KF_ENOMEM", "KF_EINVAL", "KF_ENOENT",
        "KF_EEXIST", "KF_ETYPE", "KF_EMISSING", "KF_EPARSE", "KF_EDOCUMENT",
        "KF_ESCOPE", "KF_ECYCLE", "KF_ELIMIT", "KF_EIO", "KF_EBUSY", "KF_EVERSION",
        "KF_ESTATE", "KF_ECALLBACK", "KF_EFAILED", "KF_ECANCELED", "KF_ETIMEOUT",
        "KF_EUNSUPPORTED"};
    long index = -(long)status;
    if (index < 0 || index >= (long)(sizeof names / sizeof *names))
        return "KF_UNKNOWN";
    return names[index];
}

const kf_error *kf_last_error(void)
{
    return &last.error;
}

void kf_clear_error(void)
{
    last.error = (kf_error){.message = "", .where = ""};
}

/* Copy as much as fits, whole characters only; cut text ends in "...". What a message
 * quotes may be anything, and the message is UTF-8. */
static void copy_text(char *to, size_t room, const char *from)
{
    size_t length = strlen(from);
    if (length < room) {
        memcpy(to, from, length + 1);
    } else {
        length = room - sizeof "...";
        while (length > 0 && ((unsigned char)from[length] & 0xC0) == 0x80)
            length--;
        memcpy(to, from, length);
        memcpy(to + length, "...", sizeof "...");
    }
    kf__utf8_mend(to, length);
}

/* The arguments may point into the thread's error itself: nothing is overwritten before
 * all is read. */
static void set_error(kf_status code, const char *where, int line, int column,
    const char *format, va_list arguments)
{
    char message[MESSAGE_BYTES + 4];
    char place[WHERE_BYTES];
    copy_text(place, sizeof place, where != NULL ? where : "");
    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        copy_text(message, sizeof message, format);
    copy_text(last.message, sizeof last.message, message);
    copy_text(last.where, sizeof last.where, place);
    last.error = (kf_error){.code = code,
        .message = last.message,
        .where = last.where,
        .line = line,
        .column = column};
}

kf_status kf__fail(kf_status code, const char *where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(code, where, 0, 0, format, arguments);
    va_end(arguments);
    return code;
}

kf_status kf__fail_at(
    kf_status code, const char *where, int line, int column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(code, where, line, column, format, arguments);
    va_end(arguments);
    return code;
}

kf_status kf__nomem(void)
{
    last.error = (kf_error){.code = KF_ENOMEM, .message = "out of memory", .where = ""};
    return KF_ENOMEM;
}

void kf__error_prefix(const char *prefix)
{
    char joined[2 * WHERE_BYTES];
    const char *where = last.error.where;
    const char *dot =
        where[0] == '\0' || where[0] == '[' || prefix[0] == '\0' ? "" : ".";
    char cut[WHERE_BYTES];
    copy_text(cut, sizeof cut, prefix);
    (void)snprintf(joined, sizeof joined, "%s%s%s", cut, dot, where);
    copy_text(last.where, sizeof last.where, joined);
    last.error.where = last.where;
}

kf_status kf__bad_argument(const char *function, const char *expression)
{
    (void)kf__fail(
        KF_EINVAL, NULL, "%s: bad argument: %s does not hold", function, expression);
    kf__log(KF_LOG_ERROR, "%s", last.error.message);
#ifndef NDEBUG
    abort();
#endif
    return KF_EINVAL;
}
