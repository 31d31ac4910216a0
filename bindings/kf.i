/* SPDX-License-Identifier: Apache-2.0 */
/* kf._native: the C API for the Python package kf, and for it alone. */
%module(package="kf") _native
%{
#include "models.h"
#include "native.h"
#include "runs.h"
#include "services.h"
#include "studies.h"
#include "tunes.h"
%}
%nothread;
%rename("%(strip:[kf_])s") "";
%include <stdint.i>
%include <typemaps.i>
%include "typemaps/status.i"
%include "typemaps/value.i"
%include "typemaps/handle.i"
%include "typemaps/options.i"
%include "base.i"
%include "value.i"
%include "component.i"
%include "pipeline.i"
%include "kubernetes.i"
%include "model.i"
%include "run.i"
%include "search.i"
%include "tune.i"
%include "service.i"
