/* SPDX-License-Identifier: Apache-2.0 */
/* The Python runtime, pipeline/runtime/kf_runtime.py: what executes the function of a
 * Python component. Written into C while building. All texts are ASCII and end with
 * NUL, which the length does not count. */
#ifndef KF_PIPELINE_RUNTIME_H
#define KF_PIPELINE_RUNTIME_H

#include <stddef.h>

/* The runtime, as it stands in its file. */
extern const char kf__runtime_source[];
extern const size_t kf__runtime_source_length;

/* The program of a component that carries its runtime along, with the same outer shape
 * as KFP's: command ["sh", "-ec", kf__runtime_program, <source>], args
 * ["--executor_input", "{{$}}",
 * "--function_to_execute", <function>]. It holds the runtime without comments,
 * deflated, in base64; it needs sh, mktemp and Python 3.9 or later, and no network. */
extern const char kf__runtime_program[];
extern const size_t kf__runtime_program_length;

/* What a command that starts a Python component has in its program: KFP's, or the one
 * above. */
#define KF__RUNTIME_KFP_MARK "kfp.dsl.executor_main"
#define KF__RUNTIME_MARK "\"$program_path/kf_runtime.py\""
#define KF__RUNTIME_MODULE_MARK "\"$program_path/ephemeral_component.py\""

#endif
