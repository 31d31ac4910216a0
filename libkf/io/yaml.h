/* SPDX-License-Identifier: Apache-2.0 */
/* YAML 1.1 as Kubeflow's tools read and write it. */
#ifndef KF_IO_YAML_H
#define KF_IO_YAML_H

#include "base/value.h"

/* Read all documents of the text into a list of values; marks carry line and column. A
 * pure function of its bytes. JSON is a subset, but for \u escapes of surrogates.
 *
 * Scalars are resolved as PyYAML's SafeLoader resolves them: "yes" is true, "1:30" is
 * 90, "1e5" is text (a float has a point and a signed exponent). Different from it,
 * because values are JSON's: timestamps,
 * "=" and "<<" as values stay text; names of members are their source text, whatever
 * their type; integers beyond 64 bits become doubles; infinities, NaN and a name that
 * occurs twice are errors. Merge keys work. Aliases become copies.
 *
 * KF_EPARSE with line and column: not YAML, not UTF-8, control characters, tags beyond
 * str, null, bool, int, float, seq and map, names that are lists or mappings, an alias
 * inside of its own anchor. KF_ELIMIT: depth, size, values, aliases expanded.
 * KF_ENOMEM. */
kf_status kf__yaml_read(kf_tree *tree, const char *text, size_t length, kf_value **out);

/* The same where scalars mean what they mean to Kubernetes' tools, which are written in
 * Go: "1e5" is a number, "1:30" is text, "y" is true. */
kf_status kf__yaml_read_go(
    kf_tree *tree, const char *text, size_t length, kf_value **out);

/* Append one document, without "---", byte for byte as PyYAML's yaml.dump(value,
 * sort_keys=True) writes it: block style, width 80, indent 2, ASCII, members sorted.
 * Failure shows in the buffer's status: KF_ENOMEM, KF_ELIMIT if nested deeper than
 * KF__LIMIT_DEPTH. */
void kf__yaml_write(kf_buf *buf, const kf_value *value);
/* The same value in fewer bytes: a list or struct of nothing but scalars stands in one
 * line, in brackets, where that line is no longer than 100 columns. */
void kf__yaml_write_short(kf_buf *buf, const kf_value *value);
/* As kf__yaml_write, with quotes around text that Go's reader would take for something
 * else. */
void kf__yaml_write_go(kf_buf *buf, const kf_value *value);

#endif
