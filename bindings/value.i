/* SPDX-License-Identifier: Apache-2.0 */
/* Values are Python objects, so that nothing of <kf/value.h> is called from Python
 * but its JSON. */
kf_status kf_value_parse(const char *text, size_t length, kf_value **out);
