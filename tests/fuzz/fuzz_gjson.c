/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is a path or an error; a path that checks can be followed. The first line is
 * the path, the rest a document. */
#include "fuzz.h"

#include <string.h>

#include "base/gjson.h"

static bool is_fault(kf_status status)
{
    return status == KF_EPARSE || status == KF_ELIMIT || status == KF_EUNSUPPORTED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[300];
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    if (line == NULL || (size_t)(line - data) >= sizeof path)
        return 0;
    memcpy(path, data, (size_t)(line - data));
    path[line - data] = '\0';
    kf_status checked = kf__gjson_check(path);
    fuzz_check(checked == KF_OK || is_fault(checked));
    kf_value *value = NULL;
    size_t rest = size - (size_t)(line + 1 - data);
    if (kf_value_parse((const char *)line + 1, rest, &value) != KF_OK)
        return 0;
    kf_tree tree = KF__TREE_INIT;
    const kf_value *match;
    bool holds;
    kf_status status = kf__gjson_holds(path, value, &tree, &holds, &match);
    /* Faults where the document does not lead are not met. */
    fuzz_check(status == KF_OK || (is_fault(status) && checked != KF_OK));
    fuzz_check(status != KF_OK || holds == (match != NULL));
    kf__tree_finish(&tree);
    kf_value_free(value);
    return 0;
}
