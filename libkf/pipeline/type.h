/* SPDX-License-Identifier: Apache-2.0 */
/* Types of inputs and outputs: their several names in Kubeflow, and which of them
 * agree. */
#ifndef KF_PIPELINE_TYPE_H
#define KF_PIPELINE_TYPE_H

#include <kf/component.h>

#include "base/buf.h"
#include "base/value.h"

#define KF__SCHEMA_ARTIFACT "system.Artifact"
#define KF__SCHEMA_VERSION "0.0.1"

/* Type of the IR's name, such as "NUMBER_INTEGER"; KF_TYPE_NONE if it is none. */
kf_type kf__type_of_name(const char *name);
/* KFP's name of a parameter type in channels and component specifications: "String",
 * "Integer", "Float", "Boolean", "List", "Dict", "PipelineTaskFinalStatus",
 * "TaskConfig"; NULL for no type. */
const char *kf__type_spec_name(kf_type type);
/* Type of such a name or of one that KFP takes for it in component YAML ("int",
 * "JsonObject", "typing.List[str]", …), whatever its case; KF_TYPE_NONE if it is no
 * parameter's. */
kf_type kf__type_of_spec_name(const char *name);
/* The name in the header comment of a compiled document: "str", "int", "float", …; NULL
 * for none. */
const char *kf__type_comment_name(kf_type type);

/* Append the type for people: "NUMBER_INTEGER", "system.Model@0.0.1",
 * "List[system.Model@0.0.1]". */
void kf__put_type(kf_buf *buf, const kf_io *io);
/* Whether what gives `given` may feed what expects `expected`. Parameters: the same
 * type, where a final status and a task configuration are structs. Artifacts: both
 * lists or neither, and one of them system.Artifact, or the same title and the same
 * major version (KFP: type_utils.py). */
bool kf__types_agree(const kf_io *given, const kf_io *expected);
/* KF_ETYPE with KFP's message unless they agree. */
kf_status kf__types_check(const kf_io *given, const kf_io *expected, const char *where);

/* The type that a constant has of itself; KF_TYPE_NONE for null. */
kf_type kf__type_of_value(const kf_value *value);
/* Whether a constant may stand for a parameter of the type: an integer also for a
 * double, and a double without fraction also for an integer. */
bool kf__type_accepts(kf_type type, const kf_value *value);
/* Copy a constant as KFP writes it in a document: every number a double (protobuf's
 * Value). */
kf_value *kf__document_value(kf_tree *tree, const kf_value *value);

/* Whether `title` is "system.Name" or "google.Name", and `version` of three parts, as
 * KFP demands. NULL: their defaults. */
kf_status kf__schema_check(const char *title, const char *version, const char *where);

#endif
