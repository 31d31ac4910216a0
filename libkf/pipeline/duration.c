/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/duration.h"

#include <string.h>

#include "base/error.h"

static int64_t seconds_of_unit(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 604800;
    default:
        return 0;
    }
}

/* The digits before the unit, with blanks ignored anywhere, as KFP does; NULL if there
 * are none or they do not fit. */
static const char *read_number(const char *text, int64_t *number)
{
    bool any = false;
    *number = 0;
    for (; *text == ' ' || (*text >= '0' && *text <= '9'); text++) {
        if (*text == ' ')
            continue;
        any = true;
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, *text - '0', number))
            return NULL;
    }
    return any ? text : NULL;
}

kf_status kf__duration_seconds(const char *text, int64_t *out)
{
    int64_t number = 0, seconds = 0;
    const char *unit = read_number(text, &number);
    /* A unit is all that follows, without digits: "1h 30m" has two. */
    if (unit == NULL || strpbrk(unit, "0123456789") != NULL ||
        seconds_of_unit(*unit) == 0 ||
        __builtin_mul_overflow(number, seconds_of_unit(*unit), &seconds))
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" is no duration: expected a whole number and one unit of seconds, "
            "minutes, "
            "hours, days or weeks, such as \"30s\" or \"1 hour\"",
            text);
    *out = seconds;
    return KF_OK;
}
