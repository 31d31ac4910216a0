/* SPDX-License-Identifier: Apache-2.0 */
KF_OPTIONS_DICT(kf_kubernetes_ephemeral_volume, kf__py_ephemeral_volume_fields)
KF_OPTIONS_DICT(kf_kubernetes_pvc, kf__py_pvc_fields)
KF_OPTIONS_DICT(kf_kubernetes_toleration, kf__py_toleration_fields)
KF_OPTIONS_DICT(kf_kubernetes_security, kf__py_security_fields)
KF_OPTIONS_DICT(kf_kubernetes_init_container, kf__py_init_container_fields)
%apply const kf_value *OPTIONAL {
    const kf_value *match_expressions, const kf_value *match_fields };
%include <kf/kubernetes.h>
