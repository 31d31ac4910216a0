/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/limits.h"

#include <string.h>

static unsigned char lower(char character)
{
    return (unsigned char)(character >= 'A' && character <= 'Z' ? character - 'A' + 'a'
                                                                : character);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein in its form of optimal string alignment: a slip of the finger is
 * one insertion, deletion, substitution or swap of neighbours; case does not count.
 * Anything beyond `most` is most + 1. */
static int distance(
    const char *a, size_t a_length, const char *b, size_t b_length, int most)
{
    int rows[3][KF__LIMIT_NAME_BYTES + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2];
    size_t gap = a_length > b_length ? a_length - b_length : b_length - a_length;
    if (gap > (size_t)most)
        return most + 1;
    for (size_t j = 0; j <= b_length; j++)
        above[j] = (int)j;
    for (size_t i = 1; i <= a_length; i++) {
        int nearest = row[0] = (int)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
                row[j] = least(row[j], before[j - 2] + 1);
            nearest = least(nearest, row[j]);
        }
        if (nearest > most + 1)
            return most + 1;
        int *free_row = before;
        before = above, above = row, row = free_row;
    }
    return least(above[b_length], most + 1);
}

const char *kf__nearest(const char *name,
    const char *(*next)(const void *state, size_t index), const void *state)
{
    size_t length = strlen(name);
    if (length == 0 || length > KF__LIMIT_NAME_BYTES)
        return NULL;
    int most = length == 1 ? 0 : least(1 + (int)length / 5, 4);
    const char *best = NULL;
    const char *candidate;
    for (size_t i = 0; most >= 0 && (candidate = next(state, i)) != NULL; i++) {
        size_t candidate_length = strlen(candidate);
        if (candidate_length > KF__LIMIT_NAME_BYTES || candidate_length == 0)
            continue;
        int apart = distance(name, length, candidate, candidate_length, most);
        if (apart <= most) {
            best = candidate;
            most = apart - 1;
        }
    }
    return best;
}
