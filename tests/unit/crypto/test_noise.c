/*
 * Noise XX against the vectors of two other implementations, and what it
 * refuses; then libp2p's payload.
 */
#include "vectors.h"

#include "base/protobuf.h"
#include "crypto/noise.h"
#include "crypto/noise_identity.h"
#include <sodium.h>

/* ---- published vectors ---- */

static void begin_vector(struct noise *noise, bool is_initiator,
                         struct json_object *vector)
{
    const char *names[2][3] = {
        {"resp_static", "resp_ephemeral", "resp_prologue"},
        {"init_static", "init_ephemeral", "init_prologue"}};
    struct buffer fixed = vectors_field(vector, names[is_initiator][0]);
    struct buffer ephemeral = vectors_field(vector, names[is_initiator][1]);
    struct buffer prologue = vectors_field(vector, names[is_initiator][2]);
    struct noise_pair own;
    noise_pair_make(fixed.data, &own);
    noise_begin(noise, is_initiator, &own, ephemeral.data,
                buffer_view(&prologue));
    buffer_free(&fixed);
    buffer_free(&ephemeral);
    buffer_free(&prologue);
}

static void check_handshake(struct noise *from, struct noise *to,
                            struct bytes payload, const char *expected)
{
    struct buffer message = {0}, received = {0};
    assert_true(noise_writes_next(from));
    assert_false(noise_writes_next(to));
    assert_ok(noise_write(from, payload, &message));
    assert_hex(message.data, message.size, expected);
    assert_ok(noise_read(to, buffer_view(&message), &received));
    assert_true(bytes_equal(buffer_view(&received), payload));
    buffer_free(&message);
    buffer_free(&received);
}

static void check_transport(struct noise_cipher *from, struct noise_cipher *to,
                            struct bytes payload, const char *expected)
{
    uint8_t sealed[256], opened[256];
    size_t size = payload.size + NOISE_TAG_SIZE;
    noise_seal(from, payload, sealed);
    assert_hex(sealed, size, expected);
    assert_ok(noise_open(to, bytes_make(sealed, size), opened));
    assert_memory_equal(opened, payload.data, payload.size);
}

static void check_vector(struct json_object *vector)
{
    struct noise ends[2];
    struct noise_cipher send[2], receive[2];
    struct json_object *messages, *transcript;
    assert_ok(json_get_array(vector, "messages", &messages));
    begin_vector(&ends[0], true, vector);
    begin_vector(&ends[1], false, vector);
    for (size_t i = 0; i < json_object_array_length(messages); i++) {
        struct json_object *message = json_object_array_get_idx(messages, i);
        struct buffer payload = vectors_field(message, "payload");
        const char *expected = vectors_text(message, "ciphertext");
        if (i < 3)
            check_handshake(&ends[i % 2], &ends[(i + 1) % 2],
                            buffer_view(&payload), expected);
        else
            check_transport(&send[i % 2], &receive[(i + 1) % 2],
                            buffer_view(&payload), expected);
        buffer_free(&payload);
        if (i != 2)
            continue;
        assert_true(noise_is_done(&ends[0]) && noise_is_done(&ends[1]));
        assert_memory_equal(ends[0].their_static, ends[1].own.public, 32);
        assert_memory_equal(ends[1].their_static, ends[0].own.public, 32);
        if (json_object_object_get_ex(vector, "handshake_hash", &transcript))
            assert_hex(ends[0].transcript.bytes, 32,
                       json_object_get_string(transcript));
        for (size_t j = 0; j < 2; j++)
            noise_split(&ends[j], &send[j], &receive[j]);
    }
}

static void test_other_implementations_vectors_are_met(void **state)
{
    struct json_object *file = vectors_load("noise_xx.json");
    struct json_object *vectors;
    assert_ok(json_get_array(file, "vectors", &vectors));
    assert_int_equal(json_object_array_length(vectors), 2);
    for (size_t i = 0; i < json_object_array_length(vectors); i++)
        check_vector(json_object_array_get_idx(vectors, i));
    json_object_put(file);
}

