/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and text. The decimal point of printf and strtod depends on the locale of the
 * process, which is not ours to change: the digits are taken from and given to them
 * without one. */
#include "base/text.h"

#include <errno.h>
#include <float.h>
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

static double to_double(const decimal *number)
{
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
        int exponent;
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
    decimal_text digits;
    put_decimal(&number, digits);
    float value = strtof(digits, NULL);
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

/* The nearest decimal of `count` digits to a positive number. */
static void round_to(double positive, int count, decimal *out)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", count - 1, positive);
    *out = (decimal){0};
    const char *at = text;
    for (; *at != 'e'; at++)
        if (is_digit(*at))
            out->digits[out->count++] = *at;
    (void)read_exponent(at + 1, &out->exponent);
    out->exponent -= count - 1;
}

/* Below a power of two doubles lie twice as dense, so the nearest decimal, below it,
 * may read back as its neighbour, while the next one up still reads back as the number.
 */
static bool try_next_up(double positive, decimal *number)
{
    decimal up = *number;
    int last = up.count - 1;
    if (up.digits[last] == '9')
        return false;
    up.digits[last]++;
    if (to_double(&up) != positive)
        return false;
    *number = up;
    return true;
}

static void shortest(double positive, decimal *out)
{
    /* 15 digits survive a double, so that one of fewer digits shows with zeros behind
     * it; not so where doubles lose their precision. */
    int first = positive < DBL_MIN * 2 ? 1 : DBL_DIG;
    for (int count = first; count < DBL_DECIMAL_DIG; count++) {
        round_to(positive, count, out);
        if (to_double(out) == positive || try_next_up(positive, out))
            break;
        if (count == DBL_DECIMAL_DIG - 1)
            round_to(positive, DBL_DECIMAL_DIG, out);
    }
    for (; out->count > 1 && out->digits[out->count - 1] == '0'; out->exponent++)
        out->count--;
}

void kf__put_double(kf_buf *buf, double number)
{
    if (!isfinite(number)) {
        kf__buf_puts(buf, isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
        return;
    }
    if (signbit(number))
        kf__buf_putc(buf, '-');
    if (number == 0) {
        kf__buf_puts(buf, "0.0");
        return;
    }
    decimal digits;
    shortest(fabs(number), &digits);
    size_t count = (size_t)digits.count;
    int point = digits.count + digits.exponent; /* Digits before the decimal point. */
    if (point <= -4 || point > 16) {
        kf__buf_append(buf, digits.digits, 1);
        if (count > 1)
            kf__buf_putc(buf, '.');
        kf__buf_append(buf, digits.digits + 1, count - 1);
        kf__buf_printf(buf, "e%+03d", point - 1);
    } else if (point <= 0) {
        kf__buf_puts(buf, "0.");
        kf__buf_fill(buf, '0', (size_t)-point);
        kf__buf_append(buf, digits.digits, count);
    } else if (digits.count <= point) {
        kf__buf_append(buf, digits.digits, count);
        kf__buf_fill(buf, '0', (size_t)(point - digits.count));
        kf__buf_puts(buf, ".0");
    } else {
        kf__buf_append(buf, digits.digits, (size_t)point);
        kf__buf_putc(buf, '.');
        kf__buf_append(buf, digits.digits + point, count - (size_t)point);
    }
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
