/* SPDX-License-Identifier: Apache-2.0 */
/* The comment at the head of a compiled pipeline. */
#ifndef KF_PIPELINE_IR_COMMENT_H
#define KF_PIPELINE_IR_COMMENT_H

#include "base/value.h"

/* Name, description, inputs and outputs of `spec`, as KFP's compiler writes them; text
 * that would break a YAML comment is escaped. @param description NULL: none. */
void kf__ir_put_comment(kf_buf *buf, const kf_value *spec, const char *description);

#endif
