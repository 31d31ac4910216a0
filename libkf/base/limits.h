/* SPDX-License-Identifier: Apache-2.0 */
/* The ceilings of every parser and buffer. Going over one is KF_ELIMIT; the message names it. */
#ifndef KF_BASE_LIMITS_H
#define KF_BASE_LIMITS_H

#define KF__LIMIT_DEPTH 200                  /* Nesting of a value, JSON and YAML. */
#define KF__LIMIT_DOCUMENT_BYTES (64u << 20) /* Text of one document. */
#define KF__LIMIT_NODES (8u << 20)       /* Values in one document, aliases expanded. */
#define KF__LIMIT_ALIAS_NODES (1u << 16) /* Values that come from expanding aliases. */
#define KF__LIMIT_STRING_BYTES (16u << 20) /* One string. */
#define KF__LIMIT_NAME_BYTES 1024          /* A name of an input, output, task, … */
#define KF__LIMIT_TASKS (1u << 20)         /* Tasks of one pipeline. */
#define KF__LIMIT_FINDINGS 1000            /* Findings of one report. */
#define KF__LIMIT_LOOP_ITEMS (1u << 20)    /* Iterations of one loop. */
#define KF__LIMIT_GROUP_DEPTH 64 /* Groups and nested pipelines within each other. */
#define KF__LIMIT_OBJECTIVES 64  /* Objectives of one study. */
#define KF__LIMIT_EXPRESSION_DEPTH 100 /* Nesting of a condition. */
#define KF__LIMIT_SCHEMA_ITEMS 1000  /* Structs in one list of a Kubernetes document. */
#define KF__LIMIT_SCHEMA_TEXTS 10000 /* Texts in one such list. */
#define KF__LIMIT_PATTERN_BYTES 4096 /* A regular expression. */
#define KF__LIMIT_MATCH_STEPS 100000 /* One search with a regular expression. */
#define KF__LIMIT_MATCH_KIB 20000    /* Memory of it. */
#define KF__LIMIT_LOG_LINE (16u << 10)    /* A line that metrics are looked for in. */
#define KF__LIMIT_EVENT_BYTES (64u << 20) /* One record of an event file. */
#define KF__LIMIT_TENSOR_ELEMENTS (1u << 28) /* Elements of one tensor. */
#define KF__LIMIT_MODEL_BYTES (4ull << 30)   /* One file of a model. */
#define KF__LIMIT_FEATURES (1u << 24)        /* Features of one row. */
#define KF__LIMIT_OUTPUTS (1u << 16)         /* Numbers that a row is answered with. */
#define KF__LIMIT_FOREST_NODES (1u << 29)    /* Nodes of all trees of one model. */
#define KF__LIMIT_EXPLAIN_NUMBERS (1u << 24) /* Numbers of one answer of :explain. */
#define KF__LIMIT_EXPLAIN_SAMPLES (1u << 20) /* Subsets for one row of it. */
#define KF__LIMIT_EXPLAIN_WORK (1u << 24)    /* Rows that are asked for in one of it. */
#define KF__LIMIT_BODY_BYTES (1u << 30)      /* Body of one HTTP request. */
#define KF__LIMIT_HTTP_HEADERS (256u << 10)  /* Headers of a reply. */
#define KF__LIMIT_HTTP_BODY (64u << 20)      /* A reply that is read into memory. */
#define KF__LIMIT_DOWNLOAD_BYTES (INT64_C(1) << 40) /* One file. */
#define KF__LIMIT_ARCHIVE_ENTRIES (1u << 17)        /* Files and folders in one. */
#define KF__LIMIT_ARCHIVE_BYTES (INT64_C(1) << 38)  /* All of them, unpacked. */
#define KF__LIMIT_ARCHIVE_RATIO 300      /* Unpacked bytes for each packed one. */
#define KF__LIMIT_STORAGE_OBJECTS 100000 /* Files of one storageUri. */

#endif
