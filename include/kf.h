/* SPDX-License-Identifier: Apache-2.0 */
/** @file @brief Everything of libkf. */
#ifndef KF_H
#define KF_H

#include <kf/base.h>
#include <kf/component.h>
#include <kf/experiment.h>
#include <kf/ext/executor.h>
#include <kf/ext/model.h>
#include <kf/ext/sampler.h>
#include <kf/kubernetes.h>
#include <kf/model.h>
#include <kf/pipeline.h>
#include <kf/run.h>
#include <kf/search.h>
#include <kf/server.h>
#include <kf/service.h>
#include <kf/tune.h>
#include <kf/value.h>

#endif
