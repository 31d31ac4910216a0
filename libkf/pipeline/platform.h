/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of a platform need of a pipeline that is being built.
 *
 * A task's configuration is held as KFP's task.platform_config is: names as in the
 * document, and a value that exists only when the pipeline runs as
 * {"componentInputParameter": name} for an input of the pipeline, or
 * {"taskOutputParameter": {"producerTask": …, "outputParameterKey": …}}. When the
 * pipeline is lowered, such a reference counts as an input of the task (it is surfaced
 * through the groups between them, and renamed at their borders), and the producer as a
 * task that it runs after. */
#ifndef KF_PIPELINE_PLATFORM_H
#define KF_PIPELINE_PLATFORM_H

#include <kf/pipeline.h>

/* Make `config` (copied) the task's configuration for the platform, instead of merging
 * it into what there is as kf_pipeline_set_platform_config does. */
kf_status kf__pipeline_replace_platform_config(kf_pipeline *pipeline, kf_task_id task,
    const char *platform, const kf_value *config);
/* The channel that `text` is as a whole, as kf_pipeline_channel_text writes it; false
 * if it is none. */
bool kf__pipeline_channel_of_text(
    const kf_pipeline *pipeline, const char *text, kf_channel_id *out);

#endif
