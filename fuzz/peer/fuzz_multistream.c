/*
 * A negotiation with a stranger. The first byte says which end is played here
 * and in which pieces the rest comes. Whatever the pieces, the outcome is the
 * same as in one.
 */
#include "base/check.h"
#include "peer/multistream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const protocols[] = {"/noise", "/a", "/pond/peer/1/votes"};

struct outcome {
    int status;
    bool is_done;
    size_t choice;
    size_t used;
    struct buffer out;
};

static void negotiate(bool is_dialler, struct bytes in, size_t step,
                      struct outcome *outcome)
{
    struct multistream multistream;
    size_t come = 0;
    *outcome = (struct outcome){0};
    multistream_begin(&multistream, is_dialler, protocols, 3, &outcome->out);
    while (!outcome->status && !multistream.is_done && come < in.size) {
        size_t used;
        come += step < in.size - come ? step : in.size - come;
        struct bytes here =
            bytes_make(in.data + outcome->used, come - outcome->used);
        outcome->status =
            multistream_take(&multistream, here, &used, &outcome->out);
        CHECK(used <= here.size);
        outcome->used += used;
    }
    outcome->is_done = multistream.is_done;
    outcome->choice = multistream.choice;
    CHECK(!outcome->is_done || outcome->choice < 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, pieces;
    if (!size)
        return 0;
    struct bytes in = bytes_make(data + 1, size - 1);
    bool is_dialler = data[0] & 1;
    negotiate(is_dialler, in, SIZE_MAX, &whole);
    negotiate(is_dialler, in, 1 + (data[0] >> 1), &pieces);
    CHECK(whole.status == pieces.status);
    CHECK(whole.is_done == pieces.is_done);
    CHECK(whole.used == pieces.used);
    CHECK(bytes_equal(buffer_view(&whole.out), buffer_view(&pieces.out)));
    CHECK(!whole.is_done || whole.choice == pieces.choice);
    buffer_free(&whole.out);
    buffer_free(&pieces.out);
    return 0;
}
