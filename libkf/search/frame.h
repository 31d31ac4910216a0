/* SPDX-License-Identifier: Apache-2.0 */
/* The coordinates of a model: a box, which may be turned, as the unit cube. */
#ifndef KF_SEARCH_FRAME_H
#define KF_SEARCH_FRAME_H

#include "search/space.h"

/* The coordinate that models have of axes that are not active: the middle, and a level
 * that no point has. */
#define KF__FRAME_INACTIVE 0.5
#define KF__FRAME_INACTIVE_LEVEL (-1)

/* A continuous or ordered coordinate x is at middle + width * shape (u - 1/2), u being
 * that of the model. Levels of categorical axes are as they are. */
typedef struct kf_frame {
    size_t axes;
    bool *categorical;
    bool *turned;   /* Axes that the shape mixes: continuous ones, or none. */
    bool is_turned; /* The shape is not what it was at first. */
    double *middle, *width;
    double *shape, *inverse; /* axes × axes; nothing but 1 for axes that stay. */
    double *spare;           /* 2 × axes */
} kf_frame;

/* The whole space. */
kf_status kf__frame_new(const kf_space *space, kf_frame **out);
void kf__frame_free(kf_frame *frame);
/* NaN stands for what is not active. */
void kf__frame_in(kf_frame *frame, const double *point, double *model);
/* The coordinates of turned axes, of the nearest point within the space. */
void kf__frame_out(kf_frame *frame, const double *model, double *point);
/* The gradient by coordinates of the model that may move freely in the box, at a point
 * that may be on the edge of the space, from that by coordinates of the model. */
void kf__frame_slope(kf_frame *frame, const double *point, double *gradient);
/* Turn the box so that it is narrow where a function with this Hessian (by coordinates of
 * the model, and used up) is steep, and as long as it is now where it is flat. `scratch`:
 * axes × (2 axes + 4). */
void kf__frame_turn(kf_frame *frame, double *hessian, double *scratch);

#endif
