/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and pods of Kubernetes (core/v1). */
#include "serving/service_schema.h"

static const kf_field config_map_key_ref[] = {
    KF__F_NEEDED_TEXT("key"), KF__F_TEXT("name"), KF__F_BOOL("optional"), KF__F_END};

static const kf_field field_ref[] = {
    KF__F_TEXT("apiVersion"), KF__F_NEEDED_TEXT("fieldPath"), KF__F_END};

static const kf_field file_key_ref[] = {KF__F_NEEDED_TEXT("key"),
    KF__F_BOOL("optional"), KF__F_NEEDED_TEXT("path"), KF__F_NEEDED_TEXT("volumeName"),
    KF__F_END};

static const kf_field resource_field_ref[] = {KF__F_TEXT("containerName"),
    KF__F_QUANTITY("divisor"), KF__F_NEEDED_TEXT("resource"), KF__F_END};

static const kf_field env_source[] = {
    KF__F_STRUCT("configMapKeyRef", config_map_key_ref),
    KF__F_STRUCT("fieldRef", field_ref), KF__F_STRUCT("fileKeyRef", file_key_ref),
    KF__F_STRUCT("resourceFieldRef", resource_field_ref),
    KF__F_STRUCT("secretKeyRef", config_map_key_ref), KF__F_END};

const kf_field kf__env_var_fields[] = {KF__F_NEEDED_TEXT("name"), KF__F_TEXT("value"),
    KF__F_STRUCT("valueFrom", env_source), KF__F_END};

static const kf_field config_map_ref[] = {
    KF__F_TEXT("name"), KF__F_BOOL("optional"), KF__F_END};

static const kf_field env_from[] = {KF__F_STRUCT("configMapRef", config_map_ref),
    KF__F_TEXT("prefix"), KF__F_STRUCT("secretRef", config_map_ref), KF__F_END};

static const kf_field exec_action[] = {KF__F_TEXT_LIST("command"), KF__F_END};

static const kf_field http_header[] = {
    KF__F_NEEDED_TEXT("name"), KF__F_NEEDED_TEXT("value"), KF__F_END};

static const kf_field http_get[] = {KF__F_TEXT("host"),
    KF__F_LIST("httpHeaders", http_header), KF__F_TEXT("path"), KF__F_PORT("port"),
    KF__F_TEXT("scheme"), KF__F_END};

static const kf_field sleep_action[] = {
    {.name = "seconds", .type = KF__FIELD_INT64, .is_required = true}, KF__F_END};

static const kf_field tcp_socket_action[] = {
    KF__F_TEXT("host"), KF__F_PORT("port"), KF__F_END};

static const kf_field lifecycle_handler[] = {KF__F_STRUCT("exec", exec_action),
    KF__F_STRUCT("httpGet", http_get), KF__F_STRUCT("sleep", sleep_action),
    KF__F_STRUCT("tcpSocket", tcp_socket_action), KF__F_END};

static const kf_field lifecycle[] = {KF__F_STRUCT("postStart", lifecycle_handler),
    KF__F_STRUCT("preStop", lifecycle_handler), KF__F_TEXT("stopSignal"), KF__F_END};

static const kf_field grpc_action[] = {
    {.name = "port", .type = KF__FIELD_INT32, .is_required = true},
    KF__F_TEXT("service"), KF__F_END};

static const kf_field probe[] = {KF__F_STRUCT("exec", exec_action),
    KF__F_INT("failureThreshold"), KF__F_STRUCT("grpc", grpc_action),
    KF__F_STRUCT("httpGet", http_get), KF__F_INT("initialDelaySeconds"),
    KF__F_INT("periodSeconds"), KF__F_INT("successThreshold"),
    KF__F_STRUCT("tcpSocket", tcp_socket_action),
    KF__F_LONG("terminationGracePeriodSeconds"), KF__F_INT("timeoutSeconds"),
    KF__F_END};

