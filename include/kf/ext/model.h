/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief What a model is to libkf, for programs that bring their own.
 *
 * A model takes tensors and gives tensors, as the Open Inference Protocol has them
 * (V2); the V1 protocol is carried over to the same tensors. A program that implements
 * @ref kf_model_table can serve its model beside those that libkf reads from files.
 */
#ifndef KF_EXT_MODEL_H
#define KF_EXT_MODEL_H

#include <kf/value.h>

KF_BEGIN_DECLS

/** Types of elements, by the names of the Open Inference Protocol. */
typedef enum kf_datatype {
    KF_DATATYPE_BOOL = 1, /**< One byte, 0 or 1. */
    KF_DATATYPE_UINT8 = 2,
    KF_DATATYPE_UINT16 = 3,
    KF_DATATYPE_UINT32 = 4,
    KF_DATATYPE_UINT64 = 5,
    KF_DATATYPE_INT8 = 6,
    KF_DATATYPE_INT16 = 7,
    KF_DATATYPE_INT32 = 8,
    KF_DATATYPE_INT64 = 9,
    KF_DATATYPE_FP16 = 10, /**< IEEE 754 half precision. */
    KF_DATATYPE_FP32 = 11,
    KF_DATATYPE_FP64 = 12,
    KF_DATATYPE_BYTES = 13, /**< Each: its length in 4 bytes, and as many bytes. */
    KF_DATATYPE_BF16 = 14   /**< The upper half of an FP32. */
} kf_datatype;

/** Elements in order of rows, each in the byte order of the machine; all borrowed. */
typedef struct kf_tensor {
    const char *name;
    kf_datatype datatype;
    size_t rank;          /**< How many dimensions; 0: one element. */
    const int64_t *shape; /**< As many numbers, none negative. */
    const void *data;     /**< Aligned for its type. */
    size_t size;          /**< Bytes of @ref data. */
} kf_tensor;

/** What is known of a tensor before it comes. */
typedef struct kf_tensor_spec {
    const char *name;
    kf_datatype datatype;
    size_t rank;
    const int64_t *shape; /**< -1: any. */
} kf_tensor_spec;

/** A request under way: what was asked, and what is answered. */
typedef struct kf_inference kf_inference;

/** How many tensors were given. */
KF_API size_t kf_inference_input_count(const kf_inference *inference);
/** The tensor at @p index; NULL past the end. Borrowed until the request ends. */
KF_API const kf_tensor *kf_inference_input(const kf_inference *inference, size_t index);
/** The tensor called @p name; NULL: none. */
KF_API const kf_tensor *kf_inference_input_named(
    const kf_inference *inference, const char *name);
/** Parameters of the request: a struct, or NULL. */
KF_API const kf_value *kf_inference_parameters(const kf_inference *inference);
/**
 * @brief Answer with a tensor of numbers or booleans.
 * @param shape @p rank numbers, none negative.
 * @param[out] data Where the elements go, zeroed, aligned to 64 bytes; borrowed.
 * @return KF_OK; KF_EINVAL for KF_DATATYPE_BYTES, a negative shape or a name that is
 * taken; KF_ELIMIT; KF_ENOMEM.
 */
KF_API KF_MUST_CHECK kf_status kf_inference_add_output(kf_inference *inference,
    const char *name, kf_datatype datatype, const int64_t *shape, size_t rank,
    void **data);
/**
 * @brief Answer with a tensor of texts (KF_DATATYPE_BYTES).
 * @param texts As many as the shape has elements, each NUL-terminated; copied.
 */
KF_API KF_MUST_CHECK kf_status kf_inference_add_texts(kf_inference *inference,
    const char *name, const int64_t *shape, size_t rank, const char *const *texts);
/**
 * @brief Fail the request for a reason that its sender can mend (400).
 * @return KF_EINVAL, for the model to return; any other failure is the model's own
 * (500).
 */
KF_API kf_status kf_inference_refuse(kf_inference *inference, const char *message);

/**
 * @brief What a model can do. Functions may be called by several threads at once, and
 * must not change the model.
 */
typedef struct kf_model_table {
    size_t size;                  /**< sizeof(kf_model_table) */
    const char *platform;         /**< For metadata, such as "xgboost"; NULL: "". */
    const kf_tensor_spec *inputs; /**< NULL: not known. */
    size_t input_count;
    const kf_tensor_spec *outputs; /**< NULL: not known. */
    size_t output_count;
    /** The type that numbers of V1 are given in; 0: KF_DATATYPE_FP64. */
    kf_datatype v1_datatype;
    /** Answer; required. KF_OK, or a failure with the thread's error set. */
    kf_status (*predict)(void *self, kf_inference *inference);
    /** Explain; NULL: the model cannot. */
    kf_status (*explain)(void *self, kf_inference *inference);
    /** End the model; NULL: nothing to do. */
    void (*close)(void *self);
} kf_model_table;

/**
 * @brief Set the calling thread's error, for the functions of a table.
 * @return @p code.
 */
KF_API kf_status kf_model_fail(kf_status code, const char *message);

KF_END_DECLS

#endif
