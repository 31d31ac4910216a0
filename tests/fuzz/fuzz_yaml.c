/* SPDX-License-Identifier: Apache-2.0 */
/* What reads as YAML can be written, and what is written reads as the same value. */
#include "fuzz.h"

#include "base/limits.h"
#include "io/yaml.h"

static void check_document(const kf_value *document)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_buf again = KF__BUF_INIT;
    kf_value *documents = NULL;
    kf__yaml_write(&text, document);
    fuzz_check(text.status == KF_OK);
    /* Escapes and indentation may have made it longer than what can be read. */
    if (text.length <= KF__LIMIT_DOCUMENT_BYTES) {
        fuzz_check(kf__yaml_read(&tree, text.data, text.length, &documents) == KF_OK);
        fuzz_check(kf_value_length(documents) == 1);
        fuzz_check(kf_value_equal(kf_value_at(documents, 0), document));
        kf__yaml_write(&again, kf_value_at(documents, 0));
        fuzz_check(text.length == again.length &&
                   memcmp(text.data, again.data, text.length) == 0);
    }
    kf__buf_finish(&text);
    kf__buf_finish(&again);
    kf__tree_finish(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents = NULL;
    kf_status status = kf__yaml_read(&tree, (const char *)data, size, &documents);
    if (status != KF_OK) {
        fuzz_check(status == KF_EPARSE || status == KF_ELIMIT);
        fuzz_check(kf_last_error()->line >= 1 && kf_last_error()->column >= 1);
    }
    for (size_t i = 0; status == KF_OK && i < kf_value_length(documents); i++)
        check_document(kf_value_at(documents, i));
    kf__tree_finish(&tree);
    return 0;
}