static const kf_field container_port[] = {
    {.name = "containerPort", .type = KF__FIELD_INT32, .is_required = true},
    KF__F_TEXT("hostIP"), KF__F_INT("hostPort"), KF__F_TEXT("name"),
    KF__F_TEXT("protocol"), KF__F_END};

static const kf_field resize_policy[] = {
    KF__F_NEEDED_TEXT("resourceName"), KF__F_NEEDED_TEXT("restartPolicy"), KF__F_END};

static const kf_field claim[] = {
    KF__F_NEEDED_TEXT("name"), KF__F_TEXT("request"), KF__F_END};

const kf_field kf__resources_fields[] = {KF__F_KEYED("claims", claim, "name"),
    KF__F_QUANTITIES("limits"), KF__F_QUANTITIES("requests"), KF__F_END};

static const kf_field exit_codes[] = {KF__F_NEEDED_TEXT("operator"),
    {.name = "values", .type = KF__FIELD_INT32, .is_list = true, .keys = ""},
    KF__F_END};

static const kf_field restart_policy_rule[] = {
    KF__F_NEEDED_TEXT("action"), KF__F_STRUCT("exitCodes", exit_codes), KF__F_END};

static const kf_field app_armor_profile[] = {
    KF__F_TEXT("localhostProfile"), KF__F_NEEDED_TEXT("type"), KF__F_END};

static const kf_field capabilities[] = {
    KF__F_TEXT_LIST("add"), KF__F_TEXT_LIST("drop"), KF__F_END};

static const kf_field se_linux_options[] = {KF__F_TEXT("level"), KF__F_TEXT("role"),
    KF__F_TEXT("type"), KF__F_TEXT("user"), KF__F_END};

static const kf_field windows_options[] = {KF__F_TEXT("gmsaCredentialSpec"),
    KF__F_TEXT("gmsaCredentialSpecName"), KF__F_BOOL("hostProcess"),
    KF__F_TEXT("runAsUserName"), KF__F_END};

static const kf_field security_context[] = {KF__F_BOOL("allowPrivilegeEscalation"),
    KF__F_STRUCT("appArmorProfile", app_armor_profile),
    KF__F_STRUCT("capabilities", capabilities), KF__F_BOOL("privileged"),
    KF__F_TEXT("procMount"), KF__F_BOOL("readOnlyRootFilesystem"),
    KF__F_LONG("runAsGroup"), KF__F_BOOL("runAsNonRoot"), KF__F_LONG("runAsUser"),
    KF__F_STRUCT("seLinuxOptions", se_linux_options),
    KF__F_STRUCT("seccompProfile", app_armor_profile),
    KF__F_STRUCT("windowsOptions", windows_options), KF__F_END};

static const kf_field volume_device[] = {
    KF__F_NEEDED_TEXT("devicePath"), KF__F_NEEDED_TEXT("name"), KF__F_END};

static const kf_field volume_mount[] = {KF__F_NEEDED_TEXT("mountPath"),
    KF__F_TEXT("mountPropagation"), KF__F_NEEDED_TEXT("name"), KF__F_BOOL("readOnly"),
    KF__F_TEXT("recursiveReadOnly"), KF__F_TEXT("subPath"), KF__F_TEXT("subPathExpr"),
    KF__F_END};

const kf_field kf__container_fields[] = {KF__F_TEXT_LIST("args"),
    KF__F_TEXT_LIST("command"), KF__F_KEYED("env", kf__env_var_fields, "name"),
    KF__F_LIST("envFrom", env_from), KF__F_TEXT("image"), KF__F_TEXT("imagePullPolicy"),
    KF__F_STRUCT("lifecycle", lifecycle), KF__F_STRUCT("livenessProbe", probe),
    KF__F_TEXT("name"), KF__F_KEYED("ports", container_port, "containerPort protocol"),
    KF__F_STRUCT("readinessProbe", probe), KF__F_LIST("resizePolicy", resize_policy),
    KF__F_STRUCT("resources", kf__resources_fields), KF__F_TEXT("restartPolicy"),
    KF__F_LIST("restartPolicyRules", restart_policy_rule),
    KF__F_STRUCT("securityContext", security_context),
    KF__F_STRUCT("startupProbe", probe), KF__F_BOOL("stdin"), KF__F_BOOL("stdinOnce"),
    KF__F_TEXT("terminationMessagePath"), KF__F_TEXT("terminationMessagePolicy"),
    KF__F_BOOL("tty"), KF__F_KEYED("volumeDevices", volume_device, "devicePath"),
    KF__F_KEYED("volumeMounts", volume_mount, "mountPath"), KF__F_TEXT("workingDir"),
    KF__F_END};

