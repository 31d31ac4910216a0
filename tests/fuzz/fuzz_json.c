/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is a value or an error with its place; what is read can be written, and reads
 * the same. */
#include "fuzz.h"

#include "base/value.h"
#include "io/json.h"

static void check_written(const kf_value *value, int indented)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *again = NULL;
    kf__put_json(&text, value, indented ? KF_JSON_INDENTED : KF_JSON_COMPACT);
    fuzz_check(text.status == KF_OK);
    fuzz_check(kf__json_read(&tree, text.data, text.length, &again) == KF_OK);
    fuzz_check(kf_value_equal(value, again));
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    kf_status status = kf__json_read(&tree, (const char *)data, size, &value);
    if (status == KF_OK) {
        check_written(value, 0);
        check_written(value, 1);
    } else {
        fuzz_check(status == KF_EPARSE || status == KF_ELIMIT);
        fuzz_check(kf_last_error()->message[0] != '\0' && value == NULL);
        fuzz_check(kf_last_error()->line >= 0 && kf_last_error()->column >= 0);
    }
    kf__tree_finish(&tree);
    return 0;
}
