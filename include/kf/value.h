/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Values: what parameters, defaults, metadata and documents are made of (JSON's
 * data model, with integers kept apart from doubles).
 *
 * A value that the caller made or was given (`_new`, `_parse`, `_dup`, or an out
 * parameter) is a root and owns all below it; end it with @ref kf_value_free. A value
 * reached through an accessor belongs to its root and is const: it is borrowed until
 * the root is changed or freed.
 *
 * The accessors take NULL for a value, which reads as null, so that a path can be
 * followed without a check at each step: `kf_value_string(kf_value_get(kf_value_get(v,
 * "spec"), "name"))`.
 *
 * Threads: a value that nobody changes may be read by any number of threads at once.
 *
 * Limits: 200 levels of nesting, 16 MiB for one string; @ref kf_value_parse takes 64
 * MiB of text and about 8 million values.
 */
#ifndef KF_VALUE_H
#define KF_VALUE_H

#include <kf/base.h>

KF_BEGIN_DECLS

/** A value of any kind. */
typedef struct kf_value kf_value;

/** What a value is. */
typedef enum kf_kind {
    KF_KIND_NULL = 0,
    KF_KIND_BOOL = 1,
    KF_KIND_INT = 2,    /**< 64 bits, signed. */
    KF_KIND_DOUBLE = 3, /**< IEEE 754 double, never NaN or infinite. */
    KF_KIND_STRING = 4, /**< UTF-8, may hold NUL bytes: see @ref kf_value_length. */
    KF_KIND_LIST = 5,
    KF_KIND_STRUCT = 6 /**< Names to values, names unique, order kept. */
} kf_kind;

/**
 * @brief Make an empty value of @p kind: null, false, 0, 0.0, "", [] or {}.
 * @param[out] out The caller's, to be freed.
 * @return KF_OK, KF_EINVAL if @p kind is none, or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_value_new(kf_kind kind, kf_value **out);
/** Make a boolean. KF_OK or KF_ENOMEM; @p out is the caller's. */
KF_API KF_MUST_CHECK kf_status kf_value_new_bool(bool boolean, kf_value **out);
/** Make an integer. KF_OK or KF_ENOMEM; @p out is the caller's. */
KF_API KF_MUST_CHECK kf_status kf_value_new_int(int64_t integer, kf_value **out);
/** Make a double. KF_OK, KF_EINVAL if @p number is NaN or infinite, or KF_ENOMEM; @p
 * out is the caller's. */
KF_API KF_MUST_CHECK kf_status kf_value_new_double(double number, kf_value **out);
/**
 * @brief Make a string of NUL-terminated @p text, which is copied.
 * @param[out] out The caller's, to be freed.
 * @return KF_OK, KF_EINVAL if @p text is not UTF-8, KF_ELIMIT if it is over 16 MiB, or
 * KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_value_new_string(const char *text, kf_value **out);
/**
 * @brief Copy a value, root or not, with all below it.
 * @param[out] out A root of its own, the caller's.
 * @return KF_OK or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_value_dup(const kf_value *value, kf_value **out);
/** End a root and all below it. NULL is fine. */
KF_API void kf_value_free(kf_value *value);

/**
 * @brief Read JSON text (RFC 8259), the whole of it one value.
 *
 * Numbers without point and exponent that fit 64 bits become integers, all others
 * doubles. A name that occurs twice in an object is an error, as are NaN, Infinity, a
 * number beyond a double's range, a NUL byte in a name and half a surrogate pair.
 * @param text Need not end in a NUL byte; may be NULL if @p length is 0.
 * @param length Bytes of @p text.
 * @param[out] out The caller's, to be freed.
 * @return KF_OK; KF_EPARSE with line and column; KF_ELIMIT (see above); or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_value_parse(
    const char *text, size_t length, kf_value **out);

/** How JSON is laid out. */
typedef enum kf_json_style {
    KF_JSON_COMPACT = 0, /**< `{"a":1,"b":[2,3]}` */
    KF_JSON_SPACED = 1,  /**< `{"a": 1, "b": [2, 3]}`, as Python's json.dumps. */
    KF_JSON_INDENTED = 2 /**< Two spaces a level. */
} kf_json_style;

