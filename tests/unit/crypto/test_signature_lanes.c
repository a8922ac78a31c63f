#include "vectors.h"

#include "base/memory.h"
#include "crypto/hash.h"
#include "crypto/signature_lanes.h"
#include <sodium.h>
#include <sys/mman.h>

/* More than one batch of the order by length, and no multiple of lanes. */
#define COMPANY 77
#define SIZE_MAX_TESTED 1300
#define ROOM 4096 /* a page */

/* RFC 6234, section 8.5 (TEST1 to TEST4 of SHA-512), and the empty message of
 * NIST's SHA512ShortMsg.rsp: text, repetitions, digest. */
static const struct {
    const char *text;
    unsigned repeat;
    const char *digest;
} vectors[] = {
    {"abc", 1,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     1,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
     "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
    {"a", 1000000,
     "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
     "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
    {"0123456701234567012345670123456701234567012345670123456701234567", 10,
     "89d05ba632c699c31231ded4ffc127d5a894dad412c0e024db872d1abd2ba814"
     "1a0f85072a9be1e2aa04cf33c765cb510813a39cd5a84c4acaa64d3f3fb7bae9"},
    {"", 1,
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
};

#define VECTORS_COUNT (sizeof(vectors) / sizeof(*vectors))

/* One before the other, in company of all vectors, split anywhere. */
static void expect_vectors(const struct signature_lanes *lanes,
                           const struct buffer *texts, size_t head_size)
{
    struct signature_hash messages[2 * VECTORS_COUNT];
    uint8_t digests[2 * VECTORS_COUNT][64];
    for (size_t i = 0; i < 2 * VECTORS_COUNT; i++) {
        const struct buffer *text = &texts[i % VECTORS_COUNT];
        size_t head = head_size < text->size ? head_size : text->size;
        messages[i].head = bytes_make(text->data, head);
        messages[i].body = bytes_make(text->data + head, text->size - head);
    }
    lanes->hash(messages, 2 * VECTORS_COUNT, digests);
    for (size_t i = 0; i < 2 * VECTORS_COUNT; i++)
        assert_hex(digests[i], 64, vectors[i % VECTORS_COUNT].digest);
}

static void test_published_hashes(void **state)
{
    static const size_t head_sizes[] = {0, 1, 64, 127, 128, 129, 1000};
    const struct signature_lanes *lanes;
    struct buffer texts[VECTORS_COUNT] = {{0}};
    for (size_t i = 0; i < VECTORS_COUNT; i++)
        for (unsigned n = 0; n < vectors[i].repeat; n++)
            buffer_text(&texts[i], vectors[i].text);
    for (unsigned n = 0; (lanes = signature_lanes_nth(n)); n++)
        for (size_t i = 0; i < sizeof(head_sizes) / sizeof(*head_sizes); i++)
            expect_vectors(lanes, texts, head_sizes[i]);
    for (size_t i = 0; i < VECTORS_COUNT; i++)
        buffer_free(&texts[i]);
}

/* Each ends where a page without access begins: the code in lanes is not
 * watched by AddressSanitizer (src/crypto/meson.build). */
struct company {
    uint8_t *pages[COMPANY];
    struct signature_hash messages[COMPANY];
    uint8_t expected[COMPANY][64];
};

static struct company *company_new(void)
{
    struct company *company = mem_zero(1, sizeof(*company));
    for (size_t i = 0; i < COMPANY; i++) {
        company->pages[i] = mmap(NULL, 2 * ROOM, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(company->pages[i] != MAP_FAILED);
        assert_int_equal(mprotect(company->pages[i] + ROOM, ROOM, PROT_NONE),
                         0);
        randombytes_buf(company->pages[i], ROOM);
    }
    return company;
}

static void company_free(struct company *company)
{
    for (size_t i = 0; i < COMPANY; i++)
        munmap(company->pages[i], 2 * ROOM);
    free(company);
}

/* The head stands before the body at some distance. */
static void set_message(struct company *company, size_t i, size_t head_size,
                        size_t body_size)
{
    uint8_t *body = company->pages[i] + ROOM - body_size;
    uint8_t *head = body - head_size - randombytes_uniform(9);
    crypto_hash_sha512_state state;
    company->messages[i].head = bytes_make(head, head_size);
    company->messages[i].body = bytes_make(body, body_size);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, head, head_size);
    crypto_hash_sha512_update(&state, body, body_size);
    crypto_hash_sha512_final(&state, company->expected[i]);
}

static void expect_hashes(const struct company *company, size_t count)
{
    const struct signature_lanes *lanes;
    for (unsigned n = 0; (lanes = signature_lanes_nth(n)); n++) {
        uint8_t digests[COMPANY][64];
        lanes->hash(company->messages, count, digests);
        for (size_t i = 0; i < count; i++)
            if (memcmp(digests[i], company->expected[i], 64) != 0)
                fail_msg("%s: hash of %zu + %zu bytes, %zu of %zu", lanes->name,
                         company->messages[i].head.size,
                         company->messages[i].body.size, i, count);
    }
}

/* All sizes, each beside random others, after the head of a signature. */
static void test_hashes_of_all_sizes_in_any_company(void **state)
{
    struct company *company = company_new();
    size_t sizes[SIZE_MAX_TESTED + 1];
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i <= SIZE_MAX_TESTED; i++) {
            size_t other = randombytes_uniform((uint32_t)i + 1);
            sizes[i] = sizes[other];
            sizes[other] = i;
        }
        for (size_t at = 0, count; at <= SIZE_MAX_TESTED; at += count) {
            size_t left = SIZE_MAX_TESTED + 1 - at;
            count = 1 + randombytes_uniform(COMPANY);
            count = count < left ? count : left;
            for (size_t i = 0; i < count; i++)
                set_message(company, i, round ? 64 : 0, sizes[at + i]);
            expect_hashes(company, count);
        }
    }
    company_free(company);
}

/* Around the ends of blocks, with the head's end on either side of them. */
static void test_hashes_of_all_splits(void **state)
{
    struct company *company = company_new();
    for (size_t size = 0; size <= 400; size++) {
        for (size_t i = 0; i < COMPANY; i++) {
            size_t head = size * i / (COMPANY - 1);
            set_message(company, i, head, size - head);
        }
        expect_hashes(company, COMPANY);
    }
    company_free(company);
}

static void test_nothing_to_hash(void **state)
{
    const struct signature_lanes *lanes;
    for (unsigned n = 0; (lanes = signature_lanes_nth(n)); n++)
        lanes->hash(NULL, 0, NULL);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_hashes),
        cmocka_unit_test(test_hashes_of_all_sizes_in_any_company),
        cmocka_unit_test(test_hashes_of_all_splits),
        cmocka_unit_test(test_nothing_to_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
