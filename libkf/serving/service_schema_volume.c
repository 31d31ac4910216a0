/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes of Kubernetes' pods (core/v1). */
#include "serving/service_schema.h"

static const kf_field field_ref[] = {
    KF__F_TEXT("apiVersion"), KF__F_NEEDED_TEXT("fieldPath"), KF__F_END};

static const kf_field resource_field_ref[] = {KF__F_TEXT("containerName"),
    KF__F_QUANTITY("divisor"), KF__F_NEEDED_TEXT("resource"), KF__F_END};

static const kf_field match_expression[] = {KF__F_NEEDED_TEXT("key"),
    KF__F_NEEDED_TEXT("operator"), KF__F_TEXT_LIST("values"), KF__F_END};

const kf_field kf__label_selector_fields[] = {
    KF__F_LIST("matchExpressions", match_expression), KF__F_TEXTS("matchLabels"),
    KF__F_END};

const kf_field kf__local_reference_fields[] = {KF__F_TEXT("name"), KF__F_END};

static const kf_field aws_elastic_block_store[] = {KF__F_TEXT("fsType"),
    KF__F_INT("partition"), KF__F_BOOL("readOnly"), KF__F_NEEDED_TEXT("volumeID"),
    KF__F_END};

static const kf_field azure_disk[] = {KF__F_TEXT("cachingMode"),
    KF__F_NEEDED_TEXT("diskName"), KF__F_NEEDED_TEXT("diskURI"), KF__F_TEXT("fsType"),
    KF__F_TEXT("kind"), KF__F_BOOL("readOnly"), KF__F_END};

static const kf_field azure_file[] = {KF__F_BOOL("readOnly"),
    KF__F_NEEDED_TEXT("secretName"), KF__F_NEEDED_TEXT("shareName"), KF__F_END};

static const kf_field cephfs[] = {{.name = "monitors",
                                      .type = KF__FIELD_STRING,
                                      .is_list = true,
                                      .is_required = true},
    KF__F_TEXT("path"), KF__F_BOOL("readOnly"), KF__F_TEXT("secretFile"),
    KF__F_STRUCT("secretRef", kf__local_reference_fields), KF__F_TEXT("user"),
    KF__F_END};

static const kf_field cinder[] = {KF__F_TEXT("fsType"), KF__F_BOOL("readOnly"),
    KF__F_STRUCT("secretRef", kf__local_reference_fields),
    KF__F_NEEDED_TEXT("volumeID"), KF__F_END};

static const kf_field key_to_path[] = {
    KF__F_NEEDED_TEXT("key"), KF__F_INT("mode"), KF__F_NEEDED_TEXT("path"), KF__F_END};

static const kf_field config_map[] = {KF__F_INT("defaultMode"),
    KF__F_LIST("items", key_to_path), KF__F_TEXT("name"), KF__F_BOOL("optional"),
    KF__F_END};

static const kf_field csi[] = {KF__F_NEEDED_TEXT("driver"), KF__F_TEXT("fsType"),
    KF__F_STRUCT("nodePublishSecretRef", kf__local_reference_fields),
    KF__F_BOOL("readOnly"), KF__F_TEXTS("volumeAttributes"), KF__F_END};

static const kf_field downward_api_item[] = {KF__F_STRUCT("fieldRef", field_ref),
    KF__F_INT("mode"), KF__F_NEEDED_TEXT("path"),
    KF__F_STRUCT("resourceFieldRef", resource_field_ref), KF__F_END};

static const kf_field downward_api[] = {
    KF__F_INT("defaultMode"), KF__F_LIST("items", downward_api_item), KF__F_END};

static const kf_field empty_dir[] = {
    KF__F_TEXT("medium"), KF__F_QUANTITY("sizeLimit"), KF__F_END};

static const kf_field data_source[] = {KF__F_TEXT("apiGroup"),
    KF__F_NEEDED_TEXT("kind"), KF__F_NEEDED_TEXT("name"), KF__F_END};

static const kf_field data_source_ref[] = {KF__F_TEXT("apiGroup"),
    KF__F_NEEDED_TEXT("kind"), KF__F_NEEDED_TEXT("name"), KF__F_TEXT("namespace"),
    KF__F_END};

static const kf_field claim_resources[] = {
    KF__F_QUANTITIES("limits"), KF__F_QUANTITIES("requests"), KF__F_END};

static const kf_field claim_spec[] = {KF__F_TEXT_LIST("accessModes"),
    KF__F_STRUCT("dataSource", data_source),
    KF__F_STRUCT("dataSourceRef", data_source_ref),
    KF__F_STRUCT("resources", claim_resources),
    KF__F_STRUCT("selector", kf__label_selector_fields), KF__F_TEXT("storageClassName"),
    KF__F_TEXT("volumeAttributesClassName"), KF__F_TEXT("volumeMode"),
    KF__F_TEXT("volumeName"), KF__F_END};

