/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and text. The decimal point of printf and strtod depends on the locale of the
 * process, which is not ours to change: the digits are taken from and given to them
 * without one. */
#include "base/text.h"

#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* A decimal that is rounded to a double needs at most 768 digits; one more tells
       "beyond". */
    MOST_DIGITS = 800,
    MOST_EXPONENT = 100000
};

/* digits × 10^exponent; the digits as an integer, no point, no leading zeros. */
typedef struct decimal {
    bool negative;
    int count;
    int exponent;
    char digits[MOST_DIGITS + 1];
} decimal;

typedef char decimal_text[MOST_DIGITS + 32];

static void put_decimal(const decimal *number, decimal_text text)
{
    (void)snprintf(text, sizeof(decimal_text), "%s%.*se%d", number->negative ? "-" : "",
        number->count > 0 ? number->count : 1, number->count > 0 ? number->digits : "0",
        number->exponent);
}

/* In as many bits as hold 19 digits: false if there are more. */
static bool few_digits(const decimal *number, uint64_t *out)
{
    *out = 0;
    for (int i = 0; i < number->count && number->count <= 19; i++)
        *out = *out * 10 + (uint64_t)(number->digits[i] - '0');
    return number->count <= 19;
}

static double to_double(const decimal *number)
{
    uint64_t digits;
    double value;
    if (few_digits(number, &digits) &&
        kf__decimal_double(digits, number->exponent, &value))
        return number->negative ? -value : value;
    decimal_text text;
    put_decimal(number, text);
    return strtod(text, NULL);
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static void add_digit(decimal *number, char digit, bool fraction)
{
    if (number->count == MOST_DIGITS) {
        if (digit != '0')
            number->digits[MOST_DIGITS - 1] = '1';
        number->exponent += !fraction;
        return;
    }
    if (number->count > 0 || digit != '0')
        number->digits[number->count++] = digit;
    number->exponent -= fraction;
}

static const char *read_exponent(const char *text, int *exponent)
{
    int sign = *text == '-' ? -1 : 1;
    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return NULL;
    int value = 0;
    for (; is_digit(*text); text++)
        if (value < MOST_EXPONENT)
            value = value * 10 + (*text - '0');
    *exponent = sign * value;
    return text;
}

/* NULL if the text is no number. */
static const char *read_decimal(const char *text, decimal *number)
{
    *number = (decimal){.negative = *text == '-'};
    if (*text == '-' || *text == '+')
        text++;
    const char *start = text;
    for (; is_digit(*text); text++)
        add_digit(number, *text, false);
    bool any = text > start;
    if (*text == '.')
        for (text++; is_digit(*text); text++, any = true)
            add_digit(number, *text, true);
    if (!any)
        return NULL;
    if (*text == 'e' || *text == 'E') {
        int exponent = 0;
        text = read_exponent(text + 1, &exponent);
        number->exponent += exponent;
    }
    return text;
}

bool kf__parse_double(const char *text, double *out)
{
    decimal number;
    const char *end = read_decimal(text, &number);
    if (end == NULL || *end != '\0')
        return false;
    double value = to_double(&number);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

bool kf__parse_float(const char *text, float *out)
{
    decimal number;
    const char *end = read_decimal(text, &number);
    if (end == NULL || *end != '\0')
        return false;
    float value;
    uint64_t few;
    if (few_digits(&number, &few) && kf__decimal_float(few, number.exponent, &value)) {
        *out = number.negative ? -value : value;
        return true;
    }
    decimal_text digits;
    put_decimal(&number, digits);
    value = strtof(digits, NULL);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

bool kf__parse_int64(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return false;
    int64_t value = 0;
    for (; is_digit(*text); text++) {
        int digit = negative ? '0' - *text : *text - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (*text != '\0')
        return false;
    *out = value;
    return true;
}

/* Digits with a point somewhere among, before or behind them, or with an exponent. */
static int lay_out(const char *digits, int count, int point, char *text)
{
    char *at = text;
    if (point <= -4 || point > 16) {
        *at++ = digits[0];
        if (count > 1)
            *at++ = '.';
        memcpy(at, digits + 1, (size_t)count - 1);
        at += count - 1;
        *at++ = 'e';
        *at++ = point - 1 < 0 ? '-' : '+';
        int exponent = abs(point - 1);
        if (exponent < 10)
            *at++ = '0';
        return (int)(at - text) + kf__decimal_digits((uint64_t)exponent, at);
    }
    int before = point <= 0 ? 0 : point < count ? point : count;
    memcpy(at, digits, (size_t)before);
    at += before;
    for (int i = before; i < (point > 0 ? point : 1); i++)
        *at++ = '0';
    *at++ = '.';
    for (int i = point; i < 0; i++)
        *at++ = '0';
    if (before == count)
        *at++ = '0';
    memcpy(at, digits + before, (size_t)(count - before));
    return (int)(at - text) + count - before;
}

void kf__put_double(kf_buf *buf, double number)
{
    char text[48], digits[20], *at = text;
    uint64_t shortest = 0;
    int exponent = 0;
    if (!isfinite(number)) {
        kf__buf_puts(buf, isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
        return;
    }
    if (signbit(number))
        *at++ = '-';
    if (number != 0)
        kf__decimal_shortest(fabs(number), &shortest, &exponent);
    int count = kf__decimal_digits(shortest, digits);
    at += lay_out(digits, count, count + exponent, at);
    kf__buf_append(buf, text, (size_t)(at - text));
}

kf_shown kf__shown(double number)
{
    kf_shown shown = {"a number"};
    kf_buf text = KF__BUF_INIT;
    kf__put_double(&text, number);
    if (text.status == KF_OK && text.length < sizeof shown.text) {
        memcpy(shown.text, kf__buf_text(&text), text.length + 1);
        if (text.length > 2 && strcmp(shown.text + text.length - 2, ".0") == 0)
            shown.text[text.length - 2] = '\0';
    }
    kf__buf_finish(&text);
    return shown;
}
