/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/resource.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define DIGITS "0123456789"

static bool embeds_channel(const char *text)
{
    return strstr(text, "{{channel:") != NULL;
}

/* Digits, or digits with a fraction, and perhaps "m" (KFP: ([0-9]*[.])?[0-9]+m?$). */
static bool is_cpu(const char *text)
{
    size_t whole = strspn(text, DIGITS);
    const char *rest = text + whole;
    if (*rest == '.') {
        size_t fraction = strspn(rest + 1, DIGITS);
        if (fraction == 0)
            return false;
        rest += 1 + fraction;
    } else if (whole == 0) {
        return false;
    }
    return *rest == '\0' || strcmp(rest, "m") == 0;
}

/* The suffixes of quantities in gigabytes: KFP multiplies by the first and divides by
 * the second. */
static const struct {
    const char *suffix;
    double factor;
    double divisor;
} memory_units[] = {
    {"", 1, 1e9},
    {"K", 1e3, 1e9},
    {"M", 1e6, 1e9},
    {"G", 1, 1},
    {"T", 1e12, 1e9},
    {"P", 1e15, 1e9},
    {"E", 1e18, 1e9},
    {"Ki", 0x1p10, 1e9},
    {"Mi", 0x1p20, 1e9},
    {"Gi", 0x1p30, 1e9},
    {"Ti", 0x1p40, 1e9},
    {"Pi", 0x1p50, 1e9},
    {"Ei", 0x1p60, 1e9},
};
#define MEMORY_UNITS (sizeof memory_units / sizeof *memory_units)

/* Index of the unit of a quantity of memory; MEMORY_UNITS if it is malformed. */
static size_t memory_unit(const char *text)
{
    size_t digits = strspn(text, DIGITS), unit = 0;
    if (digits == 0)
        return MEMORY_UNITS;
    while (unit < MEMORY_UNITS && strcmp(memory_units[unit].suffix, text + digits) != 0)
        unit++;
    return unit;
}

static bool is_count(const char *text)
{
    int64_t count = 0;
    return *text != '\0' && strspn(text, DIGITS) == strlen(text) &&
           kf__parse_int64(text, &count);
}

kf_status kf__resource_check(kf_resource kind, const char *text)
{
    if (embeds_channel(text))
        return KF_OK;
    switch (kind) {
    case KF_RESOURCE_CPU_REQUEST:
    case KF_RESOURCE_CPU_LIMIT:
        if (is_cpu(text))
            return KF_OK;
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" is no amount of processors: expected a number such as \"2\" or "
            "\"0.5\", or "
            "one with \"m\" for thousandths such as \"500m\"",
            text);
    case KF_RESOURCE_MEMORY_REQUEST:
    case KF_RESOURCE_MEMORY_LIMIT:
        if (memory_unit(text) < MEMORY_UNITS)
            return KF_OK;
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" is no amount of memory: expected a whole number of bytes, or one "
            "followed by "
            "E, Ei, P, Pi, T, Ti, G, Gi, M, Mi, K or Ki",
            text);
    case KF_RESOURCE_ACCELERATOR_COUNT:
        if (is_count(text))
            return KF_OK;
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" is no number of accelerators: expected a whole number from 0",
            text);
    case KF_RESOURCE_ACCELERATOR_TYPE:
        if (*text != '\0')
            return KF_OK;
        return kf__fail(KF_EINVAL, NULL,
            "the type of an accelerator cannot be empty text: expected a name such as "
            "\"nvidia.com/gpu\"");
    }
    return kf__fail(KF_EINVAL, NULL, "%d is no kind of resource", (int)kind);
}

/* The number that begins `quantity` and is `length` bytes long. */
static double number_of(const char *quantity, size_t length)
{
    char text[400];
    double number = 0;
    if (length < sizeof text) {
        memcpy(text, quantity, length);
        text[length] = '\0';
        (void)kf__parse_double(text, &number);
    }
    return number;
}

double kf__resource_cores(const char *quantity)
{
    size_t length = strlen(quantity);
    if (length > 0 && quantity[length - 1] == 'm')
        return number_of(quantity, length - 1) / 1000;
    return number_of(quantity, length);
}

double kf__resource_gigabytes(const char *quantity)
{
    size_t unit = memory_unit(quantity);
    if (unit == MEMORY_UNITS)
        return 0;
    double number = number_of(quantity, strspn(quantity, DIGITS));
    return number * memory_units[unit].factor / memory_units[unit].divisor;
}

int64_t kf__resource_count(const char *quantity)
{
    int64_t count = 0;
    (void)kf__parse_int64(quantity, &count);
    return count;
}
