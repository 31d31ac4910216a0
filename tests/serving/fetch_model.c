/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_model URI…: where each of them is on this machine, or why it is not.
 * fetch_model --put FILE URI…: writes the file to each. For tests in Python, with real
 * servers. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "serving/storage.h"

static kf_status put(const char *file, const char *uri)
{
    kf_buf text = KF__BUF_INIT;
    kf_status status = kf__file_read(file, 1 << 20, &text);
    if (status == KF_OK)
        status = kf__storage_put(
            uri, NULL, "text/plain", kf__buf_text(&text), text.length, NULL);
    kf__buf_finish(&text);
    return status;
}

int main(int argc, char **argv)
{
    int failed = 0;
    bool puts = argc > 2 && strcmp(argv[1], "--put") == 0;
    for (int i = puts ? 3 : 1; i < argc; i++) {
        char *path = NULL;
        kf_status status =
            puts ? put(argv[2], argv[i]) : kf__storage_fetch(argv[i], NULL, &path);
        failed += status != KF_OK;
        printf("%s %s\n", kf_status_name(status),
            status == KF_OK ? path != NULL ? path : argv[i] : kf_last_error()->message);
        kf__free(path);
    }
    return failed != 0;
}
