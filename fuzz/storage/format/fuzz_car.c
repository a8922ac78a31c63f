/*
 * An archive in one piece and in pieces: both must see the same sections and
 * end the same way.
 */
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "storage/format/car_parser.h"

struct outcome {
    int status;
    size_t sections;
    struct hash sum; /* of what was in them */
};

static void add_section(struct outcome *outcome, const struct cid *cid,
                        struct bytes data)
{
    struct cid_key key;
    struct bytes pieces[3];

    cid_key(cid, &key);
    pieces[0] = bytes_make(outcome->sum.bytes, sizeof(outcome->sum.bytes));
    pieces[1] = bytes_make(key.data, key.size);
    pieces[2] = data;
    hash_sha256_pieces(pieces, 3, &outcome->sum);
    outcome->sections++;
}

static struct outcome parse(struct bytes whole, size_t piece_size)
{
    struct outcome outcome = {0};
    struct car_parser parser;

    car_parser_init(&parser);
    while (whole.size && !outcome.status) {
        size_t size = whole.size < piece_size ? whole.size : piece_size;
        struct bytes data;
        struct cid cid;
        int status;

        car_parser_feed(&parser, bytes_make(whole.data, size));
        whole = bytes_make(whole.data + size, whole.size - size);
        while ((status = car_parser_next(&parser, &cid, &data)) > 0)
            add_section(&outcome, &cid, data);
        outcome.status = status;
    }
    if (!outcome.status)
        outcome.status = car_parser_end(&parser);
    car_parser_free(&parser);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = parse(bytes_make(data, size), SIZE_MAX);
    struct outcome pieces = parse(bytes_make(data, size), 3);

    CHECK(whole.status == pieces.status);
    CHECK(whole.sections == pieces.sections);
    CHECK(hash_equal(&whole.sum, &pieces.sum));
    return 0;
}
