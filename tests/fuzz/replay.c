/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target on files, and on all files of folders, where there is no libFuzzer. */
#include "fuzz.h"

#include "base/mem.h"
#include "io/file.h"

#include <dirent.h>
#include <stdlib.h>

static int replay_file(const char *path)
{
    kf_buf input = KF__BUF_INIT;
    if (kf__file_read(path, SIZE_MAX, &input) != KF_OK) {
        (void)fprintf(stderr, "%s\n", kf_last_error()->message);
        return 0;
    }
    /* An exact copy on the heap, so that a sanitizer sees what is read beyond its end. */
    uint8_t *data = kf__alloc(input.length > 0 ? input.length : 1);
    if (data != NULL && input.length > 0)
        memcpy(data, input.data, input.length);
    if (data != NULL)
        (void)LLVMFuzzerTestOneInput(data, input.length);
    kf__free(data);
    kf__buf_finish(&input);
    return 1;
}

static int replay_folder(DIR *folder, const char *path)
{
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char *file = kf__join_path(path, entry->d_name);
        count += file != NULL ? replay_file(file) : 0;
        kf__free(file);
    }
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        count += folder != NULL ? replay_folder(folder, argv[i]) : replay_file(argv[i]);
        if (folder != NULL)
            (void)closedir(folder);
    }
    (void)printf("%d inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
