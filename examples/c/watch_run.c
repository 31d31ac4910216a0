/* SPDX-License-Identifier: Apache-2.0 */
/* Watch a run as it goes, stop it at will, and ask the store what became of it.
 *     cc watch_run.c -o watch_run $(pkg-config --cflags --libs libkf) && ./watch_run */
#include <kf.h>
#include <stdio.h>
#include <unistd.h>

/* Ten drafts are made one after the other; who watches stops at the third. */
static int measure(kf_call *call, void *payload)
{
    for (int i = 0; i < 20; i++) {
        if (kf_call_canceled(call)) /* What takes long asks now and then whether to go on. */
            return 1;
        usleep(10000);
    }
    int draft = (int)kf_value_int(kf_call_input(call, "draft"));
    FILE *file = fopen(kf_call_output_path(call, "model"), "w");
    kf_value *quality = NULL;
    if (!file || fprintf(file, "draft %d\n", draft) < 0 || fclose(file))
        return 1;
    int failed = kf_value_new_double(0.3 * draft, &quality) ||
        kf_call_set_metadata(call, "metrics", "quality", quality) ||
        kf_call_set_metadata(call, "model", "draft", kf_call_input(call, "draft"));
    kf_value_free(quality);
    return failed;
}

/* Called on the run's own thread for all that happens; non-zero stops the run. */
static int on_event(const kf_event *event, void *payload)
{
    int *done = payload;
    if (!event->task || event->state != KF_STATE_SUCCEEDED)
        return 0;
    printf("%s %s\n", kf_state_name(event->state), event->task);
    return ++*done == 3;
}

static int build(kf_component *component, const kf_value *drafts, kf_pipeline *pipeline)
{
    kf_group_id loop;
    kf_channel_id draft;
    kf_task_id task;
    return kf_component_add_input(component, "draft", KF_TYPE_INTEGER, NULL) ||
        kf_component_add_output_artifact(component, "model", "system.Model", NULL) ||
        kf_component_add_output_artifact(component, "metrics", "system.Metrics", NULL) ||
        kf_component_set_call(component, "measure") ||
        kf_pipeline_begin_loop(pipeline, (kf_operand){.value = drafts},
            KF_OPTIONS(kf_loop_options, .parallelism = 1), &loop) ||
        kf_pipeline_loop_item(pipeline, loop, &draft) ||
        kf_pipeline_add_task(pipeline, component, NULL, &task) ||
        kf_pipeline_set_argument(pipeline, task, "draft", draft) || kf_pipeline_end(pipeline);
}

static void print_task(kf_store *store, const kf_value *task)
{
    const kf_value *model = kf_value_get(kf_value_get(task, "artifacts"), "model");
    const kf_value *quality = kf_value_get(kf_value_get(task, "metrics"), "quality");
    kf_value *lineage = NULL;
    if (!model || kf_store_lineage(store, kf_value_string(kf_value_get(model, "path")), &lineage))
        return;
    const kf_value *maker = kf_value_at(kf_value_get(lineage, "upstream"), 0);
    printf("quality %.1f, made by %s\n", kf_value_double(quality),
        kf_value_string(kf_value_get(maker, "task")));
    kf_value_free(lineage);
}

int main(void)
{
    static const char drafts_json[] = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
    const kf_function function = {"measure", measure, NULL};
    int done = 0;
    kf_value *drafts = NULL, *description = NULL;
    kf_component *component = NULL;
    kf_pipeline *pipeline = NULL;
    kf_store *store = NULL;
    kf_run *run = NULL;
    if (kf_value_parse(drafts_json, sizeof drafts_json - 1, &drafts) ||
        kf_component_new("measure", &component) || kf_pipeline_new("drafts", NULL, &pipeline) ||
        build(component, drafts, pipeline) || kf_store_open(NULL, &store) ||
        kf_run_start(store, pipeline, KF_OPTIONS(kf_run_options, .functions = &function,
            .function_count = 1, .no_cache = true, .on_event = on_event, .payload = &done), &run))
        return fprintf(stderr, "%s\n", kf_last_error()->message), 1;
    int failed = kf_run_wait(run, -1) != KF_ECANCELED || kf_run_describe(run, &description);
    printf("the run is %s\n", kf_state_name(kf_run_state(run)));
    const kf_value *tasks = kf_value_get(description, "tasks");
    for (size_t i = 0; i < kf_value_length(tasks); i++)
        print_task(store, kf_value_at(tasks, i));
    kf_value_free(description);
    kf_run_free(run);
    kf_store_free(store);
    kf_pipeline_free(pipeline);
    kf_component_free(component);
    kf_value_free(drafts);
    return failed;
}
