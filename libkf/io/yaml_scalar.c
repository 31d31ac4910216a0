/* SPDX-License-Identifier: Apache-2.0 */
#include "io/yaml_scalar.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>

/* The part of a scalar that is not matched yet. */
typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool at_end(const cursor *text)
{
    return text->at == text->end;
}

static bool next_is(const cursor *text, char character)
{
    return text->at < text->end && *text->at == character;
}

static bool take(cursor *text, char character)
{
    if (!next_is(text, character))
        return false;
    text->at++;
    return true;
}

static bool take_either(cursor *text, const char *characters)
{
    if (at_end(text) || *text->at == '\0' || strchr(characters, *text->at) == NULL)
        return false;
    text->at++;
    return true;
}

static bool take_word(cursor *text, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

static size_t take_digits(cursor *text, size_t most)
{
    size_t count = 0;
    while (count < most && text->at < text->end && is_digit(*text->at)) {
        text->at++;
        count++;
    }
    return count;
}

static size_t take_all(cursor *text, const char *characters)
{
    size_t count = 0;
    while (take_either(text, characters))
        count++;
    return count;
}

/* The notations below are those of the regular expressions of PyYAML. */

/* [0-9][0-9_]* */
static bool take_number(cursor *text)
{
    if (take_digits(text, 1) == 0)
        return false;
    (void)take_all(text, "0123456789_");
    return true;
}

/* (:[0-5]?[0-9])+ */
static bool take_sixties(cursor *text)
{
    size_t count = 0;
    for (; take(text, ':'); count++) {
        const char *start = text->at;
        size_t digits = take_digits(text, 3);
        if (digits == 0 || digits > 2 || (digits == 2 && *start > '5'))
            return false;
    }
    return count > 0;
}

/* ([eE][-+][0-9]+)?, to the end */
static bool take_exponent_end(cursor *text)
{
    if (take_either(text, "eE"))
        return take_either(text, "-+") && take_digits(text, SIZE_MAX) > 0 &&
               at_end(text);
    return at_end(text);
}

static bool is_not_finite(cursor text)
{
    if (take_word(&text, ".nan") || take_word(&text, ".NaN") ||
        take_word(&text, ".NAN"))
        return at_end(&text);
    (void)take_either(&text, "-+");
    return (take_word(&text, ".inf") || take_word(&text, ".Inf") ||
               take_word(&text, ".INF")) &&
           at_end(&text);
}

static bool is_float(cursor text)
{
    if (is_not_finite(text))
        return true;
    if (take(&text, '.'))
        return take_number(&text) && take_exponent_end(&text);
    (void)take_either(&text, "-+");
    if (!take_number(&text))
        return false;
    bool sixties = next_is(&text, ':');
    if (sixties && !take_sixties(&text))
        return false;
    if (!take(&text, '.'))
        return false;
    (void)take_all(&text, "0123456789_");
    return sixties ? at_end(&text) : take_exponent_end(&text);
}

static bool is_int(cursor text)
{
    (void)take_either(&text, "-+");
    if (take_word(&text, "0b"))
        return take_all(&text, "01_") > 0 && at_end(&text);
    if (take_word(&text, "0x"))
        return take_all(&text, "0123456789abcdefABCDEF_") > 0 && at_end(&text);
    if (take(&text, '0'))
        return (void)take_all(&text, "01234567_"), at_end(&text);
    if (!take_number(&text))
        return false;
    return at_end(&text) || (take_sixties(&text) && at_end(&text));
}

static bool is_timestamp(cursor text)
{
    if (take_digits(&text, 4) != 4 || !take(&text, '-'))
        return false;
    size_t month = take_digits(&text, 2);
    if (month == 0 || !take(&text, '-'))
        return false;
    size_t day = take_digits(&text, 2);
    if (day == 0)
        return false;
    if (at_end(&text))
        return month == 2 && day == 2;
    if (!take_either(&text, "Tt") && take_all(&text, " \t") == 0)
        return false;
    if (take_digits(&text, 2) == 0 || !take(&text, ':') || take_digits(&text, 2) != 2 ||
        !take(&text, ':') || take_digits(&text, 2) != 2)
        return false;
    if (take(&text, '.'))
        (void)take_digits(&text, SIZE_MAX);
    if (at_end(&text))
        return true;
    (void)take_all(&text, " \t");
    if (take(&text, 'Z'))
        return at_end(&text);
    if (!take_either(&text, "-+") || take_digits(&text, 2) == 0)
        return false;
    return at_end(&text) ||
           (take(&text, ':') && take_digits(&text, 2) == 2 && at_end(&text));
}

/* The lower case word itself, or with its first letter or all letters in upper case. */
static bool is_word(cursor text, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(text.end - text.at) != length || (text.at[0] | 0x20) != word[0])
        return false;
    bool upper = text.at[0] != word[0] && text.at[1] != word[1];
    for (size_t i = 1; i < length; i++) {
        if (text.at[i] != (upper ? word[i] - 0x20 : word[i]))
            return false;
    }
    return true;
}

static bool is_bool(cursor text)
{
    return is_word(text, "true") || is_word(text, "false") || is_word(text, "yes") ||
           is_word(text, "no") || is_word(text, "on") || is_word(text, "off");
}

static kf_yaml_type number_type(cursor text)
{
    if (is_float(text))
        return KF__YAML_FLOAT;
    if (is_int(text))
        return KF__YAML_INT;
    return is_timestamp(text) ? KF__YAML_TIMESTAMP : KF__YAML_STRING;
}

