/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is an experiment or a report with errors; one that is sound can be asked for
 * all it has, and written so that it reads the same. */
#include "fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "search/experiment.h"
#include "search/template.h"
#include "search/trial_command.h"

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
    const kf_experiment *experiment, const kf_experiment_write_options *options)
{
    char *text = NULL;
    kf_experiment *again = NULL;
    if (kf_experiment_write(experiment, options, &text) != KF_OK)
        fuzz_check(kf_last_error()->code == KF_ELIMIT);
    else if (strlen(text) <= KF__LIMIT_DOCUMENT_BYTES) {
        fuzz_check(kf_experiment_load(text, strlen(text), &again) == KF_OK);
        fuzz_check(
            options->defaults || kf_value_equal(experiment->document, again->document));
        fuzz_check(kf_value_equal(experiment->full, again->full));
    }
    kf_experiment_free(again);
    kf_text_free(text);
}

/* The trial of the middle of the space. */
static void check_trial(const kf_experiment *experiment)
{
    kf_space *space = NULL;
    kf_study *study = NULL;
    int64_t number;
    kf_tree tree = KF__TREE_INIT;
    kf_value *trial;
    kf_trial_command command;
    if (kf_experiment_space(experiment, &space) != KF_OK)
        return;
    fuzz_check(kf_study_new(space, KF_OPTIONS(kf_study_options, .algorithm = "random"),
                   &study) == KF_OK);
    fuzz_check(kf_study_ask(study, &number) == KF_OK);
    const kf_value *params = kf_study_trial(study, number)->params;
    if (kf__template_render(experiment, "trial", params, &tree, &trial) == KF_OK &&
        kf__trial_command(experiment, trial, "trial", params, &command) == KF_OK) {
        fuzz_check(command.argv[0] != NULL);
        kf__trial_command_finish(&command);
    }
    kf__tree_finish(&tree);
    kf_study_free(study);
    kf_space_free(space);
}

static void check_experiment(const kf_experiment *experiment, bool is_sound)
{
    kf_report *report = NULL;
    fuzz_check(kf_experiment_name(experiment) != NULL);
    fuzz_check(kf_experiment_objective_count(experiment) <=
               kf_experiment_metric_count(experiment));
    fuzz_check(kf_experiment_check(experiment, &report) == KF_OK);
    fuzz_check((kf_report_errors(report) == 0) == is_sound);
    kf_report_free(report);
    report = NULL;
    fuzz_check(kf_experiment_check_update(experiment, experiment, &report) == KF_OK);
    check_findings(report);
    kf_report_free(report);
    check_written(experiment, KF_OPTIONS(kf_experiment_write_options, .json = false));
    check_written(experiment, KF_OPTIONS(kf_experiment_write_options, .json = true));
    check_written(
        experiment, KF_OPTIONS(kf_experiment_write_options, .defaults = true));
    check_trial(experiment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_report *report = NULL;
    kf_experiment *experiment = NULL;
    fuzz_check(kf_experiment_check_text((const char *)data, size, &report) == KF_OK);
    check_findings(report);
    kf_status status = kf_experiment_load((const char *)data, size, &experiment);
    if (status == KF_OK)
        check_experiment(experiment, kf_report_errors(report) == 0);
    else
        fuzz_check(kf_report_errors(report) > 0);
    kf_experiment_free(experiment);
    kf_report_free(report);
    return 0;
}
