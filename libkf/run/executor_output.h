/* SPDX-License-Identifier: Apache-2.0 */
/* executor_output.json, the document in which a task says what came of it. */
#ifndef KF_RUN_EXECUTOR_OUTPUT_H
#define KF_RUN_EXECUTOR_OUTPUT_H

#include "base/value.h"

/* From text to ExecutorOutput, in the tree: members and their types are those that
 * KFP's launcher takes, null is as good as absent, and custom_path and the like stand
 * under their JSON names afterwards. KF_EFAILED: it is none, and the message says where
 * and why. */
kf_status kf__executor_output_read(
    kf_tree *tree, const char *text, size_t length, kf_value **out);
/* Append a line for each output that `output` names and `definitions` (ComponentSpec's
 * outputDefinitions) do not. */
void kf__executor_output_note_strangers(
    const kf_value *output, const kf_value *definitions, kf_buf *out);

#endif
