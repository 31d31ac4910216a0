/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "pipeline/resource.h"

/* Every number here is what KFP 2.17.0 wrote into the compiled document (cpuLimit,
 * memoryLimit, accelerator.count), where it leaves zero out. */

START_TEST(cores_are_kfps)
{
    static const struct {
        const char *text;
        double cores;
    } cases[] = {
        {"1", 1.0},
        {"0.5", 0.5},
        {".5", 0.5},
        {"500m", 0.5},
        {"1.5m", 0.0015},
        {"0", 0},
        {"10.25", 10.25},
        {"0.1", 0.1},
        {"3.7", 3.7},
        {"123456789.123m", 123456.789123},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_ok(kf__resource_check(KF_RESOURCE_CPU_LIMIT, cases[i].text));
        ck_ok(kf__resource_check(KF_RESOURCE_CPU_REQUEST, cases[i].text));
        ck_assert_msg(
            kf__resource_cores(cases[i].text) == cases[i].cores, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(gigabytes_are_kfps)
{
    static const struct {
        const char *text;
        double gigabytes;
    } cases[] = {
        {"1", 1e-09},
        {"1K", 1e-06},
        {"1Ki", 1.024e-06},
        {"512Mi", 0.536870912},
        {"1M", 0.001},
        {"1G", 1.0},
        {"2Gi", 2.147483648},
        {"3T", 3000.0},
        {"1Ti", 1099.511627776},
        {"1P", 1000000.0},
        {"1Pi", 1125899.906842624},
        {"1E", 1000000000.0},
        {"1Ei", 1152921504.606847},
        {"0", 0},
        {"12345678901234567890", 12345678901.234568},
        {"333Ki", 0.000340992},
        {"999999999999Ki", 1023999.999998976},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_ok(kf__resource_check(KF_RESOURCE_MEMORY_LIMIT, cases[i].text));
        ck_ok(kf__resource_check(KF_RESOURCE_MEMORY_REQUEST, cases[i].text));
        ck_assert_msg(kf__resource_gigabytes(cases[i].text) == cases[i].gigabytes, "%s",
            cases[i].text);
    }
}
END_TEST

START_TEST(counts_are_kfps)
{
    static const struct {
        const char *text;
        int64_t count;
    } cases[] = {{"0", 0}, {"1", 1}, {"3", 3}, {"16", 16}, {"007", 7},
        {"9223372036854775807", INT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_ok(kf__resource_check(KF_RESOURCE_ACCELERATOR_COUNT, cases[i].text));
        ck_assert_int_eq(kf__resource_count(cases[i].text), cases[i].count);
    }
}
END_TEST

static void refuse(kf_resource kind, const char *const *texts, const char *message)
{
    for (; *texts != NULL; texts++)
        ck_fails(kf__resource_check(kind, *texts), KF_EINVAL, message);
}

START_TEST(malformed_quantities_are_refused)
{
    static const char *const cpu[] = {
        "1.", "m", "", "1 ", "-1", "1e3", "1M", "100mm", ".", ".m", "0x1", "1\n", NULL};
    static const char *const memory[] = {
        "1.5G", "G", "", "1 G", "1g", "1GB", "-1", "1m", "1Gi ", "1\n", "1i", NULL};
    static const char *const counts[] = {
        "-1", "", "1.0", "x", "+1", "99999999999999999999", " 1", NULL};
    refuse(KF_RESOURCE_CPU_REQUEST, cpu, "no amount of processors");
    refuse(KF_RESOURCE_CPU_LIMIT, cpu, "no amount of processors");
    refuse(KF_RESOURCE_MEMORY_REQUEST, memory, "no amount of memory");
    refuse(KF_RESOURCE_MEMORY_LIMIT, memory, "no amount of memory");
    refuse(KF_RESOURCE_ACCELERATOR_COUNT, counts, "no number of accelerators");
    ck_fails(kf__resource_check(KF_RESOURCE_ACCELERATOR_TYPE, ""), KF_EINVAL, "empty");
    ck_fails(kf__resource_check((kf_resource)6, "1"), KF_EINVAL, "no kind of resource");
}
END_TEST

START_TEST(channels_pass)
{
    const char *text = "{{channel:task=up;name=Output;type=String;}}";
    for (int kind = KF_RESOURCE_CPU_REQUEST; kind <= KF_RESOURCE_ACCELERATOR_COUNT;
         kind++)
        ck_ok(kf__resource_check((kf_resource)kind, text));
    ck_ok(kf__resource_check(KF_RESOURCE_ACCELERATOR_TYPE, "nvidia.com/gpu"));
}
END_TEST

KF_TEST_MAIN("pipeline/resource", cores_are_kfps, gigabytes_are_kfps, counts_are_kfps,
    malformed_quantities_are_refused, channels_pass)
