/* SPDX-License-Identifier: Apache-2.0 */
/* bench_serve MODEL PORT: serve the model in a file as "m" until standard input ends.
 * Says its port once it listens. */
#include "bench.h"

#include "serving/backend_model.h"
#include "serving/gateway.h"

static kf_backend *route(void *payload, kf_call *call)
{
    (void)call;
    return payload;
}

int main(int argc, char **argv)
{
    kf_model *model;
    kf_backend *backend;
    kf_gateway *gateway;
    if (argc < 3)
        return EXIT_FAILURE;
    kf_status status = kf_model_open(argv[1], NULL, &model);
    if (status == KF_OK)
        status = kf__backend_of_model("m", model, &backend);
    if (status != KF_OK)
        return bench_end(status);
    kf_gateway_options options = {.port = (uint16_t)strtol(argv[2], NULL, 10),
        .route = route,
        .payload = backend};
    status = kf__gateway_start(&options, &gateway);
    if (status == KF_OK) {
        printf("%u\n", kf__gateway_port(gateway));
        (void)fflush(stdout);
        while (getchar() != EOF)
            ;
        (void)kf__gateway_drain(gateway, 1000);
        kf__gateway_free(gateway);
    }
    kf__backend_free(backend);
    return bench_end(status);
}
