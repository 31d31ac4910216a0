/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rsa.h"

#include "base/digest.h"
#include "base/mem.h"
#include "kf_test.h"

/* Keys that openssl genpkey made for this test, of 2048 bits and of a number that is no
 * multiple of eight, and what openssl dgst -sha256 -sign says of "what is signed". */
static const struct {
    const char *key;
    const char *signature;
} examples[] = {
    {"-----BEGIN PRIVATE KEY-----\n"
     "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDScvIU/lK0PaFW\n"
     "wAjeQckUKl3iSmRcTcCIVgbc3TV/ak6mkszQVf3QYI/sh/0A+KeDFI1MERlvUvG/\n"
     "af5qFwbNKMdPlTjIWMw0fYZQ3WI+QVihZbhYopyMC8ywoRcwmLTcZVE0iAMrgFCG\n"
     "33ml9lHfVKWYu2ytxYbnARUgDUMXWdgB3wpGadWxTyWEH5HHS3+fv3USs6Yhmfbj\n"
     "YDjAS+/POcgSM8p7Tkh825O142vexkDaGDcn0MeelqbfbgkC4S36eTaXFGpbutnL\n"
     "+rmf/YcaQ6MLfMM/9IaUtwROseD7KXst15t2Ym/TmbRqFuAmoDvQNE7Pt1gZBEtx\n"
     "msq/cjUPAgMBAAECggEACsWUa4uq+wvOhsy0h3/RhYU3of4RzgGy0aepmUN/WgK8\n"
     "fN01u5IzOCfBJie9xP91P4ndQ5/6b87MjfIkchS0peqo7QNj0SluZl9ocRorzaj1\n"
     "mulEetDz910hQIc2Uyf11fQfqHMvylm6hXTJ2rtVbHt+MGejg++A3LEa/jV/kiHQ\n"
     "3g+qwqTUBs8yzF72TAPFzW8WCBLcakGkJ/5FX7HhVToXDI9Om90N72Nru7EZO+92\n"
     "gh10moOvFkyl/mB30yBu1f3b7KY+WCYo3eGydFS+q8PhoLuRo0YE5QKHxKVsCD4K\n"
     "GHRFnZqpthdB89+7Q80DDPwbKPLYUljXXkSyqruKYQKBgQDuZKDF6eaz85w/m4cZ\n"
     "t9i2Rqn5j89VcczexrxZS4zy969uj2kxJyyq3NVKLPyV/OeC2yoskZ4GKoJ4Mp9x\n"
     "HSiDWtJ/lQsUkrNeQAroZR+OfudSJsr8pDuSi4X/abLjZ55VkGQtR09OAEaICqpr\n"
     "msflzVecP7k7kPu7sAaILO+2IQKBgQDh/fhp9g1TczKkT2kkAC4UFUlD3XyG8CF3\n"
     "r8giAXPG1zPwhxN3n1PigQ0vPEs76dR7Z5lkEZ3RhONuvWiVGsdvtsKJyloAPnCu\n"
     "ovqqpn6nLXZix9ULHQbliKTYPI2vzGSeumJx5QcM24f68tATDQah8fwDkSzVgVfp\n"
     "wwYqbH0lLwKBgBIQYfZdQPQF06MmP9h9C9jUBfE5KnbJBsMiwAbsKKQIjKyOBWSK\n"
     "GWJhFXBndERRQ6GwxcNWzWieNACzpU1G7lj1utmcC5jlfN35cFonv3pmt1SMR/lY\n"
     "4IK8O80cz0dYBLFrHYwoySOZ9b49QKiis97/7lGSqpCO7eRM9FHBRfDBAoGBAK3c\n"
     "SGekjx37SyOToEy9ArYapjHazLm3NdgxWOOogFyiJWhPUs+9uLhSFkWXuj2OqBSE\n"
     "YELXNrYA6UPB3hqP7ozoaoO9ND5pyyDfa78rtdaBqElYeXNCUpL16/QbqdlsgqCG\n"
     "vcPnsePXZKbQdPmjFM40L3DDGF3tUygZDL5IloKrAoGAJU58NaOXh2ytbYX8nnoF\n"
     "HOnnbd8AC91xI2fCEhQyygscJzXUbLB7YNWZekKCN+Izlx7CpNOEgfgFpL+H9Qm2\n"
     "uTKkXG8Xq46GHM7t3/vgLcSTZIn2+IxH0WKcvXbfdj/qJEQ/AbcpusmEYiBeUNNm\n"
     "6ltpw+ci/VqBFUa8pMTTGfs=\n"
     "-----END PRIVATE KEY-----\n",
        "933abb0a327c33155683d183d7a69f858a2ba5e2335e544115a2b0d8a45fe367"
        "da325e32b94d0be1ef5faa1c37e7c254eb92287dc7e46481153b31632780fd33"
        "5485c034a16bc514b5f2666f28aec8d5bcd79931bfa514dda6c55ea63234de02"
        "add6ab4daa04e154d51b6ffc25f0ecfafeaa077e2b0ebad565291c791390134b"
        "f3c55bce3d84ee59dfaa738f40cf9c0695119e08605003e83baca4a5acceee21"
        "75b3d7d85c2d8dc6c6784a620984d2647eb3a35db09c6e08530993c8771628fb"
        "d553520bbb17b168492df4a040d22c498d4146f5b018d0f68c743db2da273e33"
        "a52274f72f7283a5bcc06d1e376b78455505b9a0231e256555df4acc10434bdb"},
    {"-----BEGIN PRIVATE KEY-----\n"
     "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBeArEbvmw7jSp8l7X\n"
     "7RJmnsmiPxNMUlvGVx8Pd9x82oZ8s44WqkljB9gAOwHCkoRfQr1gAXhxItKXn9NL\n"
     "oAli3sOWPZ921NwRq9jtVhTEyXUQJylVKg02HwXDcPjzcdjqcGlGi9DF46anlbrL\n"
     "idbfd4ssa9pwEjRHnryFnowm6eNxAgMBAAECgYEbkf2Dr31feGD/9aCKJovDNHQ7\n"
     "IGeLEuD+6XdYBB/44KKLarrx6WEBUC7dXo4dsKFgZrZCIDN71/pTDuhznTRECCqJ\n"
     "RLz1prbzDQTTgry8LqixwV4ZN5SAb26Ev0RPHXiRTDKUv5DHYifX8+Wg9OFxS9G2\n"
     "uI+2S39KPxmW+mEJHwECQQ/7eE57CSUkcj5LojFoYHNQiKDPeduRdb4N8+5QbN1P\n"
     "YiaZ5DpLOLFwfSX7sdHFbk3Tg9i2VGovVNIbNBjcqjPJAkEHgsytDzZBoZzcjjyj\n"
     "NCeA4hqWIYC/dU/Ar3+qFUVPSfvhDWDeBYleZ24Zt5w/Be4S6bNhVeQ9hCftetgM\n"
     "bVx2aQJBDSpngacC8pDid4TQmIjWI0gtNOOVC5X4+1X9Is0n0OuK/Cd7hbXffvQe\n"
     "dAKyCg7sfboG+6e/RDW3VtlIAk8M+lkCQAC0Qnv28R82B36l1wl12j469EMe4PMS\n"
     "DGgEC/PmCplkVjjDCFHIMximmavPitZdt/QN9MMrSjp6KUQaQCbqGcECQQoNHwDD\n"
     "d/nez7a+/OqlB76XyjXLSk1ZQLNMxzWnBEnJ4kUyDgaRmYJCyI7Pu0CyWOjuuobz\n"
     "oFdC2f5yFQlkp4RH\n"
     "-----END PRIVATE KEY-----\n",
        "71ac10eee436d24cc691dbfbd7ae8fb9ebb11763ce50c46424c6e1aea0f41d9c"
        "b1361b22a9cf827708349bca8daaff65b471437a7f890341d1807428bd7f8f65"
        "d06b1a502519bf043303828873a768daa1f69b25e4803729e958f2b13f37c571"
        "75b488fbab47475a62ac12552cc06c27ba60bc7db644749b11d637cd9a1fc2b1"
        "8f"},
};