static const kf_field ephemeral_container[] = {
    KF__F_INLINE(kf__container_fields), KF__F_TEXT("targetContainerName"), KF__F_END};

static const kf_field match_expression[] = {KF__F_NEEDED_TEXT("key"),
    KF__F_NEEDED_TEXT("operator"), KF__F_TEXT_LIST("values"), KF__F_END};

static const kf_field node_selector_term[] = {
    KF__F_LIST("matchExpressions", match_expression),
    KF__F_LIST("matchFields", match_expression), KF__F_END};

static const kf_field preferred_node_term[] = {
    KF__F_NEEDED_STRUCT("preference", node_selector_term),
    {.name = "weight", .type = KF__FIELD_INT32, .is_required = true}, KF__F_END};

static const kf_field node_selector[] = {{.name = "nodeSelectorTerms",
                                             .type = KF__FIELD_STRUCT,
                                             .is_list = true,
                                             .is_required = true,
                                             .fields = node_selector_term},
    KF__F_END};

static const kf_field node_affinity[] = {
    KF__F_LIST("preferredDuringSchedulingIgnoredDuringExecution", preferred_node_term),
    KF__F_STRUCT("requiredDuringSchedulingIgnoredDuringExecution", node_selector),
    KF__F_END};

static const kf_field pod_affinity_term[] = {
    KF__F_STRUCT("labelSelector", kf__label_selector_fields),
    KF__F_TEXT_LIST("matchLabelKeys"), KF__F_TEXT_LIST("mismatchLabelKeys"),
    KF__F_STRUCT("namespaceSelector", kf__label_selector_fields),
    KF__F_TEXT_LIST("namespaces"), KF__F_NEEDED_TEXT("topologyKey"), KF__F_END};

static const kf_field weighted_pod_affinity_term[] = {
    KF__F_NEEDED_STRUCT("podAffinityTerm", pod_affinity_term),
    {.name = "weight", .type = KF__FIELD_INT32, .is_required = true}, KF__F_END};

static const kf_field pod_affinity[] = {
    KF__F_LIST(
        "preferredDuringSchedulingIgnoredDuringExecution", weighted_pod_affinity_term),
    KF__F_LIST("requiredDuringSchedulingIgnoredDuringExecution", pod_affinity_term),
    KF__F_END};

const kf_field kf__affinity_fields[] = {KF__F_STRUCT("nodeAffinity", node_affinity),
    KF__F_STRUCT("podAffinity", pod_affinity),
    KF__F_STRUCT("podAntiAffinity", pod_affinity), KF__F_END};

static const kf_field option[] = {KF__F_TEXT("name"), KF__F_TEXT("value"), KF__F_END};

static const kf_field dns_config[] = {KF__F_TEXT_LIST("nameservers"),
    KF__F_LIST("options", option), KF__F_TEXT_LIST("searches"), KF__F_END};

static const kf_field host_alias[] = {
    KF__F_TEXT_LIST("hostnames"), KF__F_NEEDED_TEXT("ip"), KF__F_END};

static const kf_field os[] = {KF__F_NEEDED_TEXT("name"), KF__F_END};

static const kf_field readiness_gate[] = {
    KF__F_NEEDED_TEXT("conditionType"), KF__F_END};

const kf_field kf__resource_claim_fields[] = {KF__F_NEEDED_TEXT("name"),
    KF__F_TEXT("resourceClaimName"), KF__F_TEXT("resourceClaimTemplateName"),
    KF__F_END};

