/* SPDX-License-Identifier: Apache-2.0 */
/* An experiment to YAML or JSON. */
#include "search/experiment.h"

#include "base/options.h"
#include "io/yaml.h"

/* The experiment as it is to be written, in the tree. */
static kf_value *make(const kf_experiment *experiment,
    const kf_experiment_write_options *options, kf_tree *tree)
{
    bool defaults = options->defaults && !experiment->is_job;
    kf_value *document =
        kf__tree_copy(tree, defaults ? experiment->full : experiment->document);
    if (options->status != NULL)
        kf__put(tree, document, "status", kf__tree_copy(tree, options->status));
    return document;
}

static void write_json(
    const kf_experiment *experiment, kf_value *document, kf_tree *tree, kf_buf *out)
{
    size_t count = kf_value_length(experiment->documents);
    kf_value *whole = document;
    if (count > 1) {
        whole = kf__tree_struct(tree);
        kf__put_text(tree, whole, "apiVersion", "v1");
        kf__put_text(tree, whole, "kind", "List");
        kf_value *items = kf__put_list(tree, whole, "items");
        for (size_t i = 0; i < count; i++) {
            const kf_value *item = kf_value_at(experiment->documents, i);
            kf__push(tree, items,
                item == experiment->document ? document : kf__tree_copy(tree, item));
        }
    }
    kf__put_json(out, whole, KF_JSON_INDENTED);
    kf__buf_putc(out, '\n');
}

static void write_yaml(
    const kf_experiment *experiment, const kf_value *document, kf_buf *out)
{
    for (size_t i = 0; i < kf_value_length(experiment->documents); i++) {
        const kf_value *item = kf_value_at(experiment->documents, i);
        if (i > 0)
            kf__buf_puts(out, "---\n");
        kf__yaml_write_go(out, item == experiment->document ? document : item);
    }
}

kf_status kf_experiment_write(const kf_experiment *experiment,
    const kf_experiment_write_options *options, char **out)
{
    KF__REQUIRE(experiment != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_experiment_write_options, known, options);
    kf_tree tree = KF__TREE_INIT;
    kf_buf buf = KF__BUF_INIT;
    kf_value *document = make(experiment, &known, &tree);
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK && known.json)
        write_json(experiment, document, &tree, &buf);
    else if (status == KF_OK)
        write_yaml(experiment, document, &buf);
    if (status == KF_OK)
        status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf__buf_take(&buf, out);
    kf__buf_finish(&buf);
    kf__tree_finish(&tree);
    return status;
}
