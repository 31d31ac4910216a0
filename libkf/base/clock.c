/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

enum { DAY_MS = 86400000 };

int64_t kf__now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t kf__monotonic_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t kf__deadline_after(int64_t deadline_ns, int64_t timeout_ns)
{
    if (timeout_ns <= 0)
        return deadline_ns;
    int64_t until = kf__monotonic_ns() + timeout_ns;
    return deadline_ns != 0 && deadline_ns < until ? deadline_ns : until;
}

void kf__sleep_ms(int64_t milliseconds)
{
    if (milliseconds <= 0)
        return;
    struct timespec left = {
        .tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years are counted from
 * March, so that the leap day is the last of its year. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
        365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

void kf__put_time(kf_buf *buf, int64_t epoch_ms)
{
    int64_t days = epoch_ms / DAY_MS;
    int64_t rest = epoch_ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    kf__buf_printf(buf, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
        (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
        (int)(rest % 1000));
}

static bool read_digits(const char **text, int count, int *out)
{
    int number = 0;
    for (int i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        number = number * 10 + (**text - '0');
    }
    *out = number;
    return true;
}

static bool read_character(const char **text, const char *allowed)
{
    if (**text == '\0' || strchr(allowed, **text) == NULL)
        return false;
    (*text)++;
    return true;
}

static bool read_fraction(const char **text, int *milliseconds)
{
    *milliseconds = 0;
    if (!read_character(text, "."))
        return true;
    int scale = 100;
    const char *start = *text;
    for (; **text >= '0' && **text <= '9'; (*text)++, scale /= 10)
        *milliseconds += (**text - '0') * scale;
    return *text > start;
}

static bool read_offset(const char **text, int *minutes)
{
    *minutes = 0;
    if (read_character(text, "Zz"))
        return true;
    int sign = **text == '-' ? -1 : 1;
    int hour, minute;
    if (!read_character(text, "+-") || !read_digits(text, 2, &hour) ||
        !read_character(text, ":") || !read_digits(text, 2, &minute) || hour > 23 ||
        minute > 59)
        return false;
    *minutes = sign * (hour * 60 + minute);
    return true;
}

static bool date_exists(int year, int month, int day)
{
    if (month < 1 || month > 12 || day < 1)
        return false;
    int next_year = month == 12 ? year + 1 : year;
    int next_month = month == 12 ? 1 : month + 1;
    return day <=
           days_from_date(next_year, next_month, 1) - days_from_date(year, month, 1);
}

bool kf__parse_time(const char *text, int64_t *epoch_ms)
{
    int year, month, day, hour, minute, second, milliseconds, offset;
    if (!read_digits(&text, 4, &year) || !read_character(&text, "-") ||
        !read_digits(&text, 2, &month) || !read_character(&text, "-") ||
        !read_digits(&text, 2, &day) || !read_character(&text, "Tt ") ||
        !read_digits(&text, 2, &hour) || !read_character(&text, ":") ||
        !read_digits(&text, 2, &minute) || !read_character(&text, ":") ||
        !read_digits(&text, 2, &second) || !read_fraction(&text, &milliseconds) ||
        !read_offset(&text, &offset) || *text != '\0')
        return false;
    if (!date_exists(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return false;
    int64_t minutes = (int64_t)hour * 60 + minute - offset;
    *epoch_ms = days_from_date(year, month, day) * DAY_MS + minutes * 60000 +
                (int64_t)second * 1000 + milliseconds;
    return true;
}