/* ---- what is refused ---- */

/* Two ends of one's own; the secrets are fixed. */
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

/* Pass messages until the one of that number is next. */
static void pass(struct noise ends[2], unsigned number)
{
    for (unsigned i = 0; i < number; i++) {
        struct buffer message = {0}, payload = {0};
        assert_ok(noise_write(&ends[i % 2], bytes_text("payload"), &message));
        assert_ok(
            noise_read(&ends[(i + 1) % 2], buffer_view(&message), &payload));
        buffer_free(&message);
        buffer_free(&payload);
    }
}

static int read_changed(unsigned number, size_t size, size_t at, uint8_t flip)
{
    struct noise ends[2];
    struct buffer message = {0}, payload = {0};
    begin_pair(ends);
    pass(ends, number);
    assert_ok(noise_write(&ends[number % 2], bytes_text("payload"), &message));
    if (flip)
        message.data[at] ^= flip;
    struct buffer exact = {0};
    buffer_append(&exact, message.data,
                  size < message.size ? size : message.size);
    int status =
        noise_read(&ends[(number + 1) % 2], buffer_view(&exact), &payload);
    buffer_free(&message);
    buffer_free(&exact);
    buffer_free(&payload);
    return status;
}

static void test_each_changed_byte_of_a_message_is_found(void **state)
{
    /* e; e, s, payload; s, payload. */
    const size_t sizes[] = {0, 32 + 48 + 7 + 16, 48 + 7 + 16};
    for (unsigned number = 1; number < 3; number++) {
        assert_ok(read_changed(number, SIZE_MAX, 0, 0));
        for (size_t at = 0; at < sizes[number]; at++)
            /* The highest bit of an X25519 key does not count, but the hash
             * of what was sent does. */
            assert_int_equal(read_changed(number, SIZE_MAX, at, 0x80),
                             ERR_DENIED);
    }
}

static void test_a_message_that_is_cut_off_is_refused(void **state)
{
    const size_t whole[] = {32 + 7, 32 + 48 + 7 + 16, 48 + 7 + 16};
    for (unsigned number = 0; number < 3; number++)
        for (size_t size = 0; size < whole[number]; size++) {
            int status = read_changed(number, size, 0, 0);
            /* The first one's payload is not protected by anything yet. */
            if (number == 0 && size >= 32)
                assert_int_equal(status, 0);
            else
                assert_true(status == ERR_INVALID || status == ERR_DENIED);
        }
}

/* With such a key the shared secret would be zero. */
static void test_keys_of_small_order_are_refused(void **state)
{
    static const uint8_t keys[][32] = {{0}, {1}};
    for (size_t i = 0; i < 2; i++) {
        struct noise ends[2];
        struct buffer out = {0};
        begin_pair(ends);
        assert_ok(noise_read(&ends[1], bytes_make(keys[i], 32), &out));
        assert_int_equal(noise_write(&ends[1], bytes_text(""), &out),
                         ERR_DENIED);
        buffer_free(&out);
    }
}

static void test_other_prologues_do_not_agree(void **state)
{
    struct noise ends[2];
    struct buffer message = {0}, payload = {0};
    begin_pair(ends);
    noise_begin(&ends[1], false, &ends[1].own, ends[1].ephemeral.secret,
                bytes_text("another"));
    pass(ends, 1);
    assert_ok(noise_write(&ends[1], bytes_text(""), &message));
    assert_int_equal(noise_read(&ends[0], buffer_view(&message), &payload),
                     ERR_DENIED);
    buffer_free(&message);
    buffer_free(&payload);
}

