/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief Models in process: opened from the files that XGBoost, LightGBM and
 * `kf.serving.convert` (scikit-learn) write, without Python, and asked at once.
 *
 * Threads: unlike other handles a model may be asked by several threads at once; it is
 * ended by one, when no other uses it.
 */
#ifndef KF_MODEL_H
#define KF_MODEL_H

#include <kf/ext/model.h>

KF_BEGIN_DECLS

/** A model that can be asked. */
typedef struct kf_model kf_model;

/** How a model is opened. */
typedef struct kf_model_options {
    size_t size;
    /** "xgboost", "lightgbm" or "numbers" (what kf.serving.convert writes); NULL: by
     * what is in the file. */
    const char *format;
    /** "predict" or "predict_proba": what a classifier of scikit-learn's answers with;
     * NULL: as it was converted. */
    const char *method;
} kf_model_options;

/**
 * @brief Open the model in a file, or the one model in a folder by KServe's rules.
 * @param options NULL for the defaults.
 * @return KF_OK; KF_ENOENT, KF_EIO; KF_EPARSE: the file is damaged or of no known
 * format, the message says where; KF_EDOCUMENT: well-formed, but not a model; KF_EUNSUPPORTED:
 * of a kind that libkf does not have; KF_ELIMIT; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_model_open(
    const char *path, const kf_model_options *options, kf_model **out);
/** The same from bytes in memory. */
KF_API KF_MUST_CHECK kf_status kf_model_load(
    const void *data, size_t length, const kf_model_options *options, kf_model **out);
/**
 * @brief A model of the program's own.
 * @param table Copied, with all it points to but @p self; its close is called when the
 * model ends, also if this function fails.
 * @return KF_OK; KF_EMISSING: it has no predict; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_model_new(
    const kf_model_table *table, void *self, kf_model **out);
/** End a model. NULL is fine. */
KF_API void kf_model_free(kf_model *model);

/** Its format: "xgboost", "lightgbm", "numbers"; the table's platform for others. */
KF_API const char *kf_model_format(const kf_model *model);
/** How many features a row has; 0: not known. */
KF_API size_t kf_model_feature_count(const kf_model *model);
/** The name of a feature; NULL: the model does not name them, or past the end. */
KF_API const char *kf_model_feature_name(const kf_model *model, size_t index);
/** How many numbers a row is answered with: 1, or one per class. */
KF_API size_t kf_model_output_count(const kf_model *model);
/** The name of a class, of a classifier whose labels are text; NULL otherwise. */
KF_API const char *kf_model_class_name(const kf_model *model, size_t index);

/**
 * @brief The number that stands for a category of a feature: its place among those of
 * the DataFrame that the model was trained with, where its file tells them.
 * @param[out] out NaN, missing: a category that LightGBM did not see in training.
 * @return KF_OK; KF_ETYPE: no categories of the feature are known; KF_EINVAL: one that
 * XGBoost did not see in training, or a feature past the end.
 */
KF_API KF_MUST_CHECK kf_status kf_model_category_code(
    const kf_model *model, size_t feature, const char *category, double *out);

/**
 * @brief Predict for rows of numbers.
 * @param rows @p row_count × @p column_count numbers, row by row; NaN: missing.
 * @param[out] out @p row_count × kf_model_output_count() numbers, row by row.
 * @return KF_OK; KF_EINVAL: @p column_count is not the model's; KF_EUNSUPPORTED: a
 * model of tensors, which only a server can ask; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_model_predict(const kf_model *model,
    const double *rows, size_t row_count, size_t column_count, double *out);
/** The same of floats. */
KF_API KF_MUST_CHECK kf_status kf_model_predict_float(const kf_model *model,
    const float *rows, size_t row_count, size_t column_count, float *out);

/** How predictions are explained. */
typedef struct kf_explain_options {
    size_t size;
    /**
     * - "tree": exact Shapley values of trees. Without a background what is not known
     *   of a row follows the training rows down the trees (path-dependent), with one it
     *   is taken from the rows of the background (interventional).
     * - "linear": those of a linear model whose features are independent; against the
     *   mean of the background, or of the training rows where the file has it.
     * - "kernel": of any model, estimated by a weighted regression over subsets of the
     *   features; needs a background. Exact where all subsets are gone through.
     *
     * NULL: the first of them that the model allows.
     */
    const char *method;
    /** @ref background_count rows of as many numbers as a row that is explained. */
    const double *background;
    size_t background_count;
    /** Kernel: how many subsets; 0: 2048 and two for each feature. */
    size_t samples;
    /** Kernel: the same subsets for the same seed. */
    uint64_t seed;
    /** Kernel: to how many features the effects are given, those that matter most;
     * 0: 10, as shap does; SIZE_MAX: all. */
    size_t most_features;
    /** What is explained: "margin"; or "probability", what a model of classes makes of its
     * margins. "tree" needs a background for it, and a probability that is made of one
     * margin (not a softmax); "linear" cannot. NULL: "margin". */
    const char *output;
    /** Kernel: "identity", or "logit" of what is explained, which then are probabilities.
     * NULL: "identity". */
    const char *link;
    /** Kernel: "most": see @ref most_features; "aic", "bic": as few as the criterion says;
     * "lasso": see @ref alpha. NULL: "most". */
    const char *selection;
    /** Kernel: the penalty of "lasso", over 0. */
    double alpha;
} kf_explain_options;

/**
 * @brief How many margins the model has: what its trees add up to, or its weighted
 * sums, before anything makes probabilities or labels of them; 0: not known.
 */
KF_API size_t kf_model_margin_count(const kf_model *model);
/**
 * @brief Explain predictions: Shapley values of the margins.
 * @param rows @p row_count × @p column_count numbers, row by row; NaN: missing.
 * @param options NULL for the defaults.
 * @param[out] out @p row_count × kf_model_margin_count() × (@p column_count + 1)
 * numbers: what each feature of the row adds to the margin, and last what is expected
 * without the row. They sum up to the margin.
 * @return KF_OK; KF_EINVAL: @p column_count is not the model's, or the method or another
 * choice is none; KF_EMISSING: the method needs a background; KF_EUNSUPPORTED: a method
 * or an output that the model does not allow, or a model of the program's own; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_model_explain(const kf_model *model,
    const double *rows, size_t row_count, size_t column_count,
    const kf_explain_options *options, double *out);
/**
 * @brief Explain predictions by what pairs of features do together: SHAP interaction
 * values of the margins, path-dependent (Lundberg et al. 2020).
 * @param options The method is "tree" without a background, or "linear", where features
 * do nothing together.
 * @param[out] out @p row_count × kf_model_margin_count() × (@p column_count + 1) ×
 * (@p column_count + 1) numbers: symmetric matrices with what a feature does alone in
 * the diagonal, and last in it what is expected without the row. A line of a feature
 * sums up to what kf_model_explain says of it.
 * @return As kf_model_explain; KF_EUNSUPPORTED also for trees with a background.
 */
KF_API KF_MUST_CHECK kf_status kf_model_explain_interactions(const kf_model *model,
    const double *rows, size_t row_count, size_t column_count,
    const kf_explain_options *options, double *out);

KF_END_DECLS

#endif
