/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_model URI…: where each of them is on this machine, or why it is not. For tests in
 * Python, with real servers. */
#include <stdio.h>

#include "base/mem.h"
#include "serving/storage.h"

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        char *path = NULL;
        kf_status status = kf__storage_fetch(argv[i], NULL, &path);
        failed += status != KF_OK;
        printf("%s %s\n", kf_status_name(status),
            status == KF_OK ? path : kf_last_error()->message);
        kf__free(path);
    }
    return failed != 0;
}
