/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is an ExecutorOutput or says why not; of one, the members are of the types
 * that the reader promises. */
#include "fuzz.h"

#include "base/text.h"
#include "run/executor_output.h"

#include <string.h>

static void check_kind(const kf_value *object, const char *name, kf_kind kind)
{
    const kf_value *value = kf_value_get(object, name);
    fuzz_check(value == NULL || kf_value_kind(value) == kind);
}

static void check_output(const kf_value *output)
{
    const kf_value *artifacts = kf_value_get(output, "artifacts");
    check_kind(output, "parameterValues", KF_KIND_STRUCT);
    fuzz_check(kf_value_kind(artifacts) == KF_KIND_STRUCT);
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const kf_value *list = kf_value_get(kf_value_at(artifacts, i), "artifacts");
        fuzz_check(kf_value_kind(list) == KF_KIND_LIST);
        for (size_t j = 0; j < kf_value_length(list); j++) {
            check_kind(kf_value_at(list, j), "uri", KF_KIND_STRING);
            check_kind(kf_value_at(list, j), "customPath", KF_KIND_STRING);
            check_kind(kf_value_at(list, j), "metadata", KF_KIND_STRUCT);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *output = NULL;
    kf_status status =
        kf__executor_output_read(&tree, (const char *)data, size, &output);
    if (status == KF_OK) {
        check_output(output);
        kf__executor_output_note_strangers(output, NULL, &text);
        fuzz_check(text.status == KF_OK);
        fuzz_check(kf__utf8_valid(kf__buf_text(&text), text.length, NULL));
    } else {
        const char *message = kf_last_error()->message;
        fuzz_check(status == KF_EFAILED && output == NULL && message[0] != '\0');
        fuzz_check(kf__utf8_valid(message, strlen(message), NULL));
    }
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
    return 0;
}
