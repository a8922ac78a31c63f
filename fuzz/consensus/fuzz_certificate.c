/*
 * Certificates and votes from a peer. What is read must be written again as the
 * same bytes, or there would be two forms of one thing.
 */
#include "base/check.h"
#include "consensus/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COUNT 7

static struct validator_set *make_set(void)
{
    struct validator validators[COUNT] = {0};
    const struct hash seed = {0};
    struct validator_set *set;

    for (uint8_t i = 0; i < COUNT; i++) {
        validators[i].identity.bytes[0] = i;
        validators[i].voter.bytes[0] = i;
        validators[i].stake = 1;
    }
    CHECK(!validator_set_new(validators, COUNT, 0, &seed, &set));
    return set;
}

static void try_certificate(struct bytes bytes, const struct validator_set *set)
{
    struct certificate certificate;
    struct buffer again = {0};

    if (certificate_decode(bytes, set, &certificate))
        return;
    CHECK(certificate.count >= 5 && certificate.count <= COUNT);
    certificate_encode(&certificate, set, &again);
    CHECK(bytes_equal(buffer_view(&again), bytes));
    buffer_free(&again);
    certificate_free(&certificate);
}

static void try_votes(struct bytes bytes)
{
    struct reader reader = reader_make(bytes);
    struct buffer again = {0};
    struct vote vote;

    while (!vote_decode(&reader, &vote))
        vote_encode(&vote, &again);
    CHECK(bytes_begin_with(bytes, buffer_view(&again)));
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct validator_set *set;

    if (!set)
        set = make_set();
    try_certificate(bytes_make(data, size), set);
    try_votes(bytes_make(data, size));
    return 0;
}