static const kf_field volume_claim_template[] = {
    KF__F_OBJECT("metadata"), KF__F_NEEDED_STRUCT("spec", claim_spec), KF__F_END};

static const kf_field ephemeral[] = {
    KF__F_STRUCT("volumeClaimTemplate", volume_claim_template), KF__F_END};

static const kf_field fc[] = {KF__F_TEXT("fsType"), KF__F_INT("lun"),
    KF__F_BOOL("readOnly"), KF__F_TEXT_LIST("targetWWNs"), KF__F_TEXT_LIST("wwids"),
    KF__F_END};

static const kf_field flex_volume[] = {KF__F_NEEDED_TEXT("driver"),
    KF__F_TEXT("fsType"), KF__F_TEXTS("options"), KF__F_BOOL("readOnly"),
    KF__F_STRUCT("secretRef", kf__local_reference_fields), KF__F_END};

static const kf_field flocker[] = {
    KF__F_TEXT("datasetName"), KF__F_TEXT("datasetUUID"), KF__F_END};

static const kf_field gce_persistent_disk[] = {KF__F_TEXT("fsType"),
    KF__F_INT("partition"), KF__F_NEEDED_TEXT("pdName"), KF__F_BOOL("readOnly"),
    KF__F_END};

static const kf_field git_repo[] = {KF__F_TEXT("directory"),
    KF__F_NEEDED_TEXT("repository"), KF__F_TEXT("revision"), KF__F_END};

static const kf_field glusterfs[] = {KF__F_NEEDED_TEXT("endpoints"),
    KF__F_NEEDED_TEXT("path"), KF__F_BOOL("readOnly"), KF__F_END};

static const kf_field host_path[] = {
    KF__F_NEEDED_TEXT("path"), KF__F_TEXT("type"), KF__F_END};

static const kf_field image_volume[] = {
    KF__F_TEXT("pullPolicy"), KF__F_TEXT("reference"), KF__F_END};

static const kf_field iscsi[] = {KF__F_BOOL("chapAuthDiscovery"),
    KF__F_BOOL("chapAuthSession"), KF__F_TEXT("fsType"), KF__F_TEXT("initiatorName"),
    KF__F_NEEDED_TEXT("iqn"), KF__F_TEXT("iscsiInterface"),
    {.name = "lun", .type = KF__FIELD_INT32, .is_required = true},
    KF__F_TEXT_LIST("portals"), KF__F_BOOL("readOnly"),
    KF__F_STRUCT("secretRef", kf__local_reference_fields),
    KF__F_NEEDED_TEXT("targetPortal"), KF__F_END};

static const kf_field nfs[] = {KF__F_NEEDED_TEXT("path"), KF__F_BOOL("readOnly"),
    KF__F_NEEDED_TEXT("server"), KF__F_END};

static const kf_field persistent_volume_claim[] = {
    KF__F_NEEDED_TEXT("claimName"), KF__F_BOOL("readOnly"), KF__F_END};

static const kf_field photon_persistent_disk[] = {
    KF__F_TEXT("fsType"), KF__F_NEEDED_TEXT("pdID"), KF__F_END};

static const kf_field portworx_volume[] = {KF__F_TEXT("fsType"), KF__F_BOOL("readOnly"),
    KF__F_NEEDED_TEXT("volumeID"), KF__F_END};

static const kf_field cluster_trust_bundle[] = {
    KF__F_STRUCT("labelSelector", kf__label_selector_fields), KF__F_TEXT("name"),
    KF__F_BOOL("optional"), KF__F_NEEDED_TEXT("path"), KF__F_TEXT("signerName"),
    KF__F_END};

static const kf_field config_map_projection[] = {KF__F_LIST("items", key_to_path),
    KF__F_TEXT("name"), KF__F_BOOL("optional"), KF__F_END};

static const kf_field downward_api_projection[] = {
    KF__F_LIST("items", downward_api_item), KF__F_END};

static const kf_field pod_certificate[] = {KF__F_TEXT("certificateChainPath"),
    KF__F_TEXT("credentialBundlePath"), KF__F_TEXT("keyPath"),
    KF__F_NEEDED_TEXT("keyType"), KF__F_INT("maxExpirationSeconds"),
    KF__F_NEEDED_TEXT("signerName"), KF__F_END};

static const kf_field service_account_token[] = {KF__F_TEXT("audience"),
    KF__F_LONG("expirationSeconds"), KF__F_NEEDED_TEXT("path"), KF__F_END};

