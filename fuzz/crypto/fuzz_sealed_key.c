/*
 * The file of a sealed key, which may be a stranger's. It is judged without
 * work; what asks for little work is opened as well, with a wrong passphrase.
 */
#include "base/check.h"
#include "base/json.h"
#include "crypto/sealed_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Argon2id over that much takes well under a millisecond. */
#define CHEAP_KIB 64

static bool is_cheap(struct bytes text)
{
    struct json_object *object = NULL;
    uint64_t memory_kib = UINT64_MAX, operations = UINT64_MAX;

    if (text.size >= 3 && !memcmp(text.data, "\xef\xbb\xbf", 3))
        text = bytes_make(text.data + 3, text.size - 3);
    CHECK(!json_parse(text, &object));
    CHECK(!json_get_u64(object, "memory_kib", &memory_kib));
    CHECK(!json_get_u64(object, "operations", &operations));
    json_object_put(object);
    return memory_kib <= CHEAP_KIB && operations <= 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct keypair none;
    struct bytes text = bytes_make(data, size);
    struct seal wrong = {.passphrase = bytes_text("wrong")};
    struct keypair keypair;
    struct pubkey address;
    crypto_init();
    if (sealed_key_address(text, &address)) {
        CHECK(sealed_key_open(text, &wrong, &keypair));
        CHECK(!memcmp(&keypair, &none, sizeof(none)));
    } else if (is_cheap(text)) {
        CHECK(sealed_key_is(text));
        if (sealed_key_open(text, &wrong, &keypair))
            CHECK(!memcmp(&keypair, &none, sizeof(none)));
        else
            CHECK(pubkey_equal(&keypair.pubkey, &address));
    }
    seal_wipe(&wrong);
    return 0;
}
