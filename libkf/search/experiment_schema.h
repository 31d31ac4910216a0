/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of Katib's and the trainer's documents. */
#ifndef KF_SEARCH_EXPERIMENT_SCHEMA_H
#define KF_SEARCH_EXPERIMENT_SCHEMA_H

#include "base/schema.h"

extern const kf_field kf__experiment_fields[]; /* Of an Experiment. */
extern const kf_field kf__job_fields[];        /* Of an OptimizationJob. */

#endif
