/* SPDX-License-Identifier: Apache-2.0 */
/* Universal Binary JSON: numbers are big-endian, lists and objects may tell the count of
 * their items ('#') and the type of all of them ('$'). */
#include <math.h>
#include <string.h>

#include "serving/model_source.h"

void kf__ubj_start(kf_ubj *ubj, const char *data, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)data;
    *ubj = (kf_ubj){.data = bytes, .at = bytes, .end = bytes + length};
}

bool kf__ubj_fail(kf_ubj *ubj, kf_status status, const char *fault)
{
    if (ubj->status == KF_OK) {
        ubj->status = status;
        ubj->fault = fault;
    }
    return false;
}

static size_t left(const kf_ubj *ubj)
{
    return (size_t)(ubj->end - ubj->at);
}

/* Fillers are skipped. */
static char peek(kf_ubj *ubj)
{
    while (ubj->at < ubj->end && *ubj->at == 'N')
        ubj->at++;
    if (ubj->status != KF_OK || ubj->at == ubj->end)
        return '\0';
    return (char)*ubj->at;
}

static size_t size_of(char type)
{
    switch (type) {
    case 'i':
    case 'U':
    case 'C':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

static uint64_t big_endian(const unsigned char *at, size_t size)
{
    uint64_t bits = 0;
    if (size == 4)
        return (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 |
               at[3];
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | at[i];
    return bits;
}

/* The number of a type that size_of() knows. */
static double number_at(const unsigned char *at, char type)
{
    uint64_t bits = big_endian(at, size_of(type));
    uint32_t half = (uint32_t)bits;
    float narrow;
    double wide;
    switch (type) {
    case 'i':
        return (int8_t)bits;
    case 'I':
        return (int16_t)bits;
    case 'l':
        return (int32_t)half;
    case 'L':
        return (double)(int64_t)bits;
    case 'd':
        memcpy(&narrow, &half, sizeof narrow);
        return (double)narrow;
    case 'D':
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    default:
        return (double)bits;
    }
}

/* A count: of bytes, of items. */
static bool take_count(kf_ubj *ubj, uint64_t *out)
{
    char type = peek(ubj);
    size_t size = size_of(type);
    if (size == 0 || type == 'd' || type == 'D' || type == 'C')
        return kf__ubj_fail(ubj, KF_EPARSE, "a count");
    if (left(ubj) - 1 < size)
        return kf__ubj_fail(ubj, KF_EPARSE, "a whole count");
    double value = number_at(ubj->at + 1, type);
    if (value < 0 || value > (double)left(ubj) * 8)
        return kf__ubj_fail(
            ubj, KF_EPARSE, "a count that the rest of the file can hold");
    *out = (uint64_t)value;
    ubj->at += 1 + size;
    return true;
}

static bool take_bytes(kf_ubj *ubj, const char **text, size_t *length)
{
    uint64_t count;
    if (!take_count(ubj, &count))
        return false;
    if (count > left(ubj))
        return kf__ubj_fail(ubj, KF_EPARSE, "a text within the file");
    *text = (const char *)ubj->at;
    *length = (size_t)count;
    ubj->at += count;
    return true;
}

/* ---- lists and objects ---- */

static bool take_header(kf_ubj *ubj, kf_ubj_level *level)
{
    if (peek(ubj) == '$') {
        ubj->at++;
        if (peek(ubj) == '\0')
            return kf__ubj_fail(ubj, KF_EPARSE, "a type");
        level->type = (char)*ubj->at++;
        if (peek(ubj) != '#')
            return kf__ubj_fail(ubj, KF_EPARSE, "'#', as a type tells its count");
    }
    if (peek(ubj) != '#')
        return ubj->status == KF_OK;
    ubj->at++;
    level->counted = true;
    if (!take_count(ubj, &level->left))
        return false;
    size_t size = level->type != 0 ? size_of(level->type) : 1;
    if (level->left > left(ubj) / (size != 0 ? size : 1))
        return kf__ubj_fail(ubj, KF_EPARSE, "as many items as the list tells");
    return true;
}

/* The type of the value that comes; taken. */
static char take_type(kf_ubj *ubj)
{
    if (ubj->status != KF_OK)
        return '\0';
    if (ubj->depth > 0 && ubj->levels[ubj->depth - 1].type != 0)
        return ubj->levels[ubj->depth - 1].type;
    char type = peek(ubj);
    if (type == '\0')
        (void)kf__ubj_fail(ubj, KF_EPARSE, "a value");
    else
        ubj->at++;
    return type;
}

static bool enter(kf_ubj *ubj)
{
    if (ubj->depth == KF__LIMIT_DEPTH)
        return kf__ubj_fail(
            ubj, KF_ELIMIT, "nested deeper than the limit of 200 levels");
    kf_ubj_level level = {0};
    if (!take_header(ubj, &level))
        return false;
    ubj->levels[ubj->depth++] = level;
    return true;
}

/* What was taken is not what should be there. */
static bool expected(kf_ubj *ubj, const char *fault)
{
    if (ubj->status == KF_OK && ubj->at > ubj->data &&
        (ubj->depth == 0 || ubj->levels[ubj->depth - 1].type == 0))
        ubj->at--;
    return kf__ubj_fail(ubj, KF_EPARSE, fault);
}

bool kf__ubj_enter(kf_ubj *ubj, bool object)
{
    if (take_type(ubj) != (object ? '{' : '['))
        return expected(ubj, object ? "an object" : "a list");
    return enter(ubj);
}

bool kf__ubj_next(kf_ubj *ubj, bool object)
{
    if (ubj->status != KF_OK)
        return false;
    kf_ubj_level *level = &ubj->levels[ubj->depth - 1];
    if (level->counted) {
        if (level->left == 0) {
            ubj->depth--;
            return false;
        }
        level->left--;
        return true;
    }
    if (peek(ubj) != (object ? '}' : ']'))
        return ubj->at < ubj->end ||
               kf__ubj_fail(ubj, KF_EPARSE, "the end of a list or object");
    ubj->at++;
    ubj->depth--;
    return false;
}

bool kf__ubj_name(kf_ubj *ubj, const char **name, size_t *length)
{
    return kf__ubj_next(ubj, true) && take_bytes(ubj, name, length);
}

/* ---- values ---- */

bool kf__ubj_text(kf_ubj *ubj, const char **text, size_t *length)
{
    if (take_type(ubj) != 'S')
        return expected(ubj, "a text");
    return take_bytes(ubj, text, length);
}

static bool take_number(kf_ubj *ubj, double *out)
{
    char type = take_type(ubj);
    size_t size = size_of(type);
    if (type == 'T' || type == 'F') {
        *out = type == 'T';
        return true;
    }
    if (size == 0)
        return expected(ubj, "a number");
    if (left(ubj) < size)
        return kf__ubj_fail(ubj, KF_EPARSE, "a whole number");
    *out = number_at(ubj->at, type);
    ubj->at += size;
    return true;
}

/* All of one type: the check of the header was for all. */
static bool take_numbers(kf_ubj *ubj, kf_ubj_level *level, kf_numbers *out)
{
    size_t size = size_of(level->type), count = (size_t)level->left;
    if (count > SIZE_MAX / sizeof(double) - out->count)
        return kf__ubj_fail(ubj, KF_ENOMEM, "memory");
    if (out->capacity < out->count + count) {
        double *items = kf__reallocarray(out->items, out->count + count, sizeof *items);
        if (items == NULL)
            return kf__ubj_fail(ubj, KF_ENOMEM, "memory");
        out->items = items;
        out->capacity = out->count + count;
    }
    double *to = &out->items[out->count];
    for (size_t i = 0; i < count; i++)
        to[i] = number_at(ubj->at + i * size, level->type);
    out->count += count;
    ubj->at += count * size;
    level->left = 0;
    return true;
}

bool kf__ubj_numbers(kf_ubj *ubj, kf_numbers *out)
{
    if (!kf__ubj_enter(ubj, false))
        return false;
    kf_ubj_level *level = &ubj->levels[ubj->depth - 1];
    if (size_of(level->type) != 0 && level->left > 0 && !take_numbers(ubj, level, out))
        return false;
    while (kf__ubj_next(ubj, false)) {
        double number;
        if (!take_number(ubj, &number))
            return false;
        if (kf__vec_push(out, number) != KF_OK)
            return kf__ubj_fail(ubj, KF_ENOMEM, "memory");
    }
    return ubj->status == KF_OK;
}

static bool skip_inside(kf_ubj *ubj, bool object)
{
    const char *name;
    size_t length;
    if (!enter(ubj))
        return false;
    kf_ubj_level *level = &ubj->levels[ubj->depth - 1];
    size_t size = size_of(level->type);
    if (!object && size != 0) {
        ubj->at += level->left * size;
        level->left = 0;
    }
    while (object ? kf__ubj_name(ubj, &name, &length) : kf__ubj_next(ubj, false))
        if (!kf__ubj_skip(ubj))
            return false;
    return ubj->status == KF_OK;
}

bool kf__ubj_skip(kf_ubj *ubj)
{
    const char *text;
    size_t length;
    char type = take_type(ubj);
    if (type == '[' || type == '{')
        return skip_inside(ubj, type == '{');
    if (type == 'S' || type == 'H')
        return take_bytes(ubj, &text, &length);
    if (type == 'T' || type == 'F' || type == 'Z')
        return true;
    size_t size = size_of(type);
    if (size == 0)
        return expected(ubj, "a value");
    if (left(ubj) < size)
        return kf__ubj_fail(ubj, KF_EPARSE, "a whole number");
    ubj->at += size;
    return true;
}
