/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of a study, in HTML that needs nothing else. */
#ifndef KF_SEARCH_PLOT_H
#define KF_SEARCH_PLOT_H

#include "search/study.h"

/* page.c. A fragment: a summary, the history of the first objective, the trials in parallel
 * coordinates, shares of importance, and a table of the trials. */
kf_status kf__plot_fragment(const kf_study *study, kf_buf *out);
/* The same as a page of its own. */
kf_status kf__plot_page(const kf_study *study, const char *title, kf_buf *out);

/* plot.c. The parts, as SVG. */
void kf__plot_history(const kf_study *study, kf_buf *out);
void kf__plot_parallel(const kf_study *study, kf_buf *out);

/* Text within HTML. */
void kf__put_escaped(kf_buf *out, const char *text);

#endif
