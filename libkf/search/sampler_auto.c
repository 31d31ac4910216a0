/* SPDX-License-Identifier: Apache-2.0 */
#include "search/bayes.h"

#include "base/error.h"
#include "base/value.h"

static kf_status ask(kf_ask *question, void *state, double *point)
{
    kf_bayes bayes;
    size_t axes = kf_ask_axis_count(question);
    KF__TRY(kf__bayes_start(question, &bayes));
    kf_status status;
    kf_bayes_plan plan = {.gain = KF__GAIN_EI};
    int period = (int)kf__knob[4];
    double radius = bayes.known > 0 ? kf__bayes_radius(&bayes) : 0;
    if (bayes.known + bayes.pending < axes + (size_t)kf__knob[5] || bayes.known < 3) {
        status = kf__bayes_initial(question, point);
    } else if (period > 0 && kf_ask_number(question) % period != 0 && radius > 1e-7) {
        status = kf__bayes_local(&bayes, &plan, point);
        kf_value *note = kf__tree_double(question->tree, radius);
        if (status == KF_OK)
            status = kf_ask_note(question, "radius", note);
    } else {
        status = kf__bayes_global(&bayes, &plan, point);
    }
    kf__bayes_finish(&bayes);
    return status;
}

static const kf_setting settings[] = {
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

const kf_sampler kf__sampler_auto = {
    .size = sizeof(kf_sampler),
    .name = "auto",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .ask = ask,
};
