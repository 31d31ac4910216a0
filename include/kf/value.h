/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Values: what parameters, defaults, metadata and documents are made of (JSON's data model,
 * with integers kept apart from doubles).
 *
 * A value that the caller made or was given (`_new`, `_parse`, `_dup`, or an out parameter) is a root
 * and owns all below it; end it with @ref kf_value_free. A value reached through an accessor belongs
 * to its root and is const.
 */
#ifndef KF_VALUE_H
#define KF_VALUE_H

#include <kf/base.h>

KF_BEGIN_DECLS

typedef struct kf_value kf_value;

typedef enum kf_kind {
    KF_KIND_NULL = 0,
    KF_KIND_BOOL = 1,
    KF_KIND_INT = 2,    /**< 64 bits, signed. */
    KF_KIND_DOUBLE = 3, /**< IEEE 754 double, never NaN or infinite. */
    KF_KIND_STRING = 4, /**< UTF-8, may hold NUL bytes: see @ref kf_value_length. */
    KF_KIND_LIST = 5,
    KF_KIND_STRUCT = 6 /**< Names to values, names unique, order kept. */
} kf_kind;

/** Make an empty value of @p kind: null, false, 0, 0.0, "", [] or {}. KF_OK, KF_EINVAL, KF_ENOMEM. */
KF_API KF_MUST_CHECK kf_status kf_value_new(kf_kind kind, kf_value **out);
KF_API KF_MUST_CHECK kf_status kf_value_new_bool(bool boolean, kf_value **out);
KF_API KF_MUST_CHECK kf_status kf_value_new_int(int64_t integer, kf_value **out);
/** KF_EINVAL if @p number is NaN or infinite. */
KF_API KF_MUST_CHECK kf_status kf_value_new_double(double number, kf_value **out);
/** KF_EINVAL if @p text is not UTF-8. */
KF_API KF_MUST_CHECK kf_status kf_value_new_string(const char *text, kf_value **out);
KF_API KF_MUST_CHECK kf_status kf_value_dup(const kf_value *value, kf_value **out);
KF_API void kf_value_free(kf_value *value);

/**
 * @brief Read JSON text (RFC 8259), the whole of it one value.
 * Numbers without point and exponent that fit 64 bits become integers. A name that occurs twice is
 * KF_EPARSE, as are NaN and Infinity.
 * @return KF_OK, KF_EPARSE with line and column, KF_ELIMIT (depth, size), KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_value_parse(const char *text, size_t length, kf_value **out);

typedef enum kf_json_style {
    KF_JSON_COMPACT = 0, /**< `{"a":1,"b":[2,3]}` */
    KF_JSON_SPACED = 1,  /**< `{"a": 1, "b": [2, 3]}`, as Python's json.dumps. */
    KF_JSON_INDENTED = 2 /**< Two spaces a level. */
} kf_json_style;

/** Write JSON; text beyond ASCII stays UTF-8. End @p out with @ref kf_text_free. */
KF_API KF_MUST_CHECK kf_status kf_value_write(const kf_value *value, kf_json_style style, char **out);

KF_API kf_kind kf_value_kind(const kf_value *value);
/** False for any other kind. */
KF_API bool kf_value_bool(const kf_value *value);
/** 0 for any other kind; a double is truncated and clamped. */
KF_API int64_t kf_value_int(const kf_value *value);
/** 0 for any other kind; an integer is converted. */
KF_API double kf_value_double(const kf_value *value);
/** The text, NUL-terminated, borrowed; NULL for any other kind. */
KF_API const char *kf_value_string(const kf_value *value);
/** Bytes of a string, items of a list, members of a struct; otherwise 0. */
KF_API size_t kf_value_length(const kf_value *value);
/** Item of a list or value of a struct's member at @p index; NULL past the end or otherwise. */
KF_API const kf_value *kf_value_at(const kf_value *value, size_t index);
/** Name of a struct's member at @p index; NULL past the end or otherwise. */
KF_API const char *kf_value_key(const kf_value *value, size_t index);
/** Value of the member @p key; NULL if there is none or @p value (which may be NULL) is no struct. */
KF_API const kf_value *kf_value_get(const kf_value *value, const char *key);
/** Same kind and content; member order does not matter; 1 equals 1.0. */
KF_API bool kf_value_equal(const kf_value *a, const kf_value *b);

/* Building: the root is a list or a struct, and what is put in is copied. KF_ETYPE if the root is
 * not of the kind, KF_EINVAL for text that is not UTF-8 and for NaN, KF_ENOMEM. */

/** Set the member @p key, replacing one of that name. */
KF_API KF_MUST_CHECK kf_status kf_value_set(kf_value *root, const char *key, const kf_value *value);
KF_API KF_MUST_CHECK kf_status kf_value_set_bool(kf_value *root, const char *key, bool boolean);
KF_API KF_MUST_CHECK kf_status kf_value_set_int(kf_value *root, const char *key, int64_t integer);
KF_API KF_MUST_CHECK kf_status kf_value_set_double(kf_value *root, const char *key, double number);
KF_API KF_MUST_CHECK kf_status kf_value_set_string(kf_value *root, const char *key, const char *text);
/** Append an item. */
KF_API KF_MUST_CHECK kf_status kf_value_add(kf_value *root, const kf_value *value);
KF_API KF_MUST_CHECK kf_status kf_value_add_bool(kf_value *root, bool boolean);
KF_API KF_MUST_CHECK kf_status kf_value_add_int(kf_value *root, int64_t integer);
KF_API KF_MUST_CHECK kf_status kf_value_add_double(kf_value *root, double number);
KF_API KF_MUST_CHECK kf_status kf_value_add_string(kf_value *root, const char *text);

KF_END_DECLS

#endif
