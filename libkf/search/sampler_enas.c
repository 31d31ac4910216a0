/* SPDX-License-Identifier: Apache-2.0 */
/* ENAS: a controller writes architectures, and learns from what became of each (REINFORCE
 * with a baseline; steps that would carry it too far from where the architecture was
 * drawn are left out, as in PPO). Parameters of a trial are "architecture" and
 * "nn_config", as Katib's trials read them. */
#include "search/controller.h"
#include "search/nas.h"
#include "search/study.h"

#include <stdio.h>

#include "base/error.h"

#define CLIP 0.2
#define ANY .least = 0, .greatest = INFINITY
#define SHARE .least = 0, .greatest = 1

static const kf_setting settings[] = {
    {.name = "controller_hidden_size",
        .kind = KF_KIND_INT,
        .fallback = "64",
        .least = 1,
        .greatest = 1024},
    {.name = "controller_temperature",
        .kind = KF_KIND_DOUBLE,
        .fallback = "5.0",
        .nullable = true,
        ANY},
    {.name = "controller_tanh_const",
        .kind = KF_KIND_DOUBLE,
        .fallback = "2.25",
        .nullable = true,
        ANY},
    {.name = "controller_entropy_weight",
        .kind = KF_KIND_DOUBLE,
        .fallback = "1e-5",
        .nullable = true,
        ANY},
    {.name = "controller_baseline_decay",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.999",
        SHARE},
    {.name = "controller_learning_rate",
        .kind = KF_KIND_DOUBLE,
        .fallback = "5e-5",
        SHARE},
    {.name = "controller_skip_target",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.4",
        .least = 0,
        .greatest = 1,
        .open = true},
    {.name = "controller_skip_weight",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.8",
        .nullable = true,
        ANY},
    {.name = "controller_train_steps",
        .kind = KF_KIND_INT,
        .fallback = "50",
        .least = 1,
        .greatest = 100000},
    {.name = "controller_log_every_steps",
        .kind = KF_KIND_INT,
        .fallback = "10",
        .least = 1,
        .greatest = INFINITY},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

typedef struct enas {
    kf_tree tree;
    kf_value *operations;
    kf_controller *controller;
    kf_architecture architecture;
    int layers;
    int64_t learnt; /* Trials by the order of their end. */
    bool has_baseline;
    double baseline;
} enas;

static double setting(const kf_ask *ask, const char *name)
{
    return kf_value_double(kf_ask_setting(ask, name));
}

/* ---- opening ---- */

static void close_enas(void *state)
{
    enas *self = state;
    if (self == NULL)
        return;
    kf__controller_free(self->controller);
    kf__tree_finish(&self->tree);
    kf__free(self);
}

static kf_status prepare(kf_ask *ask, enas *self)
{
    const kf_value *config = ask->study->nas_config;
    if (config == NULL)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "enas searches an architecture: it needs a nasConfig, not parameters");
    KF__TRY(kf__nas_layers(config, &self->layers));
    KF__TRY(kf__nas_operations(config, &self->tree, &self->operations));
    const kf_controller_shape shape = {self->layers,
        (int)kf_value_length(self->operations),
        (int)setting(ask, "controller_hidden_size"),
        setting(ask, "controller_temperature"), setting(ask, "controller_tanh_const"),
        setting(ask, "controller_skip_target")};
    kf_random random = kf__random(ask->study->seed, UINT64_MAX);
    size_t layers = (size_t)self->layers;
    self->architecture.operations =
        kf__arena_alloc(&self->tree.arena, layers * sizeof(int));
    self->architecture.skips =
        kf__arena_alloc(&self->tree.arena, layers * layers * sizeof(bool));
    if (self->architecture.operations == NULL || self->architecture.skips == NULL)
        return kf__nomem();
    return kf__controller_new(&shape, &random, &self->controller);
}

static kf_status open_enas(kf_ask *ask, void *payload, void **state)
{
    enas *self = kf__calloc(1, sizeof *self);
    if (self == NULL)
        return kf__nomem();
    kf_status status = prepare(ask, self);
    if (status == KF_OK)
        *state = self;
    else
        close_enas(self);
    return status;
}

/* ---- learning ---- */

/* [[operation], [operation, skip to layer 0], …] */
static void read_architecture(enas *self, const kf_value *layers)
{
    for (int layer = 0; layer < self->layers; layer++) {
        const kf_value *row = kf_value_at(layers, (size_t)layer);
        self->architecture.operations[layer] = (int)kf_value_int(kf_value_at(row, 0));
        for (int before = 0; before < layer; before++)
            self->architecture.skips[layer * self->layers + before] =
                kf_value_int(kf_value_at(row, (size_t)before + 1)) != 0;
    }
}