static void test_a_sealed_message_counts_once_and_in_its_place(void **state)
{
    struct noise ends[2];
    struct noise_cipher send[2], receive[2];
    uint8_t sealed[2][32], opened[16];
    begin_pair(ends);
    pass(ends, 3);
    for (size_t i = 0; i < 2; i++)
        noise_split(&ends[i], &send[i], &receive[i]);
    for (size_t i = 0; i < 2; i++)
        noise_seal(&send[0], bytes_text("sixteen letters!"), sealed[i]);
    assert_memory_not_equal(sealed[0], sealed[1], 32);
    struct noise_cipher early = receive[1], twice = receive[1];
    assert_int_equal(noise_open(&early, bytes_make(sealed[1], 32), opened),
                     ERR_DENIED);
    assert_ok(noise_open(&twice, bytes_make(sealed[0], 32), opened));
    assert_int_equal(noise_open(&twice, bytes_make(sealed[0], 32), opened),
                     ERR_DENIED);
    assert_int_equal(noise_open(&receive[1], bytes_make(sealed[0], 15), opened),
                     ERR_DENIED);
}

/* ---- libp2p's payload ---- */

static void make_identity(uint8_t number, struct keypair *out)
{
    uint8_t seed[32];
    memset(seed, number, sizeof(seed));
    keypair_from_seed(seed, out);
}

static void test_a_payload_gives_its_key_to_its_identity_alone(void **state)
{
    struct keypair identity;
    struct pubkey found;
    struct buffer payload = {0};
    uint8_t key[32] = {7}, other[32] = {8};
    make_identity(1, &identity);
    noise_identity_write(&identity, key, &payload);
    assert_ok(noise_identity_read(buffer_view(&payload), key, &found));
    assert_true(pubkey_equal(&found, &identity.pubkey));
    assert_int_equal(noise_identity_read(buffer_view(&payload), other, &found),
                     ERR_DENIED);
    /* Any byte of the identity or of its signature. */
    for (size_t at = 6; at < payload.size; at++) {
        payload.data[at] ^= 1;
        assert_true(noise_identity_read(buffer_view(&payload), key, &found) <
                    0);
        payload.data[at] ^= 1;
    }
    for (size_t size = 0; size < payload.size; size++)
        assert_true(noise_identity_read(bytes_make(payload.data, size), key,
                                        &found) < 0);
    buffer_free(&payload);
}

static void test_extensions_are_passed_over(void **state)
{
    struct keypair identity;
    struct pubkey found;
    struct buffer payload = {0};
    uint8_t key[32] = {7};
    make_identity(1, &identity);
    protobuf_write_bytes(&payload, 4, bytes_text("\x12\x04/abc"));
    noise_identity_write(&identity, key, &payload);
    protobuf_write_varint(&payload, 99, 1);
    assert_ok(noise_identity_read(buffer_view(&payload), key, &found));
    buffer_free(&payload);
}

/* libp2p's types: 0 RSA, 2 secp256k1, 3 ECDSA. */
static void test_identities_of_other_kinds_are_refused_by_name(void **state)
{
    for (uint64_t type = 0; type < 4; type++) {
        struct buffer key = {0}, payload = {0};
        struct pubkey found;
        uint8_t bytes[33] = {2};
        if (type == 1)
            continue;
        protobuf_write_varint(&key, 1, type);
        protobuf_write_bytes(&key, 2, bytes_make(bytes, sizeof(bytes)));
        protobuf_write_bytes(&payload, 1, buffer_view(&key));
        assert_int_equal(
            noise_identity_read(buffer_view(&payload), bytes, &found),
            ERR_UNSUPPORTED);
        assert_non_null(strstr(err_text(), "not ed25519"));
        buffer_free(&key);
        buffer_free(&payload);
    }
}

static int set_up(void **state)
{
    crypto_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_implementations_vectors_are_met),
        cmocka_unit_test(test_each_changed_byte_of_a_message_is_found),
        cmocka_unit_test(test_a_message_that_is_cut_off_is_refused),
        cmocka_unit_test(test_keys_of_small_order_are_refused),
        cmocka_unit_test(test_other_prologues_do_not_agree),
        cmocka_unit_test(test_a_sealed_message_counts_once_and_in_its_place),
        cmocka_unit_test(test_a_payload_gives_its_key_to_its_identity_alone),
        cmocka_unit_test(test_extensions_are_passed_over),
        cmocka_unit_test(test_identities_of_other_kinds_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
