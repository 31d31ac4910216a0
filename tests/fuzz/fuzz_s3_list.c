/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is a page of a listing, or an error; and a fault of S3, or none. */
#include "fuzz.h"

#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "serving/storage_s3_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    kf_arena arena = KF__ARENA_INIT;
    kf_s3_page page = {0};
    kf_s3_fault fault;
    kf_status status = kf__s3_read_page(&arena, text, size, &page);
    fuzz_check(status == KF_OK || status == KF_EPARSE || status == KF_EDOCUMENT ||
               status == KF_ELIMIT);
    for (size_t i = 0; status == KF_OK && i < page.count; i++) {
        const char *key = page.items[i].key;
        fuzz_check(*key != '\0' && kf__utf8_valid(key, strlen(key), NULL));
        fuzz_check(page.items[i].size >= 0);
    }
    fuzz_check(status != KF_OK || page.next == NULL || *page.next != '\0');
    kf__s3_read_fault(text, size, &fault);
    fuzz_check(kf__utf8_valid(fault.message, strlen(fault.message), NULL));
    kf__vec_finish(&page);
    kf__arena_finish(&arena);
    return 0;
}
