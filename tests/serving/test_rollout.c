/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/rollout.h"

#include <string.h>

#include "golden.h"

static kf_rollout state;

/* "2:10* 1:90 rolled 1 before 0": the shares, * at the latest, and what is rolled out. */
static void settles(int canary_percent, const char *expected)
{
    kf_share shares[2];
    char text[128] = "";
    size_t length = 0, count = kf__rollout_settle(&state, canary_percent, shares);
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%d:%d%s ",
            shares[i].revision, shares[i].percent, shares[i].is_latest ? "*" : "");
    (void)snprintf(text + length, sizeof text - length, "rolled %d before %d",
        state.latest_rolled_out, state.previous_rolled_out);
    ck_assert_str_eq(text, expected);
}

static void deploy(int revision)
{
    kf__rollout_create(&state, revision);
    kf__rollout_ready(&state, revision);
}

static void setup(void)
{
    state = (kf_rollout){0};
}

START_TEST(first_deployment)
{
    kf__rollout_create(&state, 1);
    settles(KF__NO_CANARY, "rolled 0 before 0");
    kf__rollout_ready(&state, 1);
    settles(KF__NO_CANARY, "1:100* rolled 1 before 0");
}
END_TEST

/* There is nothing yet that the rest of the traffic could go to. */
START_TEST(first_deployment_with_canary)
{
    deploy(1);
    settles(10, "1:10* 1:90 rolled 1 before 0");
    settles(10, "1:10* 1:90 rolled 1 before 0");
    deploy(2);
    settles(10, "2:10* 1:90 rolled 1 before 0");
}
END_TEST

START_TEST(canary_and_promotion)
{
    deploy(1);
    settles(KF__NO_CANARY, "1:100* rolled 1 before 0");
    kf__rollout_create(&state, 2);
    settles(10, "1:10* 1:90 rolled 1 before 0");
    kf__rollout_ready(&state, 2);
    settles(10, "2:10* 1:90 rolled 1 before 0");
    settles(50, "2:50* 1:50 rolled 1 before 0");
    settles(KF__NO_CANARY, "2:100* rolled 2 before 1");
}
END_TEST

START_TEST(canary_of_100_is_rolled_out)
{
    deploy(1);
    settles(KF__NO_CANARY, "1:100* rolled 1 before 0");
    deploy(2);
    settles(100, "2:100* rolled 2 before 1");
}
END_TEST

START_TEST(canary_of_0_gets_nothing)
{
    deploy(1);
    settles(KF__NO_CANARY, "1:100* rolled 1 before 0");
    deploy(2);
    settles(0, "2:0* 1:100 rolled 1 before 0");
    settles(20, "2:20* 1:80 rolled 1 before 0");
}
END_TEST

START_TEST(rollback_after_promotion)
{
    deploy(1);
    settles(KF__NO_CANARY, "1:100* rolled 1 before 0");
    deploy(2);
    settles(KF__NO_CANARY, "2:100* rolled 2 before 1");
    settles(0, "2:0* 1:100 rolled 1 before 1");
    settles(0, "2:0* 1:100 rolled 1 before 1");
    settles(30, "2:30* 1:70 rolled 1 before 1");
    settles(KF__NO_CANARY, "2:100* rolled 2 before 1");
}
END_TEST

/* The document asks for a canary of something new, which is not ready: what is rolled
 * out is not to step back. */
START_TEST(canary_that_is_not_ready)
{
    deploy(1);
    settles(KF__NO_CANARY, "1:100* rolled 1 before 0");
    deploy(2);
    settles(KF__NO_CANARY, "2:100* rolled 2 before 1");
    kf__rollout_create(&state, 3);
    settles(10, "2:10* 2:90 rolled 2 before 1");
    kf__rollout_create(&state, 4);
    kf__rollout_ready(&state, 4);
    settles(10, "4:10* 2:90 rolled 2 before 1");
    kf__rollout_ready(&state, 3);
    settles(10, "4:10* 2:90 rolled 2 before 1");
}
END_TEST

/* TestCreateKnativeService of KServe: the state that its rows share, and the traffic. */
START_TEST(traffic_of_kserve)
{
    static const struct {
        int canary;
        const char *traffic;
    } rows[] = {{20, "2:20* 1:80 rolled 1 before 0"},
        {KF__NO_CANARY, "2:100* rolled 2 before 1"}, {100, "2:100* rolled 2 before 1"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        state = (kf_rollout){.latest_created = 2,
            .latest_ready = 2,
            .latest_rolled_out = 1,
            .previous_rolled_out = 0};
        settles(rows[i].canary, rows[i].traffic);
    }
}
END_TEST

/* Random walks: "c" creates a revision, "r2" makes it ready, "p10" asks for a canary,
 * "p-1" for none. After each of them, what KServe 0.20 came to: its createKnativeService
 * and PropagateStatus in turn, until nothing changed. */
START_TEST(walks_of_kserve)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *walks = golden_json(&tree, "rollouts.json");
    ck_assert_uint_eq(kf_value_length(walks), 40);
    for (size_t i = 0; i < kf_value_length(walks); i++) {
        const kf_value *events = kf_value_get(kf_value_at(walks, i), "events");
        const kf_value *states = kf_value_get(kf_value_at(walks, i), "states");
        int created = 0, canary = KF__NO_CANARY;
        state = (kf_rollout){0};
        for (size_t k = 0; k < kf_value_length(events); k++) {
            const char *event = kf_value_string(kf_value_at(events, k));
            if (event[0] == 'c')
                kf__rollout_create(&state, ++created);
            else if (event[0] == 'r')
                kf__rollout_ready(&state, (int)strtol(event + 1, NULL, 10));
            else
                canary = (int)strtol(event + 1, NULL, 10);
            settles(canary, kf_value_string(kf_value_at(states, k)));
        }
    }
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(forgets)
{
    state = (kf_rollout){4, 3, 3, 2};
    kf__rollout_forget(&state, 3);
    settles(KF__NO_CANARY, "rolled 0 before 2");
    ck_assert(kf__rollout_names(&state, 4));
    ck_assert(!kf__rollout_names(&state, 3));
}
END_TEST

KF_TEST_MAIN_WITH("serving/rollout", setup, NULL, first_deployment,
    first_deployment_with_canary, canary_and_promotion, canary_of_100_is_rolled_out,
    canary_of_0_gets_nothing, rollback_after_promotion, canary_that_is_not_ready,
    traffic_of_kserve, walks_of_kserve, forgets)
