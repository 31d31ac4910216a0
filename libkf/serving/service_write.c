/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of serving to YAML or JSON. */
#include "serving/service.h"

#include "base/options.h"
#include "io/yaml.h"

/* The document as it is to be written, in the tree. */
static kf_value *make(
    const kf_service *service, const kf_service_write_options *options, kf_tree *tree)
{
    kf_value *document =
        kf__tree_copy(tree, options->defaults ? service->full : service->document);
    if (options->status != NULL)
        kf__put(tree, document, "status", kf__tree_copy(tree, options->status));
    return document;
}

static kf_status finish(kf_status status, kf_tree *tree, kf_buf *buf, char **out)
{
    if (status == KF_OK)
        status = kf__tree_status(tree);
    if (status == KF_OK)
        status = kf__buf_take(buf, out);
    kf__buf_finish(buf);
    kf__tree_finish(tree);
    return status;
}

kf_status kf_service_write(
    const kf_service *service, const kf_service_write_options *options, char **out)
{
    KF__REQUIRE(service != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_service_write_options, known, options);
    kf_tree tree = KF__TREE_INIT;
    kf_buf buf = KF__BUF_INIT;
    const kf_value *document = make(service, &known, &tree);
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK && known.json) {
        kf__put_json(&buf, document, KF_JSON_INDENTED);
        kf__buf_putc(&buf, '\n');
    } else if (status == KF_OK) {
        kf__yaml_write_go(&buf, document);
    }
    return finish(status, &tree, &buf, out);
}

static void write_json(const kf_services *services,
    const kf_service_write_options *options, kf_tree *tree, kf_buf *buf)
{
    kf_value *whole = kf__tree_struct(tree);
    kf__put_text(tree, whole, "apiVersion", "v1");
    kf__put_text(tree, whole, "kind", "List");
    kf_value *items = kf__put_list(tree, whole, "items");
    for (size_t i = 0; i < services->items.count; i++)
        kf__push(tree, items, make(services->items.items[i], options, tree));
    if (kf__tree_status(tree) != KF_OK)
        return;
    kf__put_json(buf, services->items.count == 1 ? kf_value_at(items, 0) : whole,
        KF_JSON_INDENTED);
    kf__buf_putc(buf, '\n');
}

kf_status kf_services_write(
    const kf_services *services, const kf_service_write_options *options, char **out)
{
    KF__REQUIRE(services != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_service_write_options, known, options);
    known.status = NULL;
    kf_tree tree = KF__TREE_INIT;
    kf_buf buf = KF__BUF_INIT;
    if (known.json)
        write_json(services, &known, &tree, &buf);
    for (size_t i = 0; !known.json && i < services->items.count; i++) {
        const kf_value *document = make(services->items.items[i], &known, &tree);
        if (i > 0)
            kf__buf_puts(&buf, "---\n");
        if (kf__tree_status(&tree) == KF_OK)
            kf__yaml_write_go(&buf, document);
    }
    return finish(KF_OK, &tree, &buf, out);
}
