/* SPDX-License-Identifier: Apache-2.0 */
/* An experiment of the store as a study of its own that nobody asks: for pictures and
 * importance. */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "io/json.h"
#include "search/tune.h"

static kf_status open_experiment(const char *document, kf_study **out)
{
    kf_experiment *experiment = NULL;
    kf_space *space = NULL;
    const kf_study_options options = {.size = sizeof options, .algorithm = "random"};
    KF__TRY(kf_experiment_load(document, strlen(document), &experiment));
    kf_status status = kf__experiment_any_space(experiment, &space);
    if (status == KF_OK)
        status = kf__experiment_study(experiment, space, &options, out);
    kf_space_free(space);
    kf_experiment_free(experiment);
    return status;
}

/* As study_document of journal.c wrote it. */
static kf_status open_parts(const kf_value *document, kf_study **out)
{
    const char *names[KF__LIMIT_OBJECTIVES];
    kf_direction directions[KF__LIMIT_OBJECTIVES];
    kf_space *space = NULL;
    const kf_value *objectives = kf_value_get(document, "objectives");
    size_t count = kf_value_length(objectives);
    for (size_t i = 0; i < count && i < KF__LIMIT_OBJECTIVES; i++) {
        const kf_value *objective = kf_value_at(objectives, i);
        const kf_value *type = kf_value_get(objective, "type");
        names[i] = kf__get_text(objective, "name");
        directions[i] = kf__equals_text(type, "maximize") ? KF_MAXIMIZE : KF_MINIMIZE;
    }
    KF__TRY(kf__space_of_document(kf_value_get(document, "parameters"), &space));
    const kf_study_options options = {.size = sizeof options,
        .objectives = names,
        .directions = directions,
        .objective_count = count,
        .algorithm = "random",
        .nas_config = kf_value_get(document, "nasConfig")};
    kf_status status = kf_study_new(space, &options, out);
    kf_space_free(space);
    return status;
}

static kf_status open_study(const char *document, kf_study **out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *read = NULL;
    kf_status status = kf__json_read(&tree, document, strlen(document), &read);
    if (status == KF_OK)
        status = open_parts(read, out);
    kf__tree_finish(&tree);
    return status;
}

static kf_status read_study(
    const kf_store *store, const kf_tune_row *row, kf_study **out)
{
    kf_study *study = NULL;
    KF__TRY(row->kind == KF__EXPERIMENT_TUNE ? open_experiment(row->document, &study)
                                             : open_study(row->document, &study));
    kf_status status = kf__journal_read(study, store->db, row->number);
    if (status == KF_OK)
        *out = study;
    else
        kf_study_free(study);
    return status;
}

kf_status kf_store_experiment_write(
    const kf_store *store, const char *id, kf_study_format format, char **out)
{
    KF__REQUIRE(store != NULL && id != NULL && out != NULL);
    kf_tune_row row;
    kf_study *study = NULL;
    KF__TRY(kf__tune_find(store->db, id, &row));
    kf_status status = read_study(store, &row, &study);
    if (status == KF_OK)
        status = kf__study_write(study, format, row.id, out);
    kf_study_free(study);
    kf__tune_row_finish(&row);
    return status;
}

kf_status kf_store_experiment_importance(
    const kf_store *store, const char *id, kf_value **out)
{
    KF__REQUIRE(store != NULL && id != NULL && out != NULL);
    kf_tune_row row;
    kf_study *study = NULL;
    KF__TRY(kf__tune_find(store->db, id, &row));
    kf_status status = read_study(store, &row, &study);
    if (status == KF_OK)
        status = kf_study_importance(study, out);
    kf_study_free(study);
    kf__tune_row_finish(&row);
    return status;
}
