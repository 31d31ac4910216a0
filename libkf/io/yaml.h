/* SPDX-License-Identifier: Apache-2.0 */
/* YAML 1.1 as Kubeflow's tools read and write it. */
#ifndef KF_IO_YAML_H
#define KF_IO_YAML_H

#include "base/value.h"

/* Read all documents of the text into a list of values. Scalars are resolved as PyYAML's SafeLoader
 * resolves them (JSON is a subset). Marks carry line and column. Tags beyond the core ones, duplicate
 * names, non-string names, non-UTF-8 text, and aliases past the limit are errors with a place. */
kf_status kf__yaml_read(kf_tree *tree, const char *text, size_t length, kf_value **out);

/* Append one document, without "---", byte for byte as PyYAML's
 * yaml.dump(value, sort_keys=True) writes it: block style, width 80, indent 2. Members are written sorted. */
void kf__yaml_write(kf_buf *buf, const kf_value *value);

#endif
