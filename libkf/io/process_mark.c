/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that are known by what their environment began with: whoever descends from
 * one that was given an entry has it too, in whatever group or session it is. */
#include "io/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { ENVIRONMENT_BYTES = 1 << 20, PAUSE_MS = 2, LOOKS = 1000 };

static size_t read_environment(pid_t pid, char *out)
{
    char path[64];
    size_t length = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && length < ENVIRONMENT_BYTES) {
        ssize_t count = read(fd, out + length, ENVIRONMENT_BYTES - length);
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    if (fd >= 0)
        (void)close(fd);
    return length;
}

static bool has_entry(const char *environment, size_t length, const char *entry)
{
    size_t wanted = strlen(entry);
    wanted += entry[wanted - 1] != '/';
    for (size_t at = 0; at < length;) {
        size_t rest = length - at;
        if (rest >= wanted && memcmp(environment + at, entry, wanted) == 0)
            return true;
        at += strnlen(environment + at, rest) + 1;
    }
    return false;
}

static size_t kill_marked(const char *entry, char *environment)
{
    size_t killed = 0;
    DIR *dir = opendir("/proc");
    if (dir == NULL)
        return 0;
    for (struct dirent *item; (item = readdir(dir)) != NULL;) {
        pid_t pid = (pid_t)strtol(item->d_name, NULL, 10);
        if (!isdigit((unsigned char)item->d_name[0]) || pid <= 1 || pid == getpid())
            continue;
        size_t length = read_environment(pid, environment);
        if (has_entry(environment, length, entry))
            killed += kill(pid, SIGKILL) == 0;
    }
    (void)closedir(dir);
    return killed;
}

void kf__process_end_marked(const char *entry)
{
    char *environment = kf__calloc(1, ENVIRONMENT_BYTES);
    if (environment == NULL)
        return;
    /* What is killed has an environment until it is gone, and may have forked. */
    for (int look = 0; look < LOOKS && kill_marked(entry, environment) > 0; look++)
        kf__sleep_ms(PAUSE_MS);
    kf__free(environment);
}
