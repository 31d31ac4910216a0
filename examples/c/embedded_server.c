/* SPDX-License-Identifier: Apache-2.0 */
/* A program that serves models beside what else it does: an InferenceService, whose model
 * of LightGBM's comes from a file, and a function of its own.
 *     cc embedded_server.c -o embedded_server $(pkg-config --cflags --libs libkf)
 *     ./embedded_server model.txt '[[1, 2, 3]]' */
#include <arpa/inet.h>
#include <kf.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a model that is a function: the average of each row ---- */

static kf_status average(void *self, kf_inference *inference)
{
    const kf_tensor *rows = kf_inference_input(inference, 0);
    void *out;
    (void)self;
    if (rows == NULL || rows->datatype != KF_DATATYPE_FP64 || rows->rank != 2 ||
        rows->shape[1] == 0)
        return kf_inference_refuse(inference, "expected rows of numbers");
    kf_status status = kf_inference_add_output(
        inference, "average", KF_DATATYPE_FP64, rows->shape, 1, &out);
    if (status != KF_OK)
        return status;
    const double *number = rows->data;
    for (int64_t i = 0; i < rows->shape[0]; i++) {
        double sum = 0;
        for (int64_t k = 0; k < rows->shape[1]; k++)
            sum += *number++;
        ((double *)out)[i] = sum / (double)rows->shape[1];
    }
    return KF_OK;
}

static kf_status add_average(kf_server *server)
{
    const kf_model_table table = {.size = sizeof table, .predict = average};
    kf_model *model = NULL;
    kf_status status = kf_model_new(&table, NULL, &model);
    return status == KF_OK ? kf_server_add_model(server, "average", model) : status;
}

/* ---- a service ---- */

static kf_status add_trees(kf_server *server, const char *path)
{
    kf_service_component_options predictor = {
        .size = sizeof predictor, .format = "lightgbm", .storage_uri = path};
    kf_service *service = NULL;
    kf_services *documents = NULL;
    kf_status status = kf_service_new(
        KF_OPTIONS(kf_service_options, .name = "trees", .predictor = &predictor),
        &service);
    if (status == KF_OK)
        status = kf_services_new(&documents);
    if (status == KF_OK)
        status = kf_services_put(documents, service);
    if (status == KF_OK)
        status = kf_server_apply(server, documents);
    if (status == KF_OK)
        status = kf_server_wait(server, "trees", 60000);
    kf_services_free(documents);
    kf_service_free(service);
    return status;
}

/* ---- a client ---- */

static int ask(const kf_server *server, const char *model, const char *rows)
{
    char text[4096];
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons(kf_server_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t length = 0;
    int count = snprintf(text, sizeof text,
        "POST /v1/models/%s:predict HTTP/1.1\r\nHost: localhost\r\nConnection: "
        "close\r\n"
        "Content-Length: %zu\r\n\r\n{\"instances\":%s}",
        model, strlen(rows) + strlen("{\"instances\":}"), rows);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(client, text, (size_t)count, MSG_NOSIGNAL) == count)
        for (ssize_t got = 1; got > 0; length += got > 0 ? (size_t)got : 0)
            got = recv(client, text + length, sizeof text - 1 - length, 0);
    close(client);
    text[length] = '\0';
    const char *body = strstr(text, "\r\n\r\n");
    printf("%s: %s\n", model, body != NULL ? body + 4 : "no answer");
    return strncmp(text, "HTTP/1.1 200", strlen("HTTP/1.1 200")) == 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
    kf_server *server = NULL;
    if (count != 3) {
        fprintf(stderr, "usage: embedded_server MODEL ROWS\n");
        return 2;
    }
    int failures = 0;
    kf_status status = kf_server_start(NULL, &server);
    if (status == KF_OK)
        status = add_average(server);
    if (status == KF_OK)
        status = add_trees(server, arguments[1]);
    if (status == KF_OK) {
        failures += ask(server, "average", arguments[2]);
        failures += ask(server, "trees", arguments[2]);
    } else {
        fprintf(stderr, "%s\n", kf_last_error()->message);
        failures++;
    }
    kf_server_free(server);
    return failures == 0 ? 0 : 1;
}
