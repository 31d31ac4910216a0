/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of one trial. */
#include <poll.h>

#include "base/error.h"
#include "search/tune.h"

/* How far a trial may be ahead of the thread that takes its reports. */
enum { NOTES_AHEAD = 4096 };

void kf__slot_push(kf_slot *slot, const kf_note *note)
{
    kf_tune *tune = slot->tune;
    kf__mutex_lock(&tune->mutex);
    while (!slot->quiet && slot->notes.count >= NOTES_AHEAD)
        kf__cond_wait(&tune->room, &tune->mutex);
    if (!slot->quiet) {
        slot->lossy |= kf__vec_push(&slot->notes, *note) != KF_OK;
        tune->urgent = true;
        kf__cond_signal(&tune->news);
    }
    kf__mutex_unlock(&tune->mutex);
}

bool kf__slot_is_to_stop(const kf_slot *slot)
{
    struct pollfd stop = {.fd = slot->stop_fd, .events = POLLIN};
    return poll(&stop, 1, 0) > 0;
}

void *kf__slot_thread(void *argument)
{
    kf_slot *slot = argument;
    kf_tune *tune = slot->tune;
    kf_status status = tune->pipeline != NULL ? kf__slot_run_pipeline(slot)
                                              : kf__slot_run_process(slot);
    if (status == KF_OK && slot->lossy)
        status = kf__nomem();
    if (status != KF_OK && slot->message.length == 0)
        kf__buf_puts(&slot->message, kf_last_error()->message);
    kf__mutex_lock(&tune->mutex);
    slot->status = status;
    slot->ended = true;
    tune->urgent = true;
    kf__cond_signal(&tune->news);
    kf__mutex_unlock(&tune->mutex);
    return NULL;
}