/**
 * @brief Write a value as JSON, members in their order.
 *
 * Layout, escapes and numbers are those of Python's `json.dumps(ensure_ascii=False)`:
 * text beyond ASCII stays UTF-8, and a double is the shortest text that reads back as
 * the same number ("0.1", "3.0", "1e-05").
 * @param[out] out NUL-terminated; end it with @ref kf_text_free.
 * @return KF_OK, KF_EINVAL if @p style is none, or KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_value_write(
    const kf_value *value, kf_json_style style, char **out);

/** What @p value is; KF_KIND_NULL for NULL. */
KF_API kf_kind kf_value_kind(const kf_value *value);
/** The boolean; false for any other kind. */
KF_API bool kf_value_bool(const kf_value *value);
/** The integer; a double is truncated towards 0 and clamped to 64 bits; 0 for any other
 * kind. */
KF_API int64_t kf_value_int(const kf_value *value);
/** The double; an integer is converted; 0 for any other kind. */
KF_API double kf_value_double(const kf_value *value);
/** The text, NUL-terminated, borrowed; NULL for any other kind. */
KF_API const char *kf_value_string(const kf_value *value);
/** Bytes of a string, items of a list, members of a struct; otherwise 0. */
KF_API size_t kf_value_length(const kf_value *value);
/** Item of a list or value of a struct's member at @p index; NULL past the end or
 * otherwise. Borrowed. */
KF_API const kf_value *kf_value_at(const kf_value *value, size_t index);
/** Name of a struct's member at @p index; NULL past the end or otherwise. Borrowed. */
KF_API const char *kf_value_key(const kf_value *value, size_t index);
/**
 * @brief Value of the member @p key, found in constant time on average.
 * @return Borrowed; NULL if there is no such member or @p value (which may be NULL) is
 * no struct.
 */
KF_API const kf_value *kf_value_get(const kf_value *value, const char *key);
/** Same kind and content; the order of members does not matter; 1 equals 1.0. NULL
 * equals NULL alone. */
KF_API bool kf_value_equal(const kf_value *a, const kf_value *b);

/** @name Building structs
 * @p root is a root; @p key and what is put in are copied. A member of that name is
 * replaced and keeps its place, a new one comes last.
 * @return KF_OK; KF_ETYPE if @p root is no struct; KF_EINVAL if a text is not UTF-8 or
 * a number is NaN or infinite; KF_ELIMIT for nesting beyond 200 levels or a string over
 * 16 MiB; or KF_ENOMEM. After a failure the root is as it was. The memory of what was
 * replaced is given back with the root.
 * @{ */
/** Set the member @p key to a copy of @p value, which may be @p root itself or a part
 * of it. */
KF_API KF_MUST_CHECK kf_status kf_value_set(
    kf_value *root, const char *key, const kf_value *value);
/** Set the member @p key to a boolean. */
KF_API KF_MUST_CHECK kf_status kf_value_set_bool(
    kf_value *root, const char *key, bool boolean);
/** Set the member @p key to an integer. */
KF_API KF_MUST_CHECK kf_status kf_value_set_int(
    kf_value *root, const char *key, int64_t integer);
/** Set the member @p key to a double. */
KF_API KF_MUST_CHECK kf_status kf_value_set_double(
    kf_value *root, const char *key, double number);
/** Set the member @p key to a string. */
KF_API KF_MUST_CHECK kf_status kf_value_set_string(
    kf_value *root, const char *key, const char *text);
/** @} */

/** @name Building lists
 * The same for lists: KF_ETYPE if @p root is no list, and the rest as above.
 * @{ */
/** Append a copy of @p value, which may be @p root itself or a part of it. */
KF_API KF_MUST_CHECK kf_status kf_value_add(kf_value *root, const kf_value *value);
/** Append a boolean. */
KF_API KF_MUST_CHECK kf_status kf_value_add_bool(kf_value *root, bool boolean);
/** Append an integer. */
KF_API KF_MUST_CHECK kf_status kf_value_add_int(kf_value *root, int64_t integer);
/** Append a double. */
KF_API KF_MUST_CHECK kf_status kf_value_add_double(kf_value *root, double number);
/** Append a string. */
KF_API KF_MUST_CHECK kf_status kf_value_add_string(kf_value *root, const char *text);
/** @} */

KF_END_DECLS

#endif
