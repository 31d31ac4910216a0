/* SPDX-License-Identifier: Apache-2.0 */
/* Between binary and decimal numbers, exactly and fast. */
#ifndef KF_BASE_DECIMAL_H
#define KF_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

enum { KF__FIRST_POWER_OF_TEN = -343, KF__POWERS_OF_TEN = 668 };
/* The upper and lower half of the first 128 bits, cut off. */
extern const uint64_t kf__powers_of_ten[KF__POWERS_OF_TEN][2];

/* The double or float nearest to digits × 10^exponent, ties to even; false if 128 bits
 * of the power do not tell, or if it is too large: then nothing is set. */
bool kf__decimal_double(uint64_t digits, int exponent, double *out);
bool kf__decimal_float(uint64_t digits, int exponent, float *out);
/* The shortest decimal that reads back as the number, finite and above zero; the nearest
 * of several. */
void kf__decimal_shortest(double number, uint64_t *digits, int *exponent);
/* Decimal digits into `text`; how many. */
int kf__decimal_digits(uint64_t number, char text[20]);

#endif
