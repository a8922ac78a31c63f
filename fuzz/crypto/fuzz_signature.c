/*
 * Signatures in lanes against libsodium, one by one. A record of 36 bytes asks
 * for a signature by one of 16 keys of a message that repeats 20 bytes up to a
 * size, and for two bytes of key or signature to be set after that; one that
 * names key 16 or above brings its own key. All implementations must give
 * libsodium's answers.
 */
#include "base/check.h"
#include "base/error.h"
#include "crypto/signature_check.h"
#include "crypto/signature_lanes.h"

#define RECORD 36
#define RECORDS_MAX 80
#define MESSAGE_MAX 1280

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_byte(const uint8_t change[2], struct pubkey *pubkey,
                     struct signature *signature)
{
    unsigned at = change[0] % 128;
    if (at < 32)
        pubkey->bytes[at] = change[1];
    else if (at < 96)
        signature->bytes[at - 32] = change[1];
}

static struct bytes message_of(const uint8_t *record,
                               uint8_t message[MESSAGE_MAX])
{
    size_t size = (size_t)record[3] * 5 + record[28] % 5;
    for (size_t i = 0; i < size; i++)
        message[i] = record[5 + i % 20];
    return bytes_make(message, size);
}

static void make(const uint8_t *record, struct bytes message,
                 struct pubkey *pubkey, struct signature *signature)
{
    uint8_t seed[32] = {record[0]};
    struct keypair keypair;
    keypair_from_seed(seed, &keypair);
    *pubkey = keypair.pubkey;
    if (record[0] >= 16)
        memcpy(pubkey->bytes, record + 4, 32);
    key_sign(&keypair, message, signature);
    set_byte(record + 1, pubkey, signature);
    set_byte(record + 26, pubkey, signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    struct pubkey pubkeys[RECORDS_MAX];
    struct signature signatures[RECORDS_MAX];
    struct signature_check checks[RECORDS_MAX];
    static uint8_t messages[RECORDS_MAX][MESSAGE_MAX];
    bool is_good[RECORDS_MAX];
    size_t count = size / RECORD < RECORDS_MAX ? size / RECORD : RECORDS_MAX;
    if (!is_ready)
        crypto_init();
    is_ready = true;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *record = data + i * RECORD;
        struct bytes message = message_of(record, messages[i]);
        make(record, message, &pubkeys[i], &signatures[i]);
        checks[i] = (struct signature_check){.pubkey = &pubkeys[i],
                                             .signature = &signatures[i],
                                             .message = message};
    }
    const struct signature_lanes *lanes;
    for (unsigned n = 0; (lanes = signature_lanes_nth(n)); n++) {
        signature_check_with(lanes, checks, count, is_good);
        for (size_t i = 0; i < count; i++)
            CHECK(is_good[i] == key_verify(checks[i].pubkey, checks[i].message,
                                           checks[i].signature));
    }
    return 0;
}
