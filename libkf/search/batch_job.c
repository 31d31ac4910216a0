/* SPDX-License-Identifier: Apache-2.0 */
/* Katib's webhook brings a batch/v1 Job to Go's types and back, and refuses one that
 * lost something on the way: unknown fields, and values that Go leaves out because they
 * are empty. */
#include "search/experiment_check.h"

#include <math.h>
#include <string.h>

/* A message of Kubernetes: "field:type …". Types: s text, left out when empty; S text,
 * kept; b boolean, left out when false; B boolean, kept; n whole number, left out when
 * 0; i whole number, kept; m mapping of texts; * anything; another message by name; any
 * of them in brackets: a list, left out when empty. */
typedef struct message {
    const char *name;
    const char *fields;
} message;

static const message messages[] = {
    {"Job", "apiVersion:s kind:s metadata:Meta spec:JobSpec status:*"},
    {"Meta", "name:s generateName:s namespace:s selfLink:s uid:s resourceVersion:s "
             "generation:n creationTimestamp:* deletionTimestamp:* "
             "deletionGracePeriodSeconds:i labels:m annotations:m ownerReferences:[*] "
             "finalizers:[s] managedFields:[*]"},
    {"JobSpec",
        "parallelism:i completions:i activeDeadlineSeconds:i podFailurePolicy:* "
        "successPolicy:* backoffLimit:i backoffLimitPerIndex:i "
        "maxFailedIndexes:i selector:* manualSelector:B template:PodTemplate "
        "ttlSecondsAfterFinished:i completionMode:S suspend:B "
        "podReplacementPolicy:S managedBy:S"},
    {"PodTemplate", "metadata:Meta spec:PodSpec"},
    {"PodSpec",
        "volumes:[Volume] initContainers:[Container] containers:[Container] "
        "ephemeralContainers:[*] restartPolicy:s terminationGracePeriodSeconds:i "
        "activeDeadlineSeconds:i dnsPolicy:s nodeSelector:m serviceAccountName:s "
        "serviceAccount:s automountServiceAccountToken:B nodeName:s hostNetwork:b "
        "hostPID:b hostIPC:b shareProcessNamespace:B securityContext:* "
        "imagePullSecrets:[LocalRef] hostname:s subdomain:s affinity:* schedulerName:s "
        "tolerations:[Toleration] hostAliases:[*] priorityClassName:s priority:i "
        "dnsConfig:* readinessGates:[*] runtimeClassName:S enableServiceLinks:B "
        "preemptionPolicy:S overhead:* topologySpreadConstraints:[*] "
        "setHostnameAsFQDN:B os:* hostUsers:B schedulingGates:[*] resourceClaims:[*] "
        "resources:* hostnameOverride:S"},
    {"Container",
        "name:S image:s command:[s] args:[s] workingDir:s ports:[Port] "
        "envFrom:[EnvFrom] env:[Env] resources:* resizePolicy:[*] restartPolicy:S "
        "restartPolicyRules:[*] volumeMounts:[Mount] volumeDevices:[*] "
        "livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:* "
        "terminationMessagePath:s terminationMessagePolicy:s imagePullPolicy:s "
        "securityContext:* stdin:b stdinOnce:b tty:b"},
    {"Env", "name:S value:s valueFrom:EnvSource"},
    {"EnvSource", "fieldRef:FieldRef resourceFieldRef:* configMapKeyRef:KeyRef "
                  "secretKeyRef:KeyRef fileKeyRef:*"},
    {"FieldRef", "apiVersion:s fieldPath:S"},
    {"KeyRef", "name:s key:S optional:B"},
    {"EnvFrom", "prefix:s configMapRef:SourceRef secretRef:SourceRef"},
    {"SourceRef", "name:s optional:B"},
    {"LocalRef", "name:s"},
    {"Port", "name:s hostPort:n containerPort:i protocol:s hostIP:s"},
    {"Mount", "name:S readOnly:b recursiveReadOnly:S mountPath:S subPath:s "
              "mountPropagation:S subPathExpr:s"},
    {"Probe", "exec:* httpGet:* tcpSocket:* grpc:* initialDelaySeconds:n "
              "timeoutSeconds:n periodSeconds:n successThreshold:n failureThreshold:n "
              "terminationGracePeriodSeconds:i"},
    {"Toleration", "key:s operator:s value:s effect:s tolerationSeconds:i"},
    {"Volume", "name:S hostPath:* emptyDir:* gcePersistentDisk:* "
               "awsElasticBlockStore:* gitRepo:* secret:* nfs:* iscsi:* glusterfs:* "
               "persistentVolumeClaim:* rbd:* flexVolume:* cinder:* cephfs:* flocker:* "
               "downwardAPI:* fc:* azureFile:* configMap:* vsphereVolume:* quobyte:* "
               "azureDisk:* photonPersistentDisk:* projected:* portworxVolume:* "
               "scaleIO:* storageos:* csi:* ephemeral:* image:*"},
};