static const kf_field projection[] = {
    KF__F_STRUCT("clusterTrustBundle", cluster_trust_bundle),
    KF__F_STRUCT("configMap", config_map_projection),
    KF__F_STRUCT("downwardAPI", downward_api_projection),
    KF__F_STRUCT("podCertificate", pod_certificate),
    KF__F_STRUCT("secret", config_map_projection),
    KF__F_STRUCT("serviceAccountToken", service_account_token), KF__F_END};

static const kf_field projected_volume[] = {
    KF__F_INT("defaultMode"), KF__F_LIST("sources", projection), KF__F_END};

static const kf_field quobyte[] = {KF__F_TEXT("group"), KF__F_BOOL("readOnly"),
    KF__F_NEEDED_TEXT("registry"), KF__F_TEXT("tenant"), KF__F_TEXT("user"),
    KF__F_NEEDED_TEXT("volume"), KF__F_END};

static const kf_field rbd[] = {KF__F_TEXT("fsType"), KF__F_NEEDED_TEXT("image"),
    KF__F_TEXT("keyring"),
    {.name = "monitors",
        .type = KF__FIELD_STRING,
        .is_list = true,
        .is_required = true},
    KF__F_TEXT("pool"), KF__F_BOOL("readOnly"),
    KF__F_STRUCT("secretRef", kf__local_reference_fields), KF__F_TEXT("user"),
    KF__F_END};

static const kf_field scale_io[] = {KF__F_TEXT("fsType"), KF__F_NEEDED_TEXT("gateway"),
    KF__F_TEXT("protectionDomain"), KF__F_BOOL("readOnly"),
    KF__F_NEEDED_STRUCT("secretRef", kf__local_reference_fields),
    KF__F_BOOL("sslEnabled"), KF__F_TEXT("storageMode"), KF__F_TEXT("storagePool"),
    KF__F_NEEDED_TEXT("system"), KF__F_TEXT("volumeName"), KF__F_END};

static const kf_field secret[] = {KF__F_INT("defaultMode"),
    KF__F_LIST("items", key_to_path), KF__F_BOOL("optional"), KF__F_TEXT("secretName"),
    KF__F_END};

static const kf_field storageos[] = {KF__F_TEXT("fsType"), KF__F_BOOL("readOnly"),
    KF__F_STRUCT("secretRef", kf__local_reference_fields), KF__F_TEXT("volumeName"),
    KF__F_TEXT("volumeNamespace"), KF__F_END};

static const kf_field vsphere_volume[] = {KF__F_TEXT("fsType"),
    KF__F_TEXT("storagePolicyID"), KF__F_TEXT("storagePolicyName"),
    KF__F_NEEDED_TEXT("volumePath"), KF__F_END};

const kf_field kf__volume_fields[] = {
    KF__F_STRUCT("awsElasticBlockStore", aws_elastic_block_store),
    KF__F_STRUCT("azureDisk", azure_disk), KF__F_STRUCT("azureFile", azure_file),
    KF__F_STRUCT("cephfs", cephfs), KF__F_STRUCT("cinder", cinder),
    KF__F_STRUCT("configMap", config_map), KF__F_STRUCT("csi", csi),
    KF__F_STRUCT("downwardAPI", downward_api), KF__F_STRUCT("emptyDir", empty_dir),
    KF__F_STRUCT("ephemeral", ephemeral), KF__F_STRUCT("fc", fc),
    KF__F_STRUCT("flexVolume", flex_volume), KF__F_STRUCT("flocker", flocker),
    KF__F_STRUCT("gcePersistentDisk", gce_persistent_disk),
    KF__F_STRUCT("gitRepo", git_repo), KF__F_STRUCT("glusterfs", glusterfs),
    KF__F_STRUCT("hostPath", host_path), KF__F_STRUCT("image", image_volume),
    KF__F_STRUCT("iscsi", iscsi), KF__F_NEEDED_TEXT("name"), KF__F_STRUCT("nfs", nfs),
    KF__F_STRUCT("persistentVolumeClaim", persistent_volume_claim),
    KF__F_STRUCT("photonPersistentDisk", photon_persistent_disk),
    KF__F_STRUCT("portworxVolume", portworx_volume),
    KF__F_STRUCT("projected", projected_volume), KF__F_STRUCT("quobyte", quobyte),
    KF__F_STRUCT("rbd", rbd), KF__F_STRUCT("scaleIO", scale_io),
    KF__F_STRUCT("secret", secret), KF__F_STRUCT("storageos", storageos),
    KF__F_STRUCT("vsphereVolume", vsphere_volume), KF__F_END};