kf_yaml_type kf__yaml_type(const char *text, size_t length)
{
    cursor all = {text, text + length};
    if (length == 0)
        return KF__YAML_NULL;
    switch (text[0]) {
    case '~':
        return length == 1 ? KF__YAML_NULL : KF__YAML_STRING;
    case 'n':
    case 'N':
        if (is_word(all, "null"))
            return KF__YAML_NULL;
        return is_bool(all) ? KF__YAML_BOOL : KF__YAML_STRING;
    case 'y':
    case 'Y':
    case 't':
    case 'T':
    case 'f':
    case 'F':
    case 'o':
    case 'O':
        return is_bool(all) ? KF__YAML_BOOL : KF__YAML_STRING;
    case '<':
        return length == 2 && text[1] == '<' ? KF__YAML_MERGE : KF__YAML_STRING;
    case '=':
        return length == 1 ? KF__YAML_VALUE : KF__YAML_STRING;
    case '-':
    case '+':
    case '.':
        return number_type(all);
    default:
        return is_digit(text[0]) ? number_type(all) : KF__YAML_STRING;
    }
}

static int digit_value(char character)
{
    if (is_digit(character))
        return character - '0';
    return (character | 0x20) - 'a' + 10;
}

/* A magnitude that is exact while it fits 64 bits, and a double beyond. */
typedef struct magnitude {
    uint64_t exact;
    double rounded;
    bool fits;
} magnitude;

static magnitude scale_add(magnitude sum, unsigned base, unsigned digit)
{
    sum.rounded = sum.rounded * base + digit;
    sum.fits = sum.fits &&
               !__builtin_mul_overflow(sum.exact, (uint64_t)base, &sum.exact) &&
               !__builtin_add_overflow(sum.exact, (uint64_t)digit, &sum.exact);
    return sum;
}

/* Base 60 between the colons, `base` within them. */
static magnitude read_magnitude(const char *text, unsigned base)
{
    magnitude sum = {0, 0.0, true};
    magnitude part = sum;
    for (; *text != '\0'; text++) {
        if (*text == ':') {
            sum = scale_add(part, 60, 0);
            part = (magnitude){0, 0.0, true};
            for (text++; is_digit(*text); text++)
                part = scale_add(part, 10, (unsigned)digit_value(*text));
            part = (magnitude){sum.exact + part.exact, sum.rounded + part.rounded,
                sum.fits && sum.exact + part.exact >= sum.exact};
            text--;
        } else {
            part = scale_add(part, base, (unsigned)digit_value(*text));
        }
    }
    return part;
}

static kf_value *int_value(kf_tree *tree, const char *text)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    unsigned base = 10;
    if (text[0] == '0' && text[1] != '\0') {
        base = text[1] == 'b' ? 2 : text[1] == 'x' ? 16 : 8;
        text += base == 8 ? 1 : 2;
    }
    if (*text == '\0')
        return NULL;
    magnitude number = read_magnitude(text, base);
    if (number.fits && number.exact <= (uint64_t)INT64_MAX)
        return kf__tree_int(
            tree, negative ? -(int64_t)number.exact : (int64_t)number.exact);
    if (number.fits && negative && number.exact == (uint64_t)INT64_MAX + 1)
        return kf__tree_int(tree, INT64_MIN);
    /* Rounding digit by digit is off by more than one rounding; decimals can be read at
     * once. */
    if (base == 10 && strchr(text, ':') == NULL &&
        !kf__parse_double(text, &number.rounded))
        return NULL;
    if (!isfinite(number.rounded))
        return NULL;
    return kf__tree_double(tree, negative ? -number.rounded : number.rounded);
}

/* Added from the last part to the first, as PyYAML does, so that rounding is the same.
 */
static bool sixties_value(char *text, double *out)
{
    double sum = 0.0;
    double scale = 1.0;
    for (;;) {
        char *colon = strrchr(text, ':');
        double part;
        if (!kf__parse_double(colon != NULL ? colon + 1 : text, &part))
            return false;
        sum += part * scale;
        scale *= 60.0;
        if (colon == NULL)
            break;
        *colon = '\0';
    }
    *out = sum;
    return true;
}

static kf_value *float_value(kf_tree *tree, char *text)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    double number;
    if (!sixties_value(text, &number) || !isfinite(number))
        return NULL;
    return kf__tree_double(tree, negative ? -number : number);
}

static kf_value *number_value(
    kf_tree *tree, kf_yaml_type type, const char *text, size_t length)
{
    kf_buf clean = KF__BUF_INIT;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '_')
            kf__buf_putc(&clean, text[i]);
    }
    kf_value *value = NULL;
    /* An explicit tag brings any text here, also none. */
    bool is_text = clean.length > 0 && strlen(clean.data) == clean.length;
    if (clean.status != KF_OK)
        tree->status = clean.status;
    else if (is_text && type == KF__YAML_INT)
        value = int_value(tree, clean.data);
    else if (is_text)
        value = float_value(tree, clean.data);
    kf__buf_finish(&clean);
    return value;
}

kf_value *kf__yaml_value(
    kf_tree *tree, kf_yaml_type type, const char *text, size_t length)
{
    switch (type) {
    case KF__YAML_NULL:
        return kf__tree_null(tree);
    case KF__YAML_BOOL:
        return kf__tree_bool(
            tree, strchr("yYtT", text[0]) != NULL || (text[1] | 0x20) == 'n');
    case KF__YAML_INT:
    case KF__YAML_FLOAT:
        return number_value(tree, type, text, length);
    case KF__YAML_STRING:
    case KF__YAML_TIMESTAMP:
    case KF__YAML_MERGE:
    case KF__YAML_VALUE:
        break;
    }
    return kf__tree_string_n(tree, text, length);
}
