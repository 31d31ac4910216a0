/* SPDX-License-Identifier: Apache-2.0 */
/* The description of a file of numbers, read as what it must be. */
#include <string.h>

#include "base/limits.h"
#include "serving/model_numbers.h"

static kf_status wrong(const char *name, const char *expected)
{
    return kf__fail(KF_EDOCUMENT, name, "expected %s", expected);
}

/* The bytes of an array: {"f64": [offset, count]}. */
static kf_status find(const kf_numbers_file *file, const kf_value *object,
    const char *name, const char *type, size_t width, size_t *count, const char **out)
{
    const kf_value *place = kf_value_get(kf_value_get(object, name), type);
    if (kf_value_length(place) != 2 ||
        kf_value_kind(kf_value_at(place, 0)) != KF_KIND_INT ||
        kf_value_kind(kf_value_at(place, 1)) != KF_KIND_INT)
        return kf__fail(KF_EDOCUMENT, name,
            "expected an array of %s: {\"%s\": [offset, count]}", type, type);
    int64_t offset = kf_value_int(kf_value_at(place, 0));
    int64_t found = kf_value_int(kf_value_at(place, 1));
    if (offset < 0 || found < 0 || (size_t)offset > file->block_length ||
        (size_t)found > (file->block_length - (size_t)offset) / width)
        return kf__fail(KF_EDOCUMENT, name,
            "%lld elements of %s at byte %lld are not within the block of %zu bytes",
            (long long)found, type, (long long)offset, file->block_length);
    if (*count != SIZE_MAX && (size_t)found != *count)
        return kf__fail(KF_EDOCUMENT, name, "has %lld elements: expected %zu",
            (long long)found, *count);
    *file->taken += (size_t)found * width;
    if (*file->taken > file->block_length)
        return kf__fail(KF_EDOCUMENT, name, "is of bytes that other arrays are of");
    *count = (size_t)found;
    *out = file->block + offset;
    return KF_OK;
}

static uint32_t word_at(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static bool is_absent(const kf_value *object, const char *name, bool required)
{
    return !required && kf_value_get(object, name) == NULL;
}

kf_status kf__numbers_doubles(const kf_numbers_file *file, const kf_value *object,
    const char *name, bool required, size_t *count, const double **out)
{
    const char *from = NULL;
    *out = NULL;
    if (is_absent(object, name, required)) {
        *count = 0;
        return KF_OK;
    }
    KF__TRY(find(file, object, name, "f64", 8, count, &from));
    double *made = kf__arena_alloc(file->arena, (*count + 1) * sizeof *made);
    if (made == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < *count; i++) {
        uint64_t bits = word_at(from + 8 * i) | (uint64_t)word_at(from + 8 * i + 4)
                                                    << 32;
        memcpy(&made[i], &bits, sizeof bits);
    }
    *out = made;
    return KF_OK;
}

kf_status kf__numbers_words(const kf_numbers_file *file, const kf_value *object,
    const char *name, bool required, bool i32, size_t *count, const uint32_t **out)
{
    const char *from = NULL;
    *out = NULL;
    if (is_absent(object, name, required)) {
        *count = 0;
        return KF_OK;
    }
    KF__TRY(find(file, object, name, i32 ? "i32" : "u32", 4, count, &from));
    uint32_t *made = kf__arena_alloc(file->arena, (*count + 1) * sizeof *made);
    if (made == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < *count; i++)
        made[i] = word_at(from + 4 * i);
    *out = made;
    return KF_OK;
}

kf_status kf__numbers_bytes(const kf_numbers_file *file, const kf_value *object,
    const char *name, size_t *count, const uint8_t **out)
{
    const char *from = NULL;
    KF__TRY(find(file, object, name, "u8", 1, count, &from));
    uint8_t *made = kf__arena_alloc(file->arena, *count + 1);
    if (made == NULL)
        return KF_ENOMEM;
    if (*count > 0)
        memcpy(made, from, *count);
    *out = made;
    return KF_OK;
}

kf_status kf__numbers_count(
    const kf_value *object, const char *name, size_t least, size_t *out)
{
    const kf_value *value = kf_value_get(object, name);
    int64_t count = kf_value_int(value);
    if (kf_value_kind(value) != KF_KIND_INT || count < (int64_t)least)
        return wrong(
            name, least > 0 ? "a positive integer" : "an integer, not negative");
    if (count > KF__LIMIT_FEATURES)
        return kf__fail(KF_ELIMIT, name, "is over the limit of %u", KF__LIMIT_FEATURES);
    *out = (size_t)count;
    return KF_OK;
}

kf_status kf__numbers_choice(const kf_value *object, const char *name,
    const char *const *texts, int otherwise, int *out)
{
    const kf_value *value = kf_value_get(object, name);
    const char *text = kf_value_string(value);
    if (value == NULL && otherwise >= 0) {
        *out = otherwise;
        return KF_OK;
    }
    for (int i = 0; text != NULL && texts[i] != NULL; i++)
        if (strcmp(texts[i], text) == 0) {
            *out = i;
            return KF_OK;
        }
    if (text == NULL)
        return wrong(name, "a text");
    return kf__fail(KF_EDOCUMENT, name,
        "'%.60s' is nothing that this version of libkf knows", text);
}
