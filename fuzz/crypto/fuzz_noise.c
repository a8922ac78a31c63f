/*
 * A message of a Noise handshake from a stranger, and the payload of libp2p in
 * it. The first byte says which of the three messages it stands for, and
 * whether the rest is the message or is to be mixed into an honest one: only
 * that gets past the first authentication.
 */
#include "base/check.h"
#include "crypto/noise.h"
#include "crypto/noise_identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void begin_pair(struct noise ends[2])
{
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t fixed[32], ephemeral[32];
        struct noise_pair own;
        memset(fixed, i + 1, 32);
        memset(ephemeral, i + 3, 32);
        noise_pair_make(fixed, &own);
        noise_begin(&ends[i], i == 0, &own, ephemeral, bytes_text(""));
    }
}

static void mix(struct buffer *message, struct bytes rest)
{
    for (size_t i = 0; i < rest.size && i < message->size; i++)
        message->data[i] ^= rest.data[i];
}

static void try_message(unsigned number, bool is_mixed, struct bytes rest)
{
    struct noise ends[2];
    struct buffer message = {0}, payload = {0};
    begin_pair(ends);
    for (unsigned i = 0; i <= number; i++) {
        buffer_clear(&message);
        buffer_clear(&payload);
        CHECK(!noise_write(&ends[i % 2], bytes_text("x"), &message));
        if (i < number)
            CHECK(!noise_read(&ends[(i + 1) % 2], buffer_view(&message),
                              &payload));
    }
    struct buffer honest = {0};
    buffer_bytes(&honest, buffer_view(&message));
    if (is_mixed) {
        mix(&message, rest);
    } else {
        buffer_clear(&message);
        buffer_bytes(&message, rest);
    }
    bool is_honest = bytes_equal(buffer_view(&message), buffer_view(&honest));
    int status =
        noise_read(&ends[(number + 1) % 2], buffer_view(&message), &payload);
    /* The first is not protected; the others count only as they were sent. */
    CHECK(number == 0 || (status == 0) == is_honest);
    buffer_free(&honest);
    buffer_free(&message);
    buffer_free(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[32] = {7};
    struct pubkey found;
    crypto_init();
    if (!size)
        return 0;
    struct bytes rest = bytes_make(data + 1, size - 1);
    if (data[0] & 8)
        (void)noise_identity_read(rest, key, &found);
    else
        try_message(data[0] % 4 % 3, data[0] & 4, rest);
    return 0;
}
