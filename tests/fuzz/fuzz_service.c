/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is documents of serving or a report with errors; those that are read can be
 * asked for all they have, are checked alike by themselves, written so that they read
 * the same, and have a runtime or a reason for none. */
#include "fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "serving/service.h"

static void check_findings(const kf_report *report)
{
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        fuzz_check(finding->message[0] != '\0' && finding->where != NULL);
        fuzz_check(finding->code != KF_OK && finding->code != KF_ENOMEM);
        fuzz_check(finding->line >= 0 && finding->column >= 0);
    }
}

static void check_written(
    const kf_services *services, const kf_service_write_options *options)
{
    char *text = NULL;
    kf_services *again = NULL;
    if (kf_services_write(services, options, &text) != KF_OK) {
        fuzz_check(kf_last_error()->code == KF_ELIMIT);
    } else if (strlen(text) <= KF__LIMIT_DOCUMENT_BYTES) {
        fuzz_check(kf_services_load(text, strlen(text), &again) == KF_OK);
        fuzz_check(kf_services_count(again) == kf_services_count(services));
        for (size_t i = 0; !options->defaults && i < kf_services_count(again); i++) {
            const kf_service *a = kf_services_at(services, i),
                             *b = kf_services_at(again, i);
            fuzz_check(kf_value_equal(a->document, b->document));
            fuzz_check(kf_value_equal(a->full, b->full));
        }
    }
    kf_services_free(again);
    kf_text_free(text);
}

static void check_component(const kf_service_component *component)
{
    if (component == NULL)
        return;
    fuzz_check(component->protocol != NULL);
    fuzz_check(component->logger == NULL || component->logger->mode != NULL);
    fuzz_check(component->batcher == NULL || component->batcher->max_batch_size > 0);
}

static void check_runtime(const kf_service *service, const kf_services *services)
{
    for (size_t canary = 0; canary <= kf_service_canary_count(service); canary++) {
        kf_service_runtime *runtime = NULL;
        kf_service_runtime_options options = {.size = sizeof options, .canary = canary};
        if (kf_service_runtime_select(service, services, &options, &runtime) != KF_OK) {
            fuzz_check(kf_last_error()->code == KF_EUNSUPPORTED ||
                       kf_last_error()->code == KF_ELIMIT);
            continue;
        }
        bool found = kf_service_runtime_container(runtime) != NULL;
        fuzz_check(found == (kf_service_runtime_failure(runtime) == NULL));
        fuzz_check(!found || kf_service_runtime_name(runtime) != NULL);
        fuzz_check(!found || kf_service_runtime_protocol(runtime) != NULL);
        kf_service_runtime_free(runtime);
    }
}

static void check_service(const kf_service *service, const kf_services *services)
{
    kf_report *report = NULL;
    kf_service *copy = NULL;
    for (int role = KF_SERVICE_PREDICTOR; role <= KF_SERVICE_EXPLAINER; role++)
        check_component(kf_service_component_of(service, (kf_service_role)role));
    for (size_t i = 0; i < kf_service_canary_count(service); i++)
        check_component(kf_service_canary_at(service, i));
    fuzz_check(kf_service_mode(service) != NULL && kf_service_name(service) != NULL);
    fuzz_check(kf_service_check_update(service, service, &report) == KF_OK);
    check_findings(report);
    kf_report_free(report);
    fuzz_check(kf_service_dup(service, &copy) == KF_OK);
    fuzz_check(kf_value_equal(kf_service_full(copy), kf_service_full(service)));
    kf_service_free(copy);
    if (service->kind == KF_SERVICE_INFERENCE_SERVICE)
        check_runtime(service, services);
}

static void check_services(const kf_services *services, size_t errors)
{
    kf_report *report = NULL;
    fuzz_check(kf_services_check(services, &report) == KF_OK);
    check_findings(report);
    fuzz_check(kf_report_errors(report) == errors ||
               kf_report_count(report) == KF__LIMIT_FINDINGS);
    kf_report_free(report);
    for (size_t i = 0; i < kf_services_count(services); i++)
        check_service(kf_services_at(services, i), services);
    check_written(services, KF_OPTIONS(kf_service_write_options, .json = false));
    check_written(services, KF_OPTIONS(kf_service_write_options, .json = true));
    check_written(services, KF_OPTIONS(kf_service_write_options, .defaults = true));
}

/* The configuration is checked with its text alone. */
static size_t without_configuration(const kf_report *report)
{
    size_t errors = kf_report_errors(report);
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        if (finding->severity == KF_SEVERITY_ERROR &&
            strncmp(finding->where, "data.", 5) == 0)
            errors--;
    }
    return errors;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_report *report = NULL;
    kf_services *services = NULL;
    fuzz_check(kf_services_check_text((const char *)data, size, &report) == KF_OK);
    check_findings(report);
    if (kf_services_load((const char *)data, size, &services) == KF_OK)
        check_services(services, without_configuration(report));
    else
        fuzz_check(kf_report_errors(report) > 0);
    kf_services_free(services);
    kf_report_free(report);
    return 0;
}