static const char *fields_of(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (strlen(messages[i].name) == length &&
            memcmp(messages[i].name, name, length) == 0)
            return messages[i].fields;
    return NULL;
}

/* The type of a field, with its length; NULL: there is no such field. */
static const char *find_type(const char *fields, const char *name, size_t *length)
{
    size_t wanted = strlen(name);
    for (const char *at = fields; *at != '\0'; at += *at == ' ') {
        size_t size = strcspn(at, ":");
        const char *type = at + size + 1;
        *length = strcspn(type, " ");
        if (size == wanted && memcmp(at, name, size) == 0)
            return type;
        at = type + *length;
    }
    return NULL;
}

static kf_hint hint_of(const char *fields, const char *name)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *names = kf__tree_struct(&tree);
    for (const char *at = fields; *at != '\0'; at += *at == ' ') {
        size_t size = strcspn(at, ":");
        const char *known = kf__arena_strndup(&tree.arena, at, size);
        if (known != NULL)
            kf__put_ref(&tree, names, known, kf__tree_null(&tree));
        at += strcspn(at, " ");
    }
    kf_hint hint = kf__hint(name, names);
    kf__tree_finish(&tree);
    return hint;
}

static void walk(kf_report *report, const kf_place *place, const char *fields,
    const kf_value *value);

static void check_empty(
    kf_report *report, const kf_place *place, const kf_value *value, bool is_empty)
{
    if (is_empty)
        kf__find_error(report, KF_EINVAL, place, value,
            "Kubernetes leaves out what is empty here, and Katib then refuses the "
            "template: leave it out");
}

static void expected(
    kf_report *report, const kf_place *place, const kf_value *value, const char *what)
{
    kf__find_error(report, KF_ETYPE, place, value, "%s expected in a Job", what);
}

static void check_scalar(
    kf_report *report, const kf_place *place, char type, const kf_value *value)
{
    double number = kf_value_double(value);
    bool whole = (kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE)) &&
                 fabs(number) < 0x1p53 && number == floor(number);
    if ((type == 's' || type == 'S') && !kf__is(value, KF_KIND_STRING))
        expected(report, place, value, "text");
    else if ((type == 'b' || type == 'B') && !kf__is(value, KF_KIND_BOOL))
        expected(report, place, value, "true or false");
    else if ((type == 'i' || type == 'n') && !whole)
        expected(report, place, value, "a whole number");
    else if (type == 'm' && !kf__is(value, KF_KIND_STRUCT))
        expected(report, place, value, "a mapping");
    else
        check_empty(report, place, value,
            (type == 's' && kf_value_length(value) == 0) ||
                (type == 'b' && !kf_value_bool(value)) ||
                (type == 'n' && number == 0) ||
                (type == 'm' && kf_value_length(value) == 0));
    for (size_t i = 0; type == 'm' && i < kf_value_length(value); i++)
        if (!kf__is(kf_value_at(value, i), KF_KIND_STRING))
            expected(report, KF__PLACE(place, kf_value_key(value, i)),
                kf_value_at(value, i), "text");
}

static void check_type(kf_report *report, const kf_place *place, const char *type,
    size_t length, const kf_value *value)
{
    if (*type == '*')
        return;
    if (*type == '[') {
        if (!kf__is(value, KF_KIND_LIST)) {
            expected(report, place, value, "a list");
            return;
        }
        check_empty(report, place, value, kf_value_length(value) == 0);
        for (size_t i = 0; i < kf_value_length(value); i++) {
            const kf_value *item = kf_value_at(value, i);
            /* An item of a list is kept, even when it is empty. */
            const char *of = length == 3 && type[1] == 's' ? "S" : type + 1;
            check_type(report, KF__PLACE_AT(place, i), of, length - 2, item);
        }
    } else if (length == 1) {
        check_scalar(report, place, *type, value);
    } else if (!kf__is(value, KF_KIND_STRUCT)) {
        expected(report, place, value, "a mapping");
    } else {
        walk(report, place, fields_of(type, length), value);
    }
}

static void walk(
    kf_report *report, const kf_place *place, const char *fields, const kf_value *value)
{
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *name = kf_value_key(value, i);
        const kf_value *member = kf_value_at(value, i);
        const kf_place *here = KF__PLACE(place, name);
        size_t length;
        const char *type = find_type(fields, name, &length);
        bool null = kf_value_kind(member) == KF_KIND_NULL;
        if (type == NULL)
            kf__find_error(report, KF_ENOENT, here, member,
                "a Job has no field '%.100s' here%s", name, hint_of(fields, name).text);
        else if (null && strcmp(name, "creationTimestamp") != 0)
            check_empty(report, here, member, true);
        else if (!null)
            check_type(report, here, type, length, member);
    }
}

void kf__check_batch_job(kf_report *report, const kf_place *place, const kf_value *job)
{
    walk(report, place, fields_of("Job", 3), job);
}
