/* SPDX-License-Identifier: Apache-2.0 */
/* DARTS searches within the trial: this hands it the settings, the operations and the
 * number of layers, in the form that Katib's trials read. */
#include "search/nas.h"
#include "search/study.h"

#include "base/error.h"

#include <string.h>

#define ANY .least = 0, .greatest = INFINITY
#define COUNT .least = 1, .greatest = 0x1p31

static const kf_setting settings[] = {
    {.name = "num_epochs", .kind = KF_KIND_INT, .fallback = "50", COUNT},
    {.name = "w_lr", .kind = KF_KIND_DOUBLE, .fallback = "0.025", ANY},
    {.name = "w_lr_min", .kind = KF_KIND_DOUBLE, .fallback = "0.001", ANY},
    {.name = "w_momentum", .kind = KF_KIND_DOUBLE, .fallback = "0.9", ANY},
    {.name = "w_weight_decay", .kind = KF_KIND_DOUBLE, .fallback = "3e-4", ANY},
    {.name = "w_grad_clip", .kind = KF_KIND_DOUBLE, .fallback = "5.0", ANY},
    {.name = "alpha_lr", .kind = KF_KIND_DOUBLE, .fallback = "3e-4", ANY},
    {.name = "alpha_weight_decay", .kind = KF_KIND_DOUBLE, .fallback = "1e-3", ANY},
    {.name = "batch_size",
        .kind = KF_KIND_INT,
        .fallback = "128",
        .nullable = true,
        COUNT},
    {.name = "num_workers",
        .kind = KF_KIND_INT,
        .fallback = "4",
        .least = 0,
        .greatest = 0x1p31},
    {.name = "init_channels", .kind = KF_KIND_INT, .fallback = "16", COUNT},
    {.name = "print_step", .kind = KF_KIND_INT, .fallback = "50", COUNT},
    {.name = "num_nodes", .kind = KF_KIND_INT, .fallback = "4", COUNT},
    {.name = "stem_multiplier", .kind = KF_KIND_INT, .fallback = "3", COUNT},
};

/* "separable_convolution_3x3" for each value of each parameter; a skip connection has
 * none. */
static kf_value *operation_names(const kf_value *config, kf_tree *tree)
{
    kf_value *names = kf__tree_list(tree);
    const kf_value *operations = kf_value_get(config, "operations");
    for (size_t i = 0; i < kf_value_length(operations); i++) {
        const kf_value *operation = kf_value_at(operations, i);
        const kf_value *parameters = kf_value_get(operation, "parameters");
        const char *type = kf__get_text(operation, "operationType");
        if (strcmp(type, "skip_connection") == 0)
            kf__push(tree, names, kf__tree_string(tree, type));
        for (size_t j = 0; j < kf_value_length(parameters); j++) {
            const kf_value *list = kf_value_get(
                kf_value_get(kf_value_at(parameters, j), "feasibleSpace"), "list");
            for (size_t k = 0; k < kf_value_length(list); k++) {
                const char *size = kf_value_string(kf_value_at(list, k));
                if (size != NULL)
                    kf__push(tree, names,
                        kf__tree_printf(tree, "%s_%sx%s", type, size, size));
            }
        }
    }
    return names;
}

static kf_status open_darts(kf_ask *ask, void *payload, void **state)
{
    int layers;
    kf_tree tree = KF__TREE_INIT;
    kf_value *operations;
    const kf_value *config = ask->study->nas_config;
    if (config == NULL)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "darts searches an architecture: it needs a nasConfig, not parameters");
    KF__TRY(kf__nas_layers(config, &layers));
    kf_status status = kf__nas_operations(config, &tree, &operations);
    kf__tree_finish(&tree);
    return status;
}

static kf_status ask_darts(kf_ask *ask, void *state, double *point)
{
    int layers = 0;
    kf_tree tree = KF__TREE_INIT;
    const kf_value *config = ask->study->nas_config;
    KF__TRY(kf__nas_layers(config, &layers));
    kf_value *given = kf__nas_text(&tree, ask->settings->values);
    kf_value *names = kf__nas_text(&tree, operation_names(config, &tree));
    kf_value *count = kf__tree_printf(&tree, "%d", layers);
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf_ask_set(ask, "algorithm-settings", given);
    if (status == KF_OK)
        status = kf_ask_set(ask, "search-space", names);
    if (status == KF_OK)
        status = kf_ask_set(ask, "num-layers", count);
    kf__tree_finish(&tree);
    return status;
}

const kf_sampler kf__sampler_darts = {
    .size = sizeof(kf_sampler),
    .name = "darts",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .open = open_darts,
    .ask = ask_darts,
};