static void learn_from(const kf_ask *ask, enas *self, const kf_trial *trial)
{
    double drawn = kf_value_double(kf_value_get(trial->attributes, "log_probability"));
    double entropy = kf_value_double(kf_value_get(trial->attributes, "entropy"));
    double reward =
        -trial->losses[0] + setting(ask, "controller_entropy_weight") * entropy;
    double decay = setting(ask, "controller_baseline_decay");
    self->baseline =
        self->has_baseline ? decay * self->baseline + (1 - decay) * reward : reward;
    self->has_baseline = true;
    double advantage = reward - self->baseline;
    read_architecture(self, kf_value_get(trial->attributes, "layers"));
    for (int64_t i = kf_value_int(kf_ask_setting(ask, "controller_train_steps")); i > 0;
         i--) {
        double ratio =
            exp(kf__controller_score_of(self->controller, &self->architecture)
                    .log_probability -
                drawn);
        bool is_far = advantage > 0 ? ratio > 1 + CLIP : ratio < 1 - CLIP;
        kf__controller_train(self->controller, &self->architecture,
            is_far ? 0 : advantage, setting(ask, "controller_skip_weight"),
            setting(ask, "controller_learning_rate"));
    }
}

/* In the order in which trials ended, each once. */
static void learn(const kf_ask *ask, enas *self)
{
    for (; self->learnt < ask->study->ended; self->learnt++) {
        for (size_t i = 0; i < kf_ask_trial_count(ask); i++) {
            const kf_trial *trial = kf_ask_trial(ask, i);
            if (trial->order == self->learnt && trial->losses != NULL &&
                kf_value_get(trial->attributes, "layers") != NULL)
                learn_from(ask, self, trial);
        }
    }
}

/* ---- asking ---- */

static kf_value *layers_value(const enas *self, kf_tree *tree)
{
    kf_value *layers = kf__tree_list(tree);
    for (int layer = 0; layer < self->layers; layer++) {
        kf_value *row = kf__tree_list(tree);
        kf__push(tree, row, kf__tree_int(tree, self->architecture.operations[layer]));
        for (int before = 0; before < layer; before++)
            kf__push(tree, row,
                kf__tree_int(
                    tree, self->architecture.skips[layer * self->layers + before]));
        kf__push(tree, layers, row);
    }
    return layers;
}

static kf_value *network_value(const enas *self, const kf_value *config, kf_tree *tree)
{
    kf_value *network = kf__tree_struct(tree);
    const kf_value *graph = kf_value_get(config, "graphConfig");
    kf__put_int(tree, network, "num_layers", self->layers);
    kf__put(tree, network, "input_sizes",
        kf__tree_copy(tree, kf_value_get(graph, "inputSizes")));
    kf__put(tree, network, "output_sizes",
        kf__tree_copy(tree, kf_value_get(graph, "outputSizes")));
    kf_value *embedding = kf__put_struct(tree, network, "embedding");
    for (int layer = 0; layer < self->layers; layer++) {
        char id[16];
        int operation = self->architecture.operations[layer];
        (void)snprintf(id, sizeof id, "%d", operation);
        kf__put(tree, embedding, id,
            kf__tree_copy(tree, kf_value_at(self->operations, (size_t)operation)));
    }
    return network;
}

static kf_status note_all(
    kf_ask *ask, const enas *self, const kf_controller_score *score)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *layers = layers_value(self, &tree);
    kf_value *network = network_value(self, ask->study->nas_config, &tree);
    kf_value *architecture = kf__nas_text(&tree, layers);
    kf_value *config = kf__nas_text(&tree, network);
    kf_value *drawn = kf__tree_double(&tree, score->log_probability);
    kf_value *entropy = kf__tree_double(&tree, score->entropy);
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf_ask_set(ask, "architecture", architecture);
    if (status == KF_OK)
        status = kf_ask_set(ask, "nn_config", config);
    if (status == KF_OK)
        status = kf_ask_note(ask, "layers", layers);
    if (status == KF_OK)
        status = kf_ask_note(ask, "log_probability", drawn);
    if (status == KF_OK)
        status = kf_ask_note(ask, "entropy", entropy);
    kf__tree_finish(&tree);
    return status;
}

static kf_status ask_enas(kf_ask *ask, void *state, double *point)
{
    enas *self = state;
    learn(ask, self);
    kf_controller_score score =
        kf__controller_sample(self->controller, &ask->random, &self->architecture);
    return note_all(ask, self, &score);
}

const kf_sampler kf__sampler_enas = {
    .size = sizeof(kf_sampler),
    .name = "enas",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .open = open_enas,
    .ask = ask_enas,
    .close = close_enas,
};