static void check(const char *key, const char *expected)
{
    kf_buf signature = KF__BUF_INIT;
    char hex[1100];
    ck_ok(kf__rsa_sign(key, "what is signed", 14, &signature));
    kf__hex((const unsigned char *)signature.data, signature.length, hex);
    ck_assert_str_eq(hex, expected);
    kf__buf_finish(&signature);
}

START_TEST(signs_as_openssl_does)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        check(examples[i].key, examples[i].signature);
}
END_TEST

static void check_fault(const char *key, const char *reason)
{
    kf_buf signature = KF__BUF_INIT;
    ck_fails(kf__rsa_sign(key, "x", 1, &signature), KF_EDOCUMENT, reason);
    ck_assert_uint_eq(signature.length, 0);
    kf__buf_finish(&signature);
}

/* One letter is changed after the other: most changes are of numbers that no longer fit,
 * and those behind the exponents, of numbers that are not needed, change nothing. */
START_TEST(keys_that_are_none)
{
    char key[2000];
    check_fault("", "BEGIN PRIVATE KEY");
    check_fault("-----BEGIN RSA PRIVATE KEY-----", "BEGIN PRIVATE KEY");
    check_fault("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", "base64");
    check_fault("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "structure");
    (void)snprintf(key, sizeof key, "%s", examples[1].key);
    size_t start = strcspn(key, "\n") + 1, broken = 0, sound = 0;
    for (size_t i = start; key[i] != '-'; i++) {
        char before = key[i];
        kf_buf signature = KF__BUF_INIT;
        if (before == '\n')
            continue;
        key[i] = before == 'A' ? 'B' : 'A';
        kf_status status = kf__rsa_sign(key, "what is signed", 14, &signature);
        ck_assert(status == KF_OK || status == KF_EDOCUMENT);
        ck_assert(i > start + 400 || i < start + 50 || status == KF_EDOCUMENT);
        broken += status != KF_OK;
        sound += status == KF_OK;
        kf__buf_finish(&signature);
        key[i] = before;
    }
    ck_assert_uint_ge(broken, 340);
    ck_assert_uint_gt(sound, 100);
}
END_TEST

START_TEST(keys_that_are_cut)
{
    char key[2000];
    for (size_t length = strlen(examples[1].key); length-- > 0;) {
        kf_buf signature = KF__BUF_INIT;
        (void)snprintf(key, sizeof key, "%.*s-----END PRIVATE KEY-----", (int)length,
            examples[1].key);
        kf_status status = kf__rsa_sign(key, "x", 1, &signature);
        ck_assert(status == KF_EDOCUMENT || length + 30 > strlen(examples[1].key));
        kf__buf_finish(&signature);
    }
}
END_TEST

static kf_status sign_and_forget(void)
{
    kf_buf signature = KF__BUF_INIT;
    kf_status status = kf__rsa_sign(examples[1].key, "x", 1, &signature);
    kf__buf_finish(&signature);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(sign_and_forget());
}
END_TEST

KF_TEST_MAIN(
    "rsa", signs_as_openssl_does, keys_that_are_none, keys_that_are_cut, out_of_memory)
