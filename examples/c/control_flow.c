/* SPDX-License-Identifier: Apache-2.0 */
/* A loop and branches, the twin of examples/python/control_flow.py: score candidates side by side,
 * gather the scores, and act on the best.
 *     cc control_flow.c -o control_flow $(pkg-config --cflags --libs libkf) && ./control_flow */
#include <kf.h>
#include <stdio.h>

static int score(kf_call *call, void *payload)
{
    kf_value *result = NULL;
    double depth = kf_value_double(kf_call_input(call, "depth"));
    int failed = kf_value_new_double(1 - 1 / (1 + depth), &result) ||
        kf_call_set_output(call, "score", result);
    kf_value_free(result);
    return failed;
}

static int best(kf_call *call, void *payload)
{
    const kf_value *scores = kf_call_input(call, "scores"), *top = kf_value_at(scores, 0);
    for (size_t i = 1; i < kf_value_length(scores); i++)
        if (kf_value_double(kf_value_at(scores, i)) > kf_value_double(top))
            top = kf_value_at(scores, i);
    return kf_call_set_output(call, "top", top);
}

static int decide(kf_call *call, void *payload)
{
    return kf_call_set_output(call, "text", kf_call_input(call, "text"));
}

static int describe(kf_component *scoring, kf_component *choosing, kf_component *deciding)
{
    return kf_component_add_input(scoring, "depth", KF_TYPE_INTEGER, NULL) ||
        kf_component_add_output(scoring, "score", KF_TYPE_DOUBLE, NULL) ||
        kf_component_set_call(scoring, "score") ||
        kf_component_add_input(choosing, "scores", KF_TYPE_LIST, NULL) ||
        kf_component_add_output(choosing, "top", KF_TYPE_DOUBLE, NULL) ||
        kf_component_set_call(choosing, "best") ||
        kf_component_add_input(deciding, "text", KF_TYPE_STRING, NULL) ||
        kf_component_add_output(deciding, "text", KF_TYPE_STRING, NULL) ||
        kf_component_set_call(deciding, "decide");
}

static int add_loop(kf_pipeline *pipeline, kf_component *scoring, const kf_value *depths,
    kf_channel_id *scores)
{
    kf_group_id loop;
    kf_channel_id depth, score;
    kf_task_id task;
    return kf_pipeline_begin_loop(pipeline, (kf_operand){.value = depths},
               KF_OPTIONS(kf_loop_options, .parallelism = 2), &loop) ||
        kf_pipeline_loop_item(pipeline, loop, &depth) ||
        kf_pipeline_add_task(pipeline, scoring, NULL, &task) ||
        kf_pipeline_set_argument(pipeline, task, "depth", depth) ||
        kf_pipeline_task_output(pipeline, task, "score", &score) || kf_pipeline_end(pipeline) ||
        kf_pipeline_collected(pipeline, score, scores);
}

/* What a branch holds, and its end. */
static int add_decision(kf_pipeline *pipeline, kf_component *deciding, const char *text,
    kf_channel_id *decision)
{
    kf_task_id task;
    return kf_pipeline_add_task(pipeline, deciding, NULL, &task) ||
        kf_pipeline_set_string(pipeline, task, "text", text) ||
        kf_pipeline_task_output(pipeline, task, "text", decision) || kf_pipeline_end(pipeline);
}

static int add_branches(kf_pipeline *pipeline, kf_component *deciding, kf_channel_id top,
    const kf_value *bars, kf_channel_id *chosen)
{
    kf_operand operand = {.channel = top};
    kf_condition_id good, middling;
    kf_channel_id decisions[3];
    kf_group_id group;
    return kf_pipeline_compare(pipeline, operand, KF_GREATER_EQUAL,
               (kf_operand){.value = kf_value_at(bars, 0)}, &good) ||
        kf_pipeline_compare(pipeline, operand, KF_GREATER_EQUAL,
            (kf_operand){.value = kf_value_at(bars, 1)}, &middling) ||
        kf_pipeline_begin_if(pipeline, good, "good", &group) ||
        add_decision(pipeline, deciding, "deploy it", &decisions[0]) ||
        kf_pipeline_begin_elif(pipeline, middling, "middling", &group) ||
        add_decision(pipeline, deciding, "train for longer", &decisions[1]) ||
        kf_pipeline_begin_else(pipeline, "poor", &group) ||
        add_decision(pipeline, deciding, "think again", &decisions[2]) ||
        kf_pipeline_one_of(pipeline, decisions, 3, chosen);
}

int main(void)
{
    const kf_function functions[] = {{"score", score, 0}, {"best", best, 0}, {"decide", decide, 0}};
    kf_component *scoring = NULL, *choosing = NULL, *deciding = NULL;
    kf_value *depths = NULL, *bars = NULL, *decision = NULL;
    kf_pipeline *pipeline = NULL;
    kf_store *store = NULL;
    kf_run *run = NULL;
    kf_task_id task;
    kf_channel_id scores, top, chosen;
    int failed = kf_value_parse("[1, 2, 5]", 9, &depths) ||
        kf_value_parse("[0.8, 0.5]", 10, &bars) ||
        kf_component_new("score", &scoring) || kf_component_new("best", &choosing) ||
        kf_component_new("decide", &deciding) || describe(scoring, choosing, deciding) ||
        kf_pipeline_new("choose", NULL, &pipeline) ||
        add_loop(pipeline, scoring, depths, &scores) ||
        kf_pipeline_add_task(pipeline, choosing, NULL, &task) ||
        kf_pipeline_set_argument(pipeline, task, "scores", scores) ||
        kf_pipeline_task_output(pipeline, task, "top", &top) ||
        add_branches(pipeline, deciding, top, bars, &chosen) ||
        kf_pipeline_set_output(pipeline, "decision", chosen) || kf_store_open(NULL, &store) ||
        kf_run_start(store, pipeline, KF_OPTIONS(kf_run_options, .functions = functions,
            .function_count = 3), &run) ||
        kf_run_wait(run, -1) || kf_run_output(run, "decision", &decision);
    printf("%s\n", failed ? kf_last_error()->message : kf_value_string(decision));
    kf_value_free(decision);
    kf_run_free(run);
    kf_store_free(store);
    kf_pipeline_free(pipeline);
    kf_component_free(deciding);
    kf_component_free(choosing);
    kf_component_free(scoring);
    kf_value_free(bars);
    kf_value_free(depths);
    return failed;
}
