/* SPDX-License-Identifier: Apache-2.0 */
#include "run/bundle.h"

#include <string.h>

#include "base/error.h"
#include "io/file.h"
#include "io/json.h"
#include "run/artifact.h"

kf_bundle *kf__bundle_new(void)
{
    kf_bundle *bundle = kf__calloc(1, sizeof *bundle);
    if (!bundle)
        return NULL;
    bundle->parameters = kf__tree_struct(&bundle->tree);
    bundle->artifacts = kf__tree_struct(&bundle->tree);
    if (kf__tree_status(&bundle->tree) != KF_OK) {
        kf__bundle_free(bundle);
        return NULL;
    }
    return bundle;
}

void kf__bundle_free(kf_bundle *bundle)
{
    if (!bundle)
        return;
    kf__tree_finish(&bundle->tree);
    kf__free(bundle);
}

void kf__bundle_write(const kf_bundle *bundle, kf_buf *out)
{
    kf__buf_puts(out, "{\"parameters\":");
    kf__put_json(out, bundle->parameters, KF_JSON_COMPACT);
    kf__buf_puts(out, ",\"artifacts\":");
    kf__put_json(out, bundle->artifacts, KF_JSON_COMPACT);
    kf__buf_putc(out, '}');
}

kf_status kf__bundle_read(const char *text, kf_bundle **out)
{
    kf_bundle *bundle = kf__calloc(1, sizeof *bundle);
    if (!bundle)
        return KF_ENOMEM;
    kf_value *root = NULL;
    kf_status status = kf__json_read(&bundle->tree, text, strlen(text), &root);
    if (status == KF_OK) {
        bundle->parameters = kf__put_struct(&bundle->tree, root, "parameters");
        bundle->artifacts = kf__put_struct(&bundle->tree, root, "artifacts");
        status = kf__tree_status(&bundle->tree);
    }
    if (status != KF_OK) {
        kf__bundle_free(bundle);
        return status;
    }
    *out = bundle;
    return KF_OK;
}

const kf_value *kf__bundle_parameter(const kf_bundle *bundle, const char *name)
{
    return bundle ? kf_value_get(bundle->parameters, name) : NULL;
}

const kf_value *kf__bundle_artifacts(const kf_bundle *bundle, const char *name)
{
    return bundle ? kf_value_get(bundle->artifacts, name) : NULL;
}

bool kf__bundle_is_there(const kf_bundle *bundle)
{
    for (size_t i = 0; i < kf_value_length(bundle->artifacts); i++) {
        const kf_value *list = kf_value_at(bundle->artifacts, i);
        for (size_t j = 0; j < kf_value_length(list); j++) {
            const kf_value *artifact = kf_value_at(list, j);
            const char *path = kf__local_path(kf__get_text(artifact, "uri"));
            if (kf_value_get(artifact, "digest") && path && !kf__file_exists(path))
                return false;
        }
    }
    return true;
}
