/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP server in the process of a test: a function of the test says, request by
 * request, every byte that goes back, so that it can stall, lie and break off. */
#ifndef KF_HTTP_SERVER_H
#define KF_HTTP_SERVER_H

#include "kf_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers request `number` (from 0) on the socket; false: close the connection. */
typedef bool (*http_answer)(int fd, const char *request, int number);

enum { SERVER_REQUESTS = 400, SERVER_REQUEST_BYTES = 16384 };

static struct http_server {
    http_answer answer;
    int fd;
    int port;
    pthread_mutex_t lock;
    int count;
    int answered;
    char *requests[SERVER_REQUESTS];
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline void say_bytes(int fd, const void *data, size_t length)
{
    const char *bytes = data;
    while (length > 0) {
        ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        bytes += count;
        length -= (size_t)count;
    }
}

static inline void say(int fd, const char *format, ...) KF_PRINTF(2, 3);
static inline void say(int fd, const char *format, ...)
{
    char text[8192];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say_bytes(fd, text, (size_t)length);
}

/* A whole reply; the headers end each in "\r\n". */
static inline bool reply_with(
    int fd, const char *status, const char *headers, const void *body, size_t length)
{
    say(fd, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, headers, length);
    say_bytes(fd, body, length);
    return true;
}

static inline bool reply_text(
    int fd, const char *status, const char *headers, const char *body)
{
    return reply_with(fd, status, headers, body, strlen(body));
}

/* The value of a request's header, copied; "" if it has none. */
static inline const char *request_header(const char *request, const char *name)
{
    static _Thread_local char value[1024];
    char line[128];
    (void)snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *found = strstr(request, line);
    *value = '\0';
    if (found != NULL) {
        found += strlen(line);
        (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(found, "\r"), found);
    }
    return value;
}

/* Reads to the end of the head, and the body that it announces. */
static inline bool read_request(int fd, char *text)
{
    size_t length = 0;
    for (;;) {
        ssize_t count = recv(fd, text + length, SERVER_REQUEST_BYTES - 1 - length, 0);
        if (count <= 0)
            return false;
        length += (size_t)count;
        text[length] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        size_t body = strtoul(request_header(text, "Content-Length"), NULL, 10);
        if (end != NULL && length >= (size_t)(end + 4 - text) + body)
            return true;
    }
}

static inline void *serve_connection(void *argument)
{
    int fd = *(int *)argument;
    char *text = malloc(SERVER_REQUEST_BYTES);
    free(argument);
    bool more = true;
    while (more && read_request(fd, text)) {
        (void)pthread_mutex_lock(&server.lock);
        int number = server.count++;
        if (number < SERVER_REQUESTS)
            server.requests[number] = strdup(text);
        (void)pthread_mutex_unlock(&server.lock);
        more = server.answer(fd, text, number);
        (void)pthread_mutex_lock(&server.lock);
        server.answered++;
        (void)pthread_mutex_unlock(&server.lock);
    }
    free(text);
    (void)close(fd);
    return NULL;
}

static inline void *serve(void *argument)
{
    for (;;) {
        int *fd = malloc(sizeof *fd);
        *fd = accept(server.fd, NULL, NULL);
        if (*fd < 0) {
            free(fd);
            return NULL;
        }
        pthread_t thread;
        (void)pthread_create(&thread, NULL, serve_connection, fd);
        (void)pthread_detach(thread);
    }
}

/* It ends with the process, which is the test's own. */
static inline void serve_with(http_answer answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    pthread_t thread;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.answer = answer;
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server.fd, (void *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(server.fd, 64), 0);
    ck_assert_int_eq(getsockname(server.fd, (void *)&address, &length), 0);
    server.port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
    (void)pthread_detach(thread);
}

static inline int requests_served(void)
{
    (void)pthread_mutex_lock(&server.lock);
    int count = server.count;
    (void)pthread_mutex_unlock(&server.lock);
    return count;
}

/* Returns with the lock when every request has been answered. */
static inline void server_settle(void)
{
    (void)pthread_mutex_lock(&server.lock);
    while (server.answered < server.count) {
        (void)pthread_mutex_unlock(&server.lock);
        (void)usleep(1000);
        (void)pthread_mutex_lock(&server.lock);
    }
}

/* Change what answers look at, between two requests. */
#define server_change(...)                                                             \
    do {                                                                               \
        server_settle();                                                               \
        __VA_ARGS__;                                                                   \
        (void)pthread_mutex_unlock(&server.lock);                                      \
    } while (0)

static inline const char *request_number(int number)
{
    ck_assert_int_lt(number, requests_served());
    return server.requests[number];
}

/* A few can be in use at once. */
static inline const char *server_url(const char *path)
{
    static char urls[8][512];
    static size_t next;
    char *url = urls[next++ % 8];
    (void)snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", server.port, path);
    return url;
}

#endif
