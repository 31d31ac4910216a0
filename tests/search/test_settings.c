/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "base/error.h"
#include "search/sampler.h"

static const kf_setting known[] = {
    {.name = "gamma",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.25",
        .greatest = 1,
        .open = true},
    {.name = "count",
        .kind = KF_KIND_INT,
        .fallback = "10",
        .least = 1,
        .greatest = INFINITY},
    {.name = "kind",
        .kind = KF_KIND_STRING,
        .fallback = "\"ei\"",
        .choices = "ei|pi|lcb"},
    {.name = "temperature", .kind = KF_KIND_DOUBLE, .nullable = true},
    {.name = "resource", .kind = KF_KIND_STRING, .required = true},
    {.name = "lazy", .kind = KF_KIND_BOOL, .fallback = "false"},
};

static kf_status read_all(const char *text, kf_report *report, kf_settings *out)
{
    kf_value *given = json(text);
    kf_status status = kf__settings_read(
        "testing", known, sizeof known / sizeof *known, given, report, out);
    kf_value_free(given);
    return status;
}

/* Katib's settings are all text. */
START_TEST(given_and_defaults)
{
    kf_settings settings;
    ck_ok(read_all("{\"resource\": \"epochs\", \"count\": \"20\", \"lazy\": \"True\","
                   " \"temperature\": \"None\"}",
        NULL, &settings));
    kf_value *expected = json("{\"gamma\": 0.25, \"count\": 20, \"kind\": \"ei\","
                              " \"temperature\": null, \"resource\": \"epochs\","
                              " \"lazy\": true}");
    ck_assert(kf_value_equal(settings.values, expected));
    kf_value_free(expected);
    kf__settings_finish(&settings);
}
END_TEST

static void refused(const char *text, kf_status status, const char *message)
{
    kf_settings settings;
    ck_fails(read_all(text, NULL, &settings), status, message);
}

START_TEST(refuses)
{
    refused("{}", KF_EMISSING, "testing needs the setting resource");
    refused("{\"resource\": \"r\", \"gama\": 1}", KF_ENOENT, "did you mean 'gamma'?");
    refused("{\"resource\": \"r\", \"gamma\": 1}", KF_EINVAL,
        "gamma of testing is 1: expected a number between 0 and 1");
    refused("{\"resource\": \"r\", \"gamma\": \"nan\"}", KF_ETYPE,
        "gamma of testing must be a number");
    refused("{\"resource\": \"r\", \"count\": \"x\"}", KF_ETYPE,
        "count of testing must be an integer");
    refused("{\"resource\": \"r\", \"count\": 1.5}", KF_ETYPE,
        "count of testing must be an integer");
    refused("{\"resource\": \"r\", \"count\": 0}", KF_EINVAL,
        "count of testing is 0: expected an integer of at least 1");
    refused("{\"resource\": \"r\", \"kind\": \"e\"}", KF_EINVAL,
        "kind of testing is 'e': expected one of ei|pi|lcb");
    refused("{\"resource\": 3}", KF_ETYPE, "resource of testing must be text");
    refused("{\"resource\": \"r\", \"lazy\": \"maybe\"}", KF_ETYPE,
        "lazy of testing must be true or false");
    refused("[1]", KF_ETYPE, "the settings of testing must be a struct");
}
END_TEST

START_TEST(all_findings)
{
    kf_settings settings;
    kf_report *report;
    ck_ok(kf__report_new(&report));
    ck_ok(read_all("{\"gamma\": 2, \"count\": \"x\"}", report, &settings));
    ck_assert_uint_eq(kf_report_errors(report), 3);
    kf_report_free(report);
    kf__settings_finish(&settings);
}
END_TEST

KF_TEST_MAIN("settings", given_and_defaults, refuses, all_findings)
