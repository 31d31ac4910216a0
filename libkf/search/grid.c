/* SPDX-License-Identifier: Apache-2.0 */
/* Mixed radix: the axes without a parent are digits of the number. A digit stands for a
 * level and what the axes below it do there, so it is a number of the same kind. */
#include "search/grid.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define MOST ((uint64_t)1 << 62)

static size_t axis_count(const kf_grid *grid)
{
    return kf_space_count(grid->space);
}

static kf_status multiply(uint64_t *product, uint64_t factor)
{
    if (factor != 0 && *product > MOST / factor)
        return kf__fail(KF_ELIMIT, NULL,
            "the grid has more than 2^62 combinations: give larger steps, or take "
            "another algorithm");
    *product *= factor;
    return KF_OK;
}

/* The axes below take part in the levels of their parent. */
static kf_status count_below(kf_grid *grid, size_t axis)
{
    const kf_parameter *parameter = &grid->space->parameters.items[axis];
    if (parameter->axis.parent < 0)
        return multiply(&grid->total, grid->counts[axis]);
    size_t parent = (size_t)parameter->axis.parent;
    size_t levels = (size_t)grid->space->parameters.items[parent].axis.levels;
    if (grid->inside[parent] == NULL) {
        grid->inside[parent] = kf__calloc(levels, sizeof **grid->inside);
        if (grid->inside[parent] == NULL)
            return kf__nomem();
        for (size_t i = 0; i < levels; i++)
            grid->inside[parent][i] = 1;
    }
    for (size_t i = 0; i < levels; i++)
        if (parameter->allowed[i])
            KF__TRY(multiply(&grid->inside[parent][i], grid->counts[axis]));
    return KF_OK;
}

static kf_status count_axis(kf_grid *grid, size_t axis)
{
    const kf_axis *known = kf_space_axis(grid->space, axis);
    if (known->kind == KF_AXIS_CONTINUOUS)
        return kf__fail(KF_EUNSUPPORTED, known->name,
            "grid needs a step for '%.200s', which may be any number of its range",
            known->name);
    grid->counts[axis] = (uint64_t)known->levels;
    if (grid->inside[axis] != NULL) {
        grid->counts[axis] = 0;
        for (int64_t i = 0; i < known->levels; i++) {
            grid->counts[axis] += grid->inside[axis][i];
            if (grid->counts[axis] > MOST)
                grid->counts[axis] = MOST + 1;
        }
    }
    return count_below(grid, axis);
}

/* Backwards, since the axes below come after their parents. */
static kf_status count_all(kf_grid *grid)
{
    size_t count = axis_count(grid);
    grid->counts = kf__calloc(count, sizeof *grid->counts);
    grid->inside = kf__calloc(count, sizeof *grid->inside);
    grid->rest = kf__calloc(count, sizeof *grid->rest);
    if (grid->counts == NULL || grid->inside == NULL || grid->rest == NULL)
        return kf__nomem();
    grid->total = 1;
    for (size_t i = count; i-- > 0;)
        KF__TRY(count_axis(grid, i));
    return KF_OK;
}

kf_status kf__grid_new(const kf_space *space, kf_grid **out)
{
    kf_grid *grid = kf__calloc(1, sizeof *grid);
    if (grid == NULL)
        return kf__nomem();
    grid->space = space;
    kf_status status = count_all(grid);
    if (status == KF_OK)
        *out = grid;
    else
        kf__grid_free(grid);
    return status;
}

void kf__grid_free(kf_grid *grid)
{
    if (grid == NULL)
        return;
    for (size_t i = 0; grid->inside != NULL && i < axis_count(grid); i++)
        kf__free(grid->inside[i]);
    kf__free(grid->inside);
    kf__free(grid->counts);
    kf__free(grid->rest);
    kf__free(grid);
}

void kf__grid_point(const kf_grid *grid, uint64_t number, double *point)
{
    for (size_t i = 0; i < axis_count(grid); i++) {
        int parent = kf_space_axis(grid->space, i)->parent;
        uint64_t *from = parent < 0 ? &number : &grid->rest[parent];
        point[i] = NAN;
        if (!kf__space_is_active(grid->space, i, point))
            continue;
        uint64_t digit = *from % grid->counts[i], level = digit;
        *from /= grid->counts[i];
        if (grid->inside[i] != NULL) {
            for (level = 0; digit >= grid->inside[i][level]; level++)
                digit -= grid->inside[i][level];
            grid->rest[i] = digit;
        }
        point[i] = kf__space_level_coordinate(grid->space, i, (int64_t)level);
    }
}

uint64_t kf__grid_number(const kf_grid *grid, const double *point)
{
    uint64_t number = 0;
    memset(grid->rest, 0, axis_count(grid) * sizeof *grid->rest);
    for (size_t i = axis_count(grid); i-- > 0;) {
        if (isnan(point[i]))
            continue;
        int parent = kf_space_axis(grid->space, i)->parent;
        int64_t level = kf__space_level(grid->space, i, point[i]);
        uint64_t digit = grid->inside[i] == NULL ? (uint64_t)level : grid->rest[i];
        for (int64_t k = 0; grid->inside[i] != NULL && k < level; k++)
            digit += grid->inside[i][k];
        uint64_t *to = parent < 0 ? &number : &grid->rest[parent];
        *to = *to * grid->counts[i] + digit;
    }
    return number;
}