static const kf_field pod_security_context[] = {
    KF__F_STRUCT("appArmorProfile", app_armor_profile), KF__F_LONG("fsGroup"),
    KF__F_TEXT("fsGroupChangePolicy"), KF__F_LONG("runAsGroup"),
    KF__F_BOOL("runAsNonRoot"), KF__F_LONG("runAsUser"),
    KF__F_TEXT("seLinuxChangePolicy"), KF__F_STRUCT("seLinuxOptions", se_linux_options),
    KF__F_STRUCT("seccompProfile", app_armor_profile),
    {.name = "supplementalGroups", .type = KF__FIELD_INT64, .is_list = true},
    KF__F_TEXT("supplementalGroupsPolicy"), KF__F_LIST("sysctls", http_header),
    KF__F_STRUCT("windowsOptions", windows_options), KF__F_END};

const kf_field kf__toleration_fields[] = {KF__F_TEXT("effect"), KF__F_TEXT("key"),
    KF__F_TEXT("operator"), KF__F_LONG("tolerationSeconds"), KF__F_TEXT("value"),
    KF__F_END};

static const kf_field topology_spread_constraint[] = {
    KF__F_STRUCT("labelSelector", kf__label_selector_fields),
    KF__F_TEXT_LIST("matchLabelKeys"),
    {.name = "maxSkew", .type = KF__FIELD_INT32, .is_required = true},
    KF__F_INT("minDomains"), KF__F_TEXT("nodeAffinityPolicy"),
    KF__F_TEXT("nodeTaintsPolicy"), KF__F_NEEDED_TEXT("topologyKey"),
    KF__F_NEEDED_TEXT("whenUnsatisfiable"), KF__F_END};

const kf_field kf__pod_fields[] = {KF__F_LONG("activeDeadlineSeconds"),
    KF__F_STRUCT("affinity", kf__affinity_fields),
    KF__F_BOOL("automountServiceAccountToken"),
    KF__F_LIST("containers", kf__container_fields),
    KF__F_STRUCT("dnsConfig", dns_config), KF__F_TEXT("dnsPolicy"),
    KF__F_BOOL("enableServiceLinks"),
    KF__F_LIST("ephemeralContainers", ephemeral_container),
    KF__F_LIST("hostAliases", host_alias), KF__F_BOOL("hostIPC"),
    KF__F_BOOL("hostNetwork"), KF__F_BOOL("hostPID"), KF__F_BOOL("hostUsers"),
    KF__F_TEXT("hostname"), KF__F_TEXT("hostnameOverride"),
    KF__F_LIST("imagePullSecrets", kf__local_reference_fields),
    KF__F_LIST("initContainers", kf__container_fields), KF__F_TEXT("nodeName"),
    KF__F_TEXTS("nodeSelector"), KF__F_STRUCT("os", os), KF__F_QUANTITIES("overhead"),
    KF__F_TEXT("preemptionPolicy"), KF__F_INT("priority"),
    KF__F_TEXT("priorityClassName"), KF__F_LIST("readinessGates", readiness_gate),
    KF__F_KEYED("resourceClaims", kf__resource_claim_fields, "name"),
    KF__F_STRUCT("resources", kf__resources_fields), KF__F_TEXT("restartPolicy"),
    KF__F_TEXT("runtimeClassName"), KF__F_TEXT("schedulerName"),
    KF__F_OBJECT("schedulingGroup"), KF__F_KEYED("schedulingGates", os, "name"),
    KF__F_STRUCT("securityContext", pod_security_context), KF__F_TEXT("serviceAccount"),
    KF__F_TEXT("serviceAccountName"), KF__F_BOOL("setHostnameAsFQDN"),
    KF__F_BOOL("shareProcessNamespace"), KF__F_TEXT("subdomain"),
    KF__F_LONG("terminationGracePeriodSeconds"),
    KF__F_LIST("tolerations", kf__toleration_fields),
    KF__F_KEYED("topologySpreadConstraints", topology_spread_constraint,
        "topologyKey whenUnsatisfiable"),
    KF__F_LIST("volumes", kf__volume_fields), KF__F_END};
